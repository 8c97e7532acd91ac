"""Counts over ``articles/``, file by file: memory holds one day's rows beside the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from govnews_spider.storage.layout import DataFolder
from govnews_spider.storage.parquet import SCHEMA, read_day

NEWEST: Final = 2_000
"""Articles that are named one by one."""
MEASURED: Final = (
    "url", "source", "author", "editor", "original_title", "section", "keywords", "topics", "regions", "headimg", "char_count",
    "fetched_at",
)  # fmt: skip
"""Columns that may be empty: of each is told how many rows have it. ``char_count`` stands for the text."""
_READ: Final = {*MEASURED, "article_id", "title", "published_at", "layout"}
_COLUMNS: Final = tuple(name for name in SCHEMA.names if name in _READ)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An article that is named: the columns of these names."""

    article_id: str
    title: str
    url: str | None
    published_at: datetime
    source: str | None
    section: str | None
    topics: list[str]
    regions: list[str]


@dataclass(slots=True)
class Collected:
    """Counts over all articles; days are those of Asia/Shanghai. Reprints and former revisions are not among them."""

    articles: int = 0
    by_day: Counter[tuple[date, str | None]] = field(default_factory=Counter)
    """Publication day and list → articles; None: no list."""
    filled: Counter[tuple[date, str]] = field(default_factory=Counter)
    """Publication day and column of :data:`MEASURED` → articles that have it."""
    layouts: Counter[tuple[date, str]] = field(default_factory=Counter)
    topics: Counter[tuple[date, str]] = field(default_factory=Counter)
    regions: Counter[str] = field(default_factory=Counter)
    """Code as it stands in the rows → articles that have it."""
    provinces: Counter[str] = field(default_factory=Counter)
    """Code of a province → articles that name it or a place in it."""
    sources: Counter[str | None] = field(default_factory=Counter)
    newest: list[Row] = field(default_factory=list)
    """The newest :data:`NEWEST` articles, the newest first."""
    asked: dict[str, Row] = field(default_factory=dict)
    """Those of the articles that were asked for by id."""

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day with an article; ValueError where there is none."""
        days = [day for day, _ in self.by_day]
        return min(days), max(days)

    def _add(self, day: date, rows: pa.Table) -> None:
        """Counts the rows of a day."""
        self.articles += rows.num_rows
        for name, counter in (("section", self.by_day), ("layout", self.layouts)):
            counter.update({(day, value): count for value, count in _counts(rows[name])})
        self.sources.update(dict(_counts(rows["source"])))
        self.topics.update({(day, topic): count for topic, count in _counts(pc.list_flatten(rows["topics"]))})
        self.filled.update({(day, name): _filled(rows[name]) for name in MEASURED})
        for codes in rows["regions"].to_pylist():
            self.regions.update(set(codes))
            self.provinces.update({f"{code[:2]}0000" for code in codes})


def day_files(data: Path, folder: str) -> list[Path]:
    """The day files of a folder, the newest day first."""
    return DataFolder(data).day_files(folder)[::-1]


def collect(data: Path, asked: Collection[str] = ()) -> Collected:
    """Reads every day file of ``articles/``, in the columns that are needed; ``asked``: ids of articles to name.

    Raises :class:`govnews_spider.storage.errors.StorageError` for a file that is damaged, of another schema, or not given by the system.
    """
    found = Collected()
    wanted = set(asked)
    for path in day_files(data, "articles"):
        rows = read_day(path, _COLUMNS)
        found._add(date.fromisoformat(path.stem), rows)
        missing = NEWEST - len(found.newest)
        found.newest += _named(rows.slice(max(rows.num_rows - missing, 0)))[::-1]
        met = [article_id in wanted for article_id in rows["article_id"].to_pylist()]
        if any(met):
            found.asked.update({row.article_id: row for row in _named(rows.filter(pa.array(met)))})
    return found


def _named(rows: pa.Table) -> list[Row]:
    names = [name for name in rows.column_names if name in Row.__dataclass_fields__]
    return [Row(**row) for row in rows.select(names).to_pylist()]


def _counts(column: pa.ChunkedArray) -> Iterator[tuple[Any, int]]:
    for pair in pc.value_counts(column).to_pylist():
        yield pair["values"], pair["counts"]


def _filled(column: pa.ChunkedArray) -> int:
    """How many of the values say something: not null, no empty text or list, no 0."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        return len(column) - int(column.null_count)
    size = pc.list_value_length(column) if pa.types.is_list(kind) else column
    size = pc.binary_length(column) if pa.types.is_string(kind) else size
    return int(pc.sum(pc.greater(size, 0)).as_py() or 0)
