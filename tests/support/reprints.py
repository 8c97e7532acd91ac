"""Reprints in a data folder: articles to store, and the marks that their rows bear."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from govnews_spider.article import Article
from govnews_spider.core.stages.normalize import content_hash
from govnews_spider.ledger.export import export
from govnews_spider.ledger.ledger import Ledger, Outcome
from tests.support.rows import full, writers

Marks = dict[str, tuple[str, str | None, float | None, str | None]]


def article_with(number: int, text: str, *, minutes: float = 0, **fields: Any) -> Article:
    """An article with that text, published so many minutes after noon."""
    values: dict[str, Any] = {"text": text, "images": [], "headimg": None, "title": f"第{number}条"} | fields
    article = full(number, days=minutes / 1440, **values)
    article.content_hash = content_hash(article.title, article.text)
    return article


def reprint_marks(data: Path) -> Marks:
    """article_id of each row → its folder, ``duplicate_of``, similarity and the reason."""
    marks: Marks = {}
    for folder in ("articles", "reprints"):
        for path in (data / folder).rglob("*.parquet"):
            for row in pq.ParquetFile(path).read().to_pylist():
                assert row["article_id"] not in marks, "in both folders, or twice in one"
                reason = dict(row["provenance"]).get("duplicate_of")
                marks[row["article_id"]] = (folder, row["duplicate_of"], row["similarity"], reason)
    return marks


def accept_all(data: Path, articles: Sequence[Article], flushes: Sequence[bool] = ()) -> list[Outcome]:
    """Accepts the articles in turn, and exports after those for which ``flushes`` is true, and at the end; the outcome of each."""
    with Ledger(data / "ledger.sqlite") as ledger:
        outcomes = []
        for number, article in enumerate(articles):
            outcomes.append(ledger.accept(article))
            if flushes and flushes[number % len(flushes)]:
                assert export(ledger, writers(data)) == []
        assert export(ledger, writers(data)) == []
    return outcomes


def originals(data: Path) -> dict[int, int | None]:
    """Number of each article → number of the article that it repeats, None where it is an original."""
    marks = reprint_marks(data)
    return {int(article_id[-7:]): int(of[-7:]) if of else None for article_id, (_, of, *_) in marks.items()}
