"""Rows of the outbox that were numbered by a ledger which did not know what the files have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from govnews_spider.article import Article
from govnews_spider.audit.inventory import Inventory, day_of
from govnews_spider.audit.ledger import OVERTAKEN
from govnews_spider.outbox import from_json, iso, to_json

_FILED: Final = """
    SELECT revision, content_hash, published_at, day, first_seen FROM rows WHERE article_id = ? AND folder <> 'outbox'
    ORDER BY folder = 'revisions', revision DESC
"""


def renumber(inventory: Inventory) -> Iterator[str]:
    """Such a row becomes the revision after the newest one in the files; one that says what the newest says goes."""
    articles = {row[0] for row in inventory.db.execute(OVERTAKEN)}
    for article_id in sorted(articles):
        _renumber(inventory, article_id)
    if articles:
        yield f"rows of {len(articles)} articles that waited behind newer ones are numbered after those"


def _renumber(inventory: Inventory, article_id: str) -> None:
    db = inventory.db
    waiting = db.execute("SELECT article FROM ledger.outbox WHERE article_id = ? ORDER BY revision", (article_id,))
    articles = [from_json(text) for (text,) in waiting]
    filed = db.execute(_FILED, (article_id,)).fetchall()
    revision, *content, day, first_seen = filed[0]
    had = {(number, *said) for number, *said, _, _ in filed}
    db.execute("BEGIN IMMEDIATE")
    db.execute("DELETE FROM ledger.outbox WHERE article_id = ?", (article_id,))
    for article in articles:
        said = [article.content_hash, iso(article.published_at)]
        if said == content or (article.revision, *said) in had:
            continue
        revision, content = revision + 1, said
        article.revision, article.first_seen = revision, datetime.fromisoformat(first_seen)
        db.execute("INSERT INTO ledger.outbox VALUES (?, ?, ?, ?, ?)", _waiting(article, day))
        day = day_of(article).isoformat()
    db.execute("COMMIT")


def _waiting(article: Article, before: str) -> tuple[object, ...]:
    day = day_of(article).isoformat()
    return article.article_id, article.revision, day, None if before == day else before, to_json(article)
