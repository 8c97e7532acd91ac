"""The keys of many texts in a table on disk, as the ledger keeps them."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from govnews_spider.core.fingerprint import BANDS, LIKELY, likeness

COMMON = 50
"""Texts that share a key, above which it says nothing: boilerplate."""
MOST = 20
"""Candidates of a text, the most alike first."""
TOGETHER = 100
"""Articles in a transaction; a crawl that is killed loses them all, which is why the ledger does them one by one."""


RECENT = 20_000
"""Articles whose keys wait in a table of their own, which is small enough for its pages to be written again and again before they
reach the disk; then they are moved in their order, a page of the large table at a time. Else each key costs a page."""
_KEYS = f"key IN ({','.join('?' * BANDS)})"
_SHARED = f"SELECT key, id FROM recent WHERE {_KEYS} UNION ALL SELECT key, id FROM bands WHERE {_KEYS}"
_MOVE = ("INSERT INTO bands SELECT key, id FROM recent ORDER BY key, id", "DELETE FROM recent")


class Bands:
    """An index of keys; ``add`` what was asked for and is to be found later."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = sqlite3.connect(path, isolation_level=None)
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = NORMAL")
        self.database.execute("PRAGMA cache_size = -65536")
        self.database.execute("PRAGMA wal_autocheckpoint = 10000")
        for name in ("bands", "recent"):
            self.database.execute(f"CREATE TABLE {name} (key INTEGER, id INTEGER, PRIMARY KEY (key, id)) WITHOUT ROWID")
        self.database.execute("CREATE TABLE digests (id INTEGER PRIMARY KEY, digest BLOB)")
        self.added = 0

    def candidates(self, keys: list[int], short: bytes) -> tuple[list[int], list[int]]:
        """The texts that share a key and are likely to be alike, most alike first; and the keys that are no boilerplate."""
        shared: dict[int, list[int]] = defaultdict(list)
        for key, identifier in self.database.execute(_SHARED, keys * 2):
            shared[key].append(identifier)
        telling = [key for key in keys if len(shared[key]) <= COMMON]
        known = {identifier for key in telling for identifier in shared[key]}
        if not known:
            return [], telling
        marks = ",".join("?" * len(known))
        rows = self.database.execute(f"SELECT id, digest FROM digests WHERE id IN ({marks})", tuple(known)).fetchall()
        alike = likeness(short, [other for _, other in rows])
        likely = sorted(
            (-share, identifier) for share, (identifier, _) in zip(alike, rows, strict=True) if share >= LIKELY
        )
        return [identifier for _, identifier in likely[:MOST]], telling

    def add(self, identifier: int, keys: Iterable[int], short: bytes) -> None:
        """Remember a text by such of its keys as tell something."""
        if self.added % TOGETHER == 0:
            self.database.execute("BEGIN")
        self.database.executemany("INSERT INTO recent VALUES (?, ?)", [(key, identifier) for key in keys])
        self.database.execute("INSERT INTO digests VALUES (?, ?)", (identifier, short))
        self.added += 1
        if self.added % RECENT == 0:
            for step in _MOVE:
                self.database.execute(step)
        if self.added % TOGETHER == 0:
            self.database.execute("COMMIT")

    def size(self) -> int:
        """Bytes on disk, all of it written to the table's own file."""
        if self.database.in_transaction:
            self.database.execute("COMMIT")
            self.added += -self.added % TOGETHER
        self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return self.path.stat().st_size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()
