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


def told(number: int, text: str, *, minutes: float = 0, **fields: Any) -> Article:
    """An article with that text, published so many minutes after noon."""
    values: dict[str, Any] = {"text": text, "images": [], "headimg": None, "title": f"第{number}条"} | fields
    one = full(number, days=minutes / 1440, **values)
    one.content_hash = content_hash(one.title, one.text)
    return one


def marks(data: Path) -> Marks:
    """Folder, marks and reason of every article's row."""
    found: Marks = {}
    for folder in ("articles", "reprints"):
        for path in (data / folder).rglob("*.parquet"):
            for row in pq.ParquetFile(path).read().to_pylist():
                assert row["article_id"] not in found, "in both folders, or twice in one"
                reason = dict(row["provenance"]).get("duplicate_of")
                found[row["article_id"]] = (folder, row["duplicate_of"], row["similarity"], reason)
    return found


def stored(data: Path, articles: Sequence[Article], flushes: Sequence[bool] = ()) -> list[Outcome]:
    """Accepts them, and exports after those for which ``flushes`` says so, and at the end."""
    with Ledger(data / "ledger.sqlite") as ledger:
        outcomes = []
        for number, one in enumerate(articles):
            outcomes.append(ledger.accept(one))
            if flushes and flushes[number % len(flushes)]:
                assert export(ledger, writers(data)) == []
        assert export(ledger, writers(data)) == []
    return outcomes


def originals(data: Path) -> dict[int, int | None]:
    """Number of each article → that of the one that it repeats."""
    number = {article_id: int(article_id[-7:]) for article_id in marks(data)}
    return {number[one]: number[of] if of else None for one, (_, of, _, _) in marks(data).items()}
