"""The texts of all articles as the ledger knows them: each once, found again where the same or a near one comes.

An article costs the same whether a thousand or a million are known: what is asked for is a few keys, nearly all of which a filter in
memory knows not to be there, and what is written goes to a small place first (:data:`FRESH`, :data:`RECENT`).
benchmarks/dedup.py measures it.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from govnews_spider.core.dedup.fingerprint import BANDS, LIKELY, likeness
from govnews_spider.core.dedup.identity import Fingerprint
from govnews_spider.ledger.key_filter import KeyFilter

COMMON: Final = 100
"""Texts that share a key, above which it says nothing: boilerplate."""
MOST: Final = 100
"""Texts that a new one is compared with, the most alike first. Groups of so many near copies come out the same in every order."""
FRESH: Final = 1_000
"""Texts whose keys are held in memory, and in one row each on the disk: the keys of one text would fall on twenty pages …"""
RECENT: Final = 20_000
"""… and then wait in a small table, until they are moved in their order to the large one: each page is written once for many texts."""

_SHARED: Final = "SELECT text FROM recent WHERE key = ?1 UNION ALL SELECT text FROM bands WHERE key = ?1"
_SPILL: Final = "INSERT OR IGNORE INTO recent VALUES (?, ?)"
_MOVE: Final = (
    "INSERT OR IGNORE INTO bands SELECT key, text FROM recent ORDER BY key, text",
    "DELETE FROM recent",
)


class FingerprintIndex:
    """The tables ``texts``, ``fresh``, ``recent``, ``bands`` and ``moved`` of a ledger. A text has a number, for good.

    Where a transaction is rolled back, another one has to be made: what was added is in memory still.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._fresh: dict[int, list[int]] = defaultdict(list)
        self._waiting = 0
        self._kept: KeyFilter | None = None
        for number, keys in db.execute("SELECT text, keys FROM fresh ORDER BY text"):
            self._wait(number, np.frombuffer(keys, "<i8").tolist())

    def find(self, trace: Fingerprint) -> int | None:
        """The number of the text that is the same; None where there is none."""
        found = self._db.execute("SELECT number FROM texts WHERE key = ?", (trace.key,)).fetchone()
        return found[0] if found is not None else None

    def alike(self, trace: Fingerprint) -> tuple[list[int], list[int]]:
        """The texts that are likely to be near ones, most alike first; and those of the trace's keys that are no boilerplate."""
        if trace.digest is None:
            return [], []
        shared: dict[int, list[int]] = defaultdict(list)
        for key in trace.bands:
            shared[key] += self._fresh.get(key, ())
        for key in self._filter().maybe(trace.bands):
            shared[key] += (number for (number,) in self._db.execute(_SHARED, (key,)))
        telling = [key for key in trace.bands if len(shared[key]) <= COMMON]
        known = {number for key in telling for number in shared[key]}
        if not known:
            return [], telling
        marks = ",".join("?" * len(known))
        rows = self._db.execute(f"SELECT number, digest FROM texts WHERE number IN ({marks})", tuple(known)).fetchall()  # noqa: S608
        shares = likeness(trace.digest, [other for _, other in rows])
        likely = sorted((-share, number) for share, (number, _) in zip(shares, rows, strict=True) if share >= LIKELY)
        return [number for _, number in likely[:MOST]], telling

    def add(self, trace: Fingerprint, telling: Sequence[int]) -> int:
        """Keeps a new text, to be found by such of its keys; returns its number."""
        added = self._db.execute("INSERT INTO texts (key, digest) VALUES (?, ?)", (trace.key, trace.digest))
        number = added.lastrowid
        assert number is not None  # noqa: S101  # an INSERT has one
        if telling:
            self._db.execute("INSERT INTO fresh VALUES (?, ?)", (number, np.array(telling, "<i8").tobytes()))
            self._wait(number, telling)
        if self._waiting >= FRESH:
            self._spill(number)
        return number

    def _wait(self, number: int, keys: Iterable[int]) -> None:
        for key in keys:
            self._fresh[key].append(number)
        self._waiting += 1

    def _spill(self, number: int) -> None:
        """The keys in memory go to the small table; those of that one to the large one, where it has grown large itself."""
        self._filter().add(self._fresh)
        self._db.executemany(_SPILL, ((key, text) for key in sorted(self._fresh) for text in self._fresh[key]))
        self._db.execute("DELETE FROM fresh")
        self._fresh.clear()
        self._waiting = 0
        if number - self._db.execute("SELECT through FROM moved").fetchone()[0] >= RECENT:
            self._move(number)

    def _move(self, number: int) -> None:
        for step in _MOVE:
            self._db.execute(step)
        if self._filter().room < number * BANDS:
            self._kept = KeyFilter(keys=2 * number * BANDS)
            self._kept.add(key for (key,) in self._db.execute("SELECT key FROM bands"))
        self._db.execute("UPDATE moved SET through = ?, bits = ?", (number, self._filter().kept()))

    def _filter(self) -> KeyFilter:
        """Which keys may be in one of the tables; read when it is first asked for: a run that meets no new text needs none."""
        if self._kept is None:
            bits = self._db.execute("SELECT bits FROM moved").fetchone()[0]
            self._kept = KeyFilter(bits, keys=RECENT * BANDS)
            self._kept.add(key for (key,) in self._db.execute("SELECT key FROM recent"))
        return self._kept
