"""Damaged ledgers: everything of them that can still be read; nothing here writes to one."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from govnews_spider.article import Article
from govnews_spider.core.stages.normalize import content_hash
from govnews_spider.ledger.outbox import from_json
from govnews_spider.ledger.schema import MIGRATIONS, connect
from govnews_spider.storage.errors import StorageError

_SHOWN: Final = 3
"""Complaints of SQLite that a message repeats."""
_UNREADABLE: Final = (sqlite3.Error, UnicodeDecodeError)
"""A damaged page may spoil the text of SQLite's own complaint as well."""
_MOST_BETWEEN: Final = 1000
"""Row numbers that are tried between two that were found: a damaged page may give any number."""
_TABLES: Final = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"
_OF_TEXT: Final = ("identities", "aliases", "versions", "urls")
_OTHER_WAYS: Final = (
    "SELECT rowid FROM outbox NOT INDEXED ORDER BY rowid DESC",
    "SELECT rowid FROM outbox INDEXED BY outbox_order",
    "SELECT rowid FROM outbox INDEXED BY outbox_order ORDER BY revision DESC, day DESC",
)
"""To the numbers of the rows behind a damaged page: from the end, and by an index."""


def ledger_fault(path: Path) -> StorageError | None:
    """``ledger_missing`` or ``ledger_damaged``; None for a ledger that is whole, which is then of today's schema.

    Raises :class:`StorageError` for one that cannot be opened for another reason, such as ``ledger_too_new``.
    """
    if not path.exists():
        return StorageError("ledger_missing", "there is none")
    try:
        with closing(connect(path)) as db:
            complaints = [line for (line,) in db.execute("PRAGMA integrity_check") if line != "ok"]
            if db.execute(_TABLES).fetchall() != _expected():
                complaints.append("its tables are not those of this version")
            # What is no text in these is found by reading it, and by nothing else.
            for table in () if complaints else _OF_TEXT:
                deque(db.execute(f"SELECT * FROM {table}"), maxlen=0)  # noqa: S608
    except StorageError as fault:
        if not fault.breaks_data and fault.slug != "ledger_failed":
            raise
        complaints = [str(fault.__cause__)]
    except _UNREADABLE as error:
        complaints = [str(error)]
    return StorageError("ledger_damaged", "; ".join(complaints[:_SHOWN])) if complaints else None


def _expected() -> list[Any]:
    with closing(sqlite3.connect(":memory:")) as db:
        for step in MIGRATIONS:
            db.executescript(step)
        return db.execute(_TABLES).fetchall()


class Salvage:
    """A ledger that is read and never written, as far as it can be. ``whole`` turns false at the first thing that cannot."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.whole = True

    def rows(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """Rows of the query until it fails."""
        try:
            with closing(self._open()) as db:
                yield from db.execute(sql)
        except _UNREADABLE:
            self.whole = False

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)
        db.text_factory = lambda text: text.decode("utf-8", "replace")
        return db


class Outbox(Salvage):
    """The outbox of a ledger: of a damaged one, every row that is not on a damaged page itself."""

    unreadable = 0
    """Rows that are there, but are not what was committed."""

    def articles(self) -> Iterator[Article]:
        """Its rows in the order of their acceptance."""
        for _, article in self.entries():
            yield article

    def entries(self) -> Iterator[tuple[tuple[Any, ...], Article]]:
        """Each row as it stands in the table, and its article."""
        if not self._path.exists():
            return
        for row in self._rows():
            article = _article(row)
            if article is None:
                self.unreadable += 1
                self.whole = False
            else:
                yield row, article

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        numbers = [number for (number,) in self.rows("SELECT rowid FROM outbox NOT INDEXED ORDER BY rowid")]
        if not self.whole:
            for sql in _OTHER_WAYS:
                numbers += [number for (number,) in self.rows(sql)]
            numbers = _filled(sorted(set(numbers)))
        try:
            with closing(self._open()) as db:
                for number in numbers:
                    yield from self._row(db, number)
        except _UNREADABLE:
            self.whole = False

    def _row(self, db: sqlite3.Connection, number: int) -> list[tuple[Any, ...]]:
        try:
            return db.execute("SELECT * FROM outbox WHERE rowid = ?", (number,)).fetchall()
        except _UNREADABLE:
            self.whole = False
            return []


def _filled(numbers: list[int]) -> list[int]:
    """Ascending numbers with what is missing between them, where that is little."""
    filled = numbers[:1]
    for number in numbers[1:]:
        filled += range(filled[-1] + 1, number + 1) if number - filled[-1] <= _MOST_BETWEEN else [number]
    return filled


def _article(row: tuple[Any, ...]) -> Article | None:
    """The article of a row; None where a sign of it is not what was committed."""
    article_id, revision, day, _, text = row
    try:
        article = from_json(text)
        told = (article.article_id, article.revision, article.day.isoformat())
        same = article.content_hash == content_hash(article.title, article.text)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return None
    return article if same and told == (article_id, revision, day) else None
