"""Fingerprint index of all stored texts: each text once, found by the same or a nearly equal text.

An article costs the same whether a thousand or a million are known: a few keys are looked up, nearly all of which a filter in
memory rules out, and new keys go to a small table first (:data:`FRESH`, :data:`RECENT`).
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
"""Number of texts with the same key above which the key is boilerplate and says nothing."""
MOST: Final = 100
"""Most texts that a new one is compared with, the likeliest first. Groups of so many near copies come out the same in every order."""
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
    """The tables ``texts``, ``fresh``, ``recent``, ``bands`` and ``moved`` of a ledger. A text keeps its number for good.

    After a rollback, make a new object: this one still holds what was added.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._fresh: dict[int, list[int]] = defaultdict(list)
        self._buffered = 0
        self._key_filter: KeyFilter | None = None
        for number, keys in db.execute("SELECT text, keys FROM fresh ORDER BY text"):
            self._buffer(number, np.frombuffer(keys, "<i8").tolist())

    def find(self, fingerprint: Fingerprint) -> int | None:
        """The number of the same text; None where there is none."""
        row = self._db.execute("SELECT number FROM texts WHERE key = ?", (fingerprint.key,)).fetchone()
        return row[0] if row is not None else None

    def candidates(self, fingerprint: Fingerprint) -> tuple[list[int], list[int]]:
        """The texts that are likely near duplicates, the likeliest first, and the keys of the fingerprint that are no boilerplate."""
        if fingerprint.digest is None:
            return [], []
        texts: dict[int, list[int]] = defaultdict(list)
        for key in fingerprint.bands:
            texts[key] += self._fresh.get(key, ())
        for key in self._filter().maybe(fingerprint.bands):
            texts[key] += (number for (number,) in self._db.execute(_SHARED, (key,)))
        selective = [key for key in fingerprint.bands if len(texts[key]) <= COMMON]
        numbers = tuple({number for key in selective for number in texts[key]})
        if not numbers:
            return [], selective
        marks = ",".join("?" * len(numbers))
        rows = self._db.execute(f"SELECT number, digest FROM texts WHERE number IN ({marks})", numbers).fetchall()  # noqa: S608
        shares = likeness(fingerprint.digest, [digest for _, digest in rows])
        likely = sorted((-share, number) for share, (number, _) in zip(shares, rows, strict=True) if share >= LIKELY)
        return [number for _, number in likely[:MOST]], selective

    def add(self, fingerprint: Fingerprint, selective_keys: Sequence[int]) -> int:
        """Adds a new text, to be found by these of its keys; returns its number."""
        values = (fingerprint.key, fingerprint.digest)
        number = self._db.execute("INSERT INTO texts (key, digest) VALUES (?, ?)", values).lastrowid
        assert number is not None  # noqa: S101  # an INSERT has one
        if selective_keys:
            self._db.execute("INSERT INTO fresh VALUES (?, ?)", (number, np.array(selective_keys, "<i8").tobytes()))
            self._buffer(number, selective_keys)
        if self._buffered >= FRESH:
            self._spill(number)
        return number

    def _buffer(self, number: int, keys: Iterable[int]) -> None:
        for key in keys:
            self._fresh[key].append(number)
        self._buffered += 1

    def _spill(self, number: int) -> None:
        """Moves the keys in memory to the small table, and those of that one to the large one once it has grown itself."""
        self._filter().add(self._fresh)
        self._db.executemany(_SPILL, ((key, text) for key in sorted(self._fresh) for text in self._fresh[key]))
        self._db.execute("DELETE FROM fresh")
        self._fresh.clear()
        self._buffered = 0
        if number - self._db.execute("SELECT through FROM moved").fetchone()[0] >= RECENT:
            self._move(number)

    def _move(self, number: int) -> None:
        for step in _MOVE:
            self._db.execute(step)
        if self._filter().room < number * BANDS:
            self._key_filter = KeyFilter(keys=2 * number * BANDS)
            self._key_filter.add(key for (key,) in self._db.execute("SELECT key FROM bands"))
        self._db.execute("UPDATE moved SET through = ?, bits = ?", (number, self._filter().kept()))

    def _filter(self) -> KeyFilter:
        """The filter of the keys in both tables; read when it is first needed: a run without new texts does without."""
        if self._key_filter is None:
            bits = self._db.execute("SELECT bits FROM moved").fetchone()[0]
            self._key_filter = KeyFilter(bits, keys=RECENT * BANDS)
            self._key_filter.add(key for (key,) in self._db.execute("SELECT key FROM recent"))
        return self._key_filter
