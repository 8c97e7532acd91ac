"""Single rows of the day files."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow.compute as pc

from govnews_spider.article import Article
from govnews_spider.storage.errors import StorageError
from govnews_spider.storage.layout import DataFolder
from govnews_spider.storage.parquet import from_row, read_day

_MOST_HELD: Final = 4_000_000
"""Characters of text that are held ready."""


class _Day(NamedTuple):
    stamp: tuple[int, int]
    """Of the file that it was read from: a day's file is replaced, never changed."""
    texts: dict[str, str]
    size: int


class DayRows:
    """Rows by their article. ``on_error`` is told why a file cannot be read; its rows are not found then."""

    def __init__(self, data: Path, on_error: Callable[[StorageError], None]) -> None:
        self._folder = DataFolder(data)
        self._on_error = on_error
        self._held: OrderedDict[Path, _Day] = OrderedDict()

    def find(self, folder: str, day: date, article_id: str) -> Article | None:
        """The row of that article; None where there is none, or none can be read."""
        path = self._folder.day_file(folder, day)
        try:
            rows = read_day(path).filter(pc.field("article_id") == article_id).to_pylist()
        except StorageError as error:
            self._on_error(error)
            return None
        if not rows:
            self._miss(path)
        return from_row(rows[0]) if rows else None

    def text(self, folder: str, day: date, article_id: str) -> str | None:
        """Its text alone, which is read together with the day's others: texts that are alike are often of one day."""
        path = self._folder.day_file(folder, day)
        try:
            stat = path.stat()
            held = self._held.pop(path, None)
            if held is None or held.stamp != (stat.st_ino, stat.st_mtime_ns):
                held = _read(path, (stat.st_ino, stat.st_mtime_ns))
        except FileNotFoundError:
            self._miss(path)
            return None
        except StorageError as error:
            self._on_error(error)
            return None
        self._held[path] = held
        while len(self._held) > 1 and sum(day.size for day in self._held.values()) > _MOST_HELD:
            self._held.popitem(last=False)
        if article_id not in held.texts:
            self._miss(path)
        return held.texts.get(article_id)

    def _miss(self, path: Path) -> None:
        detail = f"{path}: a row that the ledger knows is not there; put back a copy of the file, or run `scrapy verify --repair`"
        self._on_error(StorageError("row_missing", detail))


def _read(path: Path, stamp: tuple[int, int]) -> _Day:
    table = read_day(path, ("article_id", "text"))
    texts = dict(zip(table["article_id"].to_pylist(), table["text"].to_pylist(), strict=True))
    return _Day(stamp, texts, sum(map(len, texts.values())))
