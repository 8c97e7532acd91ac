"""Scratch databases: SQLite files that are thrown away when the work on them ends, or is interrupted."""

from __future__ import annotations

import sqlite3
from typing import Final

UNSAFE: Final = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
"""For a file that nobody needs after an interruption: no journal, nothing synchronized."""


def scratch_database(schema: str, *, cache_kib: int = 16_000) -> sqlite3.Connection:
    """A database on disk without a name, which goes when it is closed; ``cache_kib`` is held in memory at most, whatever its size."""
    db = sqlite3.connect("", isolation_level=None)
    db.executescript(f"{UNSAFE} PRAGMA cache_size = -{cache_kib}; {schema}")
    return db
