"""Repair of the outbox: rows numbered by a ledger that did not know the rows in the files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from govnews_spider.ledger.outbox import from_json, iso, outbox_row
from govnews_spider.verify.audit.inventory import Inventory
from govnews_spider.verify.audit.ledger import OVERTAKEN

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
    rows = db.execute("SELECT article FROM ledger.outbox WHERE article_id = ? ORDER BY revision", (article_id,))
    articles = [from_json(text) for (text,) in rows]
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
        db.execute("INSERT INTO ledger.outbox VALUES (?, ?, ?, ?, ?)", outbox_row(article, day))
        day = article.day.isoformat()
    db.execute("COMMIT")
