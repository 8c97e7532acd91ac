"""Repair of fingerprints: texts that the ledger does not know are compared with all others, as if their articles came in now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from govnews_spider.article import Article
from govnews_spider.ledger.ledger import Ledger
from govnews_spider.storage.layout import CURRENT, DataFolder
from govnews_spider.storage.parquet import from_row, read_day
from govnews_spider.verify.audit.damaged_ledger import Outbox


def compare(data: Path) -> Iterator[str]:
    """The rows of day after day, so that what a reprint repeats is known before it; those that wait for the files at the end."""
    path = DataFolder(data).ledger
    with Ledger(path, is_held=True) as ledger:
        done = 0
        for day in ledger.days_not_compared():
            done += sum(map(ledger.compare, _rows(data, day)))
        done += sum(map(ledger.compare, Outbox(path).articles()))
        if done:
            yield f"the texts of {done} articles are compared with all others"
        if ledger.marked:
            yield f"{ledger.marked.total()} rows are marked anew as what they are; the next run writes them"


def _rows(data: Path, day: date) -> list[Article]:
    tables = [read_day(DataFolder(data).day_file(dataset, day)) for dataset in CURRENT]
    rows = [from_row(row) for table in tables for row in table.to_pylist()]
    return sorted(rows, key=lambda row: (row.published_at, row.article_id))
