"""Likely pairs -> verdicts -> groups -> the marks of every reprint, by the same functions by which a crawl finds them."""

from __future__ import annotations

import sqlite3
from array import array
from collections import OrderedDict
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
from govnews_spider.rebuild.page_files import PageFiles, Shares, page_files
from govnews_spider.rebuild.work_items import Checkpoint, attached, finished, open_readonly, table_file
from govnews_spider.rebuild.workspace import Workspace

_VERDICTS: Final = "CREATE TABLE pairs (one INTEGER, other INTEGER, met INTEGER, kind TEXT, share REAL, share_of_other REAL, reason TEXT)"
_GROUPS: Final = "CREATE TABLE groups (root INTEGER, text INTEGER, PRIMARY KEY (root, text)) WITHOUT ROWID"
_MARKS: Final = "CREATE TABLE marks (article_id TEXT, duplicate_of TEXT, similarity REAL, reason TEXT)"
_READ: Final = 512
"""Texts that are held ready for comparison."""


class _Texts:
    """Texts by their numbers, out of the pages that have them."""

    def __init__(self, space: Workspace, files: PageFiles) -> None:
        self._pages = np.memmap(space.texts, TEXT, "r")["page"]
        self._files = files
        self._ready: OrderedDict[int, ComparableText] = OrderedDict()

    def text(self, number: int) -> str:
        """The text itself."""
        return self._files.article(int(self._pages[number])).text

    def ready(self, number: int) -> ComparableText:
        """The text, ready for comparison."""
        if number not in self._ready:
            self._ready[number] = ComparableText.of(self.text(number))
            if len(self._ready) > _READ:
                self._ready.popitem(last=False)
        self._ready.move_to_end(number)
        return self._ready[number]


def judge_pairs(space: Workspace, shares: Shares, begin: int, end: int, output: Path) -> None:
    """Makes the verdicts on the likely pairs of the texts from ``begin`` below ``end``; only reprints are kept."""
    with ExitStack() as stack:
        pairs = stack.enter_context(closing(open_readonly(space.pairs)))
        db = stack.enter_context(table_file(output, _VERDICTS))
        step = stack.enter_context(Checkpoint(output))
        texts = _Texts(space, page_files(space, shares))
        found = pairs.execute(
            "SELECT text, other FROM pairs WHERE text >= ? AND text < ? ORDER BY text, share DESC, other", (begin, end)
        )
        for text, others in groupby(found, itemgetter(0)):
            for _, other in islice(others if step.may(text) else (), MOST):
                verdict = compare_texts(texts.ready(text), texts.ready(other))
                if verdict.kind == "reprint":
                    rows = [(text, other, True, *verdict), (other, text, True, *verdict.turned)]
                    db.executemany("INSERT INTO pairs VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def gather_pairs(ledger: sqlite3.Connection, parts: Sequence[Path]) -> int:
    """Puts the verdicts into the ledger; returns how many pairs of texts are alike."""
    for part in parts:
        with attached(ledger, part):
            ledger.execute("INSERT OR REPLACE INTO pairs SELECT * FROM part.pairs")
    count: int = ledger.execute("SELECT count(*) FROM pairs WHERE one < other").fetchone()[0]
    return count


def group(ledger: sqlite3.Connection, texts: int, output: Path) -> None:
    """Makes the list of groups: texts that are alike, from one to the next, and those that several articles have.

    Held in memory are four bytes for each of the ``texts``.
    """
    parents = array("I", range(texts + 1))
    for one, other in ledger.execute("SELECT one, other FROM pairs WHERE one < other"):
        first, second = sorted((_root(parents, one), _root(parents, other)))
        parents[second] = first
    with table_file(output, _GROUPS) as db:
        for begin in (
            "SELECT DISTINCT one FROM pairs",
            "SELECT text FROM identities WHERE text IS NOT NULL GROUP BY text HAVING count(*) > 1",
        ):
            rows = ((_root(parents, text), text) for (text,) in ledger.execute(begin))
            db.executemany("INSERT OR IGNORE INTO groups VALUES (?, ?)", rows)


def _root(parents: array[int], text: int) -> int:
    while parents[text] != text:
        parents[text] = parents[parents[text]]
        text = parents[text]
    return text


def mark_groups(space: Workspace, shares: Shares, begin: int, end: int, output: Path) -> None:
    """Makes the marks of the articles in the groups whose roots are from ``begin`` below ``end``."""
    with ExitStack() as stack:
        groups = stack.enter_context(closing(open_readonly(space.groups)))
        ledger = stack.enter_context(closing(_part_of_ledger(space.ledger)))
        db = stack.enter_context(table_file(output, _MARKS))
        step = stack.enter_context(Checkpoint(output))
        identities, texts = Identities(ledger), _Texts(space, page_files(space, shares))

        def read(article_id: str) -> str | None:
            known = identities.find(article_id)
            return texts.text(known.text) if known is not None and known.text is not None else None

        for members in _groups(groups, begin, end):
            if not step.may(members[0]):
                continue
            _take(ledger, members)
            marks = list(ReprintGroups(ledger, read).marks(members))
            db.executemany("INSERT INTO marks VALUES (?, ?, ?, ?)", marks)


def _groups(db: sqlite3.Connection, begin: int, end: int) -> Iterator[list[int]]:
    found = db.execute("SELECT root, text FROM groups WHERE root >= ? AND root < ? ORDER BY root, text", (begin, end))
    for _, members in groupby(found, itemgetter(0)):
        yield [text for _, text in members]


def _part_of_ledger(path: Path) -> sqlite3.Connection:
    """A ledger in memory, beside which the whole one can be read."""
    db = sqlite3.connect("file::memory:", uri=True, isolation_level=None)
    for step in MIGRATIONS:
        db.executescript(step)
    db.execute("ATTACH ? AS whole", (finished(path),))
    return db


def _take(db: sqlite3.Connection, texts: Sequence[int]) -> None:
    """Takes over what the whole ledger says of these texts, and nothing else."""
    for table, column in (("identities", "text"), ("pairs", "one")):
        db.execute(f"DELETE FROM main.{table}")  # noqa: S608
        rows = ((text,) for text in texts)
        db.executemany(f"INSERT INTO main.{table} SELECT * FROM whole.{table} WHERE {column} = ?", rows)  # noqa: S608


def gather_marks(ledger: sqlite3.Connection, parts: Sequence[Path]) -> int:
    """Puts the marks into the ledger; returns how many articles are reprints."""
    for part in parts:
        with attached(ledger, part):
            ledger.execute(
                "UPDATE main.identities SET duplicate_of = m.duplicate_of, similarity = m.similarity, reason = m.reason"
                " FROM part.marks m WHERE m.article_id = identities.article_id"
            )
    count: int = ledger.execute("SELECT count(*) FROM identities WHERE duplicate_of IS NOT NULL").fetchone()[0]
    return count
