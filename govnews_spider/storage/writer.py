"""Writers of output formats: what the ledger's export asks of each, and bases for formats that follow from the rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import ClassVar, Protocol

from govnews_spider.article import Article
from govnews_spider.storage.atomic import Stage
from govnews_spider.storage.layout import CURRENT, DataFolder
from govnews_spider.storage.parquet import from_row, read_day


class Writer(Protocol):
    """One output format of the data folder.

    ``write`` and ``remove`` are idempotent: calling one again with the same arguments changes no byte. What they were given
    is on the disk when ``flush`` returns. Days are publication days in Asia/Shanghai.
    """

    def __init__(self, data: Path, *, anew: bool = False) -> None:
        """``data`` is the data folder; what is not needed is not made yet. ``anew`` as :class:`Stage` has it."""

    def write(self, day: date, articles: Sequence[Article]) -> None:
        """Stores articles of ``day``, every ``article_id`` once; each takes the place of its former revision."""

    def remove(self, day: date, article_ids: Collection[str]) -> None:
        """Takes these articles out of ``day``: their newest revision was published on another day and is written."""

    @property
    def weight(self) -> int:
        """Bytes, roughly, that wait for the next flush."""

    def flush(self) -> None:
        """Makes what ``write`` and ``remove`` were given durable; where it raises, that has to be given again."""

    def close(self) -> None:
        """Gives back what the writer holds open."""


class DerivedWriter(ABC):
    """Output format whose files follow from the Parquet rows: ``scrapy verify`` compares them, ``--repair`` writes them anew."""

    pattern: ClassVar[str]
    """Glob of its files, below the data folder."""
    noun: ClassVar[str] = "output"
    """Name of one of its files, as slugs and messages have it."""

    def __init__(self, data: Path, *, anew: bool = False) -> None:
        self._folder = DataFolder(data)
        self._stage = Stage(data, anew=anew)
        self.weight = 0

    @abstractmethod
    def file_of(self, day: date, article_id: str) -> str:
        """The file, below the data folder, that a row of the article is written to."""

    @abstractmethod
    def files(self, day: date, rows: Sequence[Article]) -> Iterator[tuple[str, Callable[[], bytes]]]:
        """Every file that these rows of a day give, and its content; ``rows`` are all current ones of the day."""

    def flush(self) -> None:
        """Writes and deletes files; on disk when it returns."""
        self.weight = 0
        self._stage.commit()

    def close(self) -> None:  # noqa: B027  # nothing is held open
        """As :class:`Writer` says."""


class ArticleFiles(DerivedWriter):
    """Format with one file an article: give ``file_of`` and ``encode``."""

    @abstractmethod
    def encode(self, article: Article) -> bytes:
        """The content of an article's file."""

    def includes(self, article: Article) -> bool:
        """Whether the article has a file."""
        return True

    def files(self, day: date, rows: Sequence[Article]) -> Iterator[tuple[str, Callable[[], bytes]]]:
        """As :class:`DerivedWriter` says."""
        for row in filter(self.includes, rows):
            yield self.file_of(day, row.article_id), partial(self.encode, row)

    def write(self, day: date, articles: Sequence[Article]) -> None:
        """As :class:`Writer` says; the file of an article that has none any more is deleted."""
        for article in articles:
            path = self._folder.root / self.file_of(day, article.article_id)
            if self.includes(article):
                self._stage.put(path, partial(self.encode, article))
                self.weight += 6 * len(article.text)
            else:
                self._stage.drop(path)

    def remove(self, day: date, article_ids: Collection[str]) -> None:
        """As :class:`Writer` says."""
        for article_id in article_ids:
            self._stage.drop(self._folder.root / self.file_of(day, article_id))


class DayFiles(DerivedWriter):
    """Format with one file a publication day: give ``file_of_day`` and ``encode``.

    The days that were written are noted, and a flush writes each whole from its Parquet rows, which ``WRITERS`` flushes first.
    """

    def __init__(self, data: Path, *, anew: bool = False) -> None:
        super().__init__(data, anew=anew)
        self._days: set[date] = set()

    @abstractmethod
    def file_of_day(self, day: date) -> str:
        """The file of a day, below the data folder."""

    @abstractmethod
    def encode(self, rows: Sequence[Article]) -> bytes:
        """The content of a day's file; ``rows`` are its current articles and reprints by time and id, at least one."""

    def file_of(self, day: date, article_id: str) -> str:
        """As :class:`DerivedWriter` says."""
        return self.file_of_day(day)

    def files(self, day: date, rows: Sequence[Article]) -> Iterator[tuple[str, Callable[[], bytes]]]:
        """As :class:`DerivedWriter` says."""
        if rows:
            in_order = sorted(rows, key=lambda row: (row.published_at, row.article_id))
            yield self.file_of_day(day), partial(self.encode, in_order)

    def write(self, day: date, articles: Sequence[Article]) -> None:
        """As :class:`Writer` says."""
        self._days.add(day)
        self.weight += sum(6 * len(article.text) for article in articles)

    def remove(self, day: date, article_ids: Collection[str]) -> None:
        """As :class:`Writer` says."""
        self._days.add(day)

    def flush(self) -> None:
        """Writes the files of all days that were given rows or lost some."""
        for day in sorted(self._days):
            tables = [read_day(self._folder.day_file(dataset, day)) for dataset in CURRENT]
            rows = [from_row(row) for table in tables for row in table.to_pylist()]
            contents = dict(self.files(day, rows))
            path = self.file_of_day(day)
            if path in contents:
                self._stage.put(self._folder.root / path, contents[path])
            else:
                self._stage.drop(self._folder.root / path)
        self._days.clear()
        super().flush()
