"""Reprints: candidate pairs are compared, pairs joined to groups, and groups marked, by the functions of a crawl."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Final

import numpy as np

from govnews_spider.core.dedup.compare import ComparableText, compare_texts
from govnews_spider.ledger.identities import Identities
from govnews_spider.ledger.near_duplicates import MOST
from govnews_spider.ledger.reprint_groups import ReprintGroups
from govnews_spider.ledger.schema import MIGRATIONS
from govnews_spider.rebuild.identities import TEXT
from govnews_spider.rebuild.page_files import PageRanges, open_page_files
from govnews_spider.rebuild.work_items import Checkpoint, attached, open_readonly, output_database, readonly_uri
from govnews_spider.rebuild.workspace import Workspace
from govnews_spider.storage.lru import LruCache

_COMPARISONS: Final = (
    "CREATE TABLE pairs (one INTEGER, other INTEGER, met INTEGER, kind TEXT, share REAL, other_share REAL, reason TEXT)"
)
_GROUPS: Final = "CREATE TABLE groups (root INTEGER, text INTEGER, PRIMARY KEY (root, text)) WITHOUT ROWID"
_MARKS: Final = "CREATE TABLE marks (article_id TEXT, duplicate_of TEXT, similarity REAL, reason TEXT)"
_PREPARED: Final = 512
"""Texts that are kept prepared for comparison."""


class _TextReader:
    """Texts by their numbers, read from the pages that have them."""

    def __init__(self, space: Workspace, ranges: PageRanges) -> None:
        self._pages = np.memmap(space.texts, TEXT, "r")["page"]
        self._files = open_page_files(space, ranges)
        self._prepared: LruCache[int, ComparableText] = LruCache(_PREPARED)

    def text(self, number: int) -> str:
        """The text itself."""
        return self._files.article(int(self._pages[number])).text

    def prepared(self, number: int) -> ComparableText:
        """The text, prepared for comparison."""
        return self._prepared.get(number, lambda: ComparableText.of(self.text(number)))


def compare_pairs(space: Workspace, ranges: PageRanges, begin: int, end: int, output: Path) -> None:
    """Compares the candidate pairs of the texts from ``begin`` below ``end``; only reprints are kept."""
    with ExitStack() as stack:
        pairs = stack.enter_context(closing(open_readonly(space.pairs)))
        db = stack.enter_context(output_database(output, _COMPARISONS))
        checkpoint = stack.enter_context(Checkpoint(output))
        texts = _TextReader(space, ranges)
        sql = "SELECT text, other FROM pairs WHERE text >= ? AND text < ? ORDER BY text, share DESC, other"
        for text, candidates in groupby(pairs.execute(sql, (begin, end)), itemgetter(0)):
            for _, other in islice(candidates if checkpoint.enter(text) else (), MOST):
                comparison = compare_texts(texts.prepared(text), texts.prepared(other))
                if comparison.kind == "reprint":
                    rows = [(text, other, True, *comparison), (other, text, True, *comparison.turned)]
                    db.executemany("INSERT INTO pairs VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def gather_pairs(ledger: sqlite3.Connection, parts: Sequence[Path]) -> int:
    """Copies the comparisons into the ledger; returns the number of pairs."""
    for part in parts:
        with attached(ledger, part):
            ledger.execute("INSERT OR REPLACE INTO pairs SELECT * FROM part.pairs")
    count: int = ledger.execute("SELECT count(*) FROM pairs WHERE one < other").fetchone()[0]
    return count


def group(ledger: sqlite3.Connection, texts: int, output: Path) -> None:
    """Makes the list of groups: the texts that pairs connect, and each text that several articles have.

    Memory: four bytes for each of the ``texts``.
    """
    parents = array("I", range(texts + 1))
    for one, other in ledger.execute("SELECT one, other FROM pairs WHERE one < other"):
        first, second = sorted((_root(parents, one), _root(parents, other)))
        parents[second] = first
    with output_database(output, _GROUPS) as db:
        for sql in (
            "SELECT DISTINCT one FROM pairs",
            "SELECT text FROM identities WHERE text IS NOT NULL GROUP BY text HAVING count(*) > 1",
        ):
            rows = ((_root(parents, text), text) for (text,) in ledger.execute(sql))
            db.executemany("INSERT OR IGNORE INTO groups VALUES (?, ?)", rows)


def _root(parents: array[int], text: int) -> int:
    while parents[text] != text:
        parents[text] = parents[parents[text]]
        text = parents[text]
    return text


def mark_groups(space: Workspace, ranges: PageRanges, begin: int, end: int, output: Path) -> None:
    """Makes the marks of the articles in the groups whose roots are from ``begin`` below ``end``."""
    with ExitStack() as stack:
        groups = stack.enter_context(closing(open_readonly(space.groups)))
        ledger = stack.enter_context(closing(_partial_ledger(space.ledger)))
        db = stack.enter_context(output_database(output, _MARKS))
        checkpoint = stack.enter_context(Checkpoint(output))
        identities, texts = Identities(ledger), _TextReader(space, ranges)

        def read(article_id: str) -> str | None:
            identity = identities.find(article_id)
            return texts.text(identity.text) if identity is not None and identity.text is not None else None

        for members in _groups(groups, begin, end):
            if checkpoint.enter(members[0]):
                _copy(ledger, members)
                marks = list(ReprintGroups(ledger, read).marks(members))
                db.executemany("INSERT INTO marks VALUES (?, ?, ?, ?)", marks)


def _groups(db: sqlite3.Connection, begin: int, end: int) -> Iterator[list[int]]:
    rows = db.execute("SELECT root, text FROM groups WHERE root >= ? AND root < ? ORDER BY root, text", (begin, end))
    for _, members in groupby(rows, itemgetter(0)):
        yield [text for _, text in members]


def _partial_ledger(path: Path) -> sqlite3.Connection:
    """A ledger in memory, with the complete one attached as ``complete``."""
    db = sqlite3.connect("file::memory:", uri=True, isolation_level=None)
    for step in MIGRATIONS:
        db.executescript(step)
    db.execute("ATTACH ? AS complete", (readonly_uri(path),))
    return db


def _copy(db: sqlite3.Connection, texts: Sequence[int]) -> None:
    """Makes the ledger that of these texts only."""
    for table, column in (("identities", "text"), ("pairs", "one")):
        db.execute(f"DELETE FROM main.{table}")  # noqa: S608
        rows = ((text,) for text in texts)
        db.executemany(f"INSERT INTO main.{table} SELECT * FROM complete.{table} WHERE {column} = ?", rows)  # noqa: S608


def gather_marks(ledger: sqlite3.Connection, parts: Sequence[Path]) -> int:
    """Copies the marks into the ledger; returns the number of reprints."""
    for part in parts:
        with attached(ledger, part):
            ledger.execute(
                "UPDATE main.identities SET duplicate_of = m.duplicate_of, similarity = m.similarity, reason = m.reason"
                " FROM part.marks m WHERE m.article_id = identities.article_id"
            )
    count: int = ledger.execute("SELECT count(*) FROM identities WHERE duplicate_of IS NOT NULL").fetchone()[0]
    return count
