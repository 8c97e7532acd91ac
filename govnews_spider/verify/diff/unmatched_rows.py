"""Rows that have no counterpart on their own day: moved to another one, renamed, added or lost."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Final

import pyarrow as pa

from govnews_spider.verify.diff.columns import COLUMNS, PLAIN

_BATCH: Final = 1_000
"""Rows that are looked at together."""
_SCHEMA: Final = """
    PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16000;
    CREATE TABLE old (number INTEGER PRIMARY KEY, article_id TEXT, url TEXT, content TEXT);
    CREATE TABLE new (number INTEGER PRIMARY KEY, article_id TEXT, url TEXT, content TEXT);
    CREATE TABLE pairs (old INTEGER PRIMARY KEY, new INTEGER UNIQUE);
    BEGIN;
"""
_PAIR: Final = """
    CREATE INDEX old_ids ON old (article_id);
    INSERT INTO pairs SELECT old.number, new.number FROM new CROSS JOIN old USING (article_id);

    CREATE VIEW old_urls AS SELECT url, min(number) AS number FROM old
    WHERE NOT EXISTS (SELECT 1 FROM pairs WHERE pairs.old = old.number) GROUP BY url;
    CREATE VIEW new_urls AS SELECT url, min(number) AS number FROM new
    WHERE NOT EXISTS (SELECT 1 FROM pairs WHERE pairs.new = new.number) GROUP BY url;
    INSERT INTO pairs SELECT old_urls.number, new_urls.number FROM old_urls JOIN new_urls USING (url);
"""
"""By id; then, of those that no id has met, by address: the first of each address."""
_PAIRS: Final = """
    SELECT old.content, new.content FROM pairs CROSS JOIN old ON old.number = pairs.old CROSS JOIN new ON new.number = pairs.new
    ORDER BY pairs.old
"""
_LONE: Final = {
    "old": "SELECT content FROM old WHERE NOT EXISTS (SELECT 1 FROM pairs WHERE pairs.old = old.number) ORDER BY number",
    "new": "SELECT content FROM new WHERE NOT EXISTS (SELECT 1 FROM pairs WHERE pairs.new = new.number) ORDER BY number",
}


class Leftovers:
    """Rows of the ``old`` and the ``new`` folder, in a temporary database: all are kept, then paired, and then the lone ones read."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Deletes the temporary database."""
        self._db.close()

    def keep(self, side: str, rows: pa.Table) -> None:
        """Keeps these rows in their order."""
        self._db.executemany(
            f"INSERT INTO {side} (article_id, url, content) VALUES (?, ?, ?)",  # noqa: S608  # old or new
            (
                (row["article_id"], row["url"], json.dumps([row[name] for name in COLUMNS], ensure_ascii=False))
                for row in rows.to_pylist()
            ),
        )

    def pairs(self) -> Iterator[tuple[pa.Table, pa.Table]]:
        """Rows of both sides that are the same article, some at a time, side by side."""
        self._db.executescript(_PAIR)
        read = self._db.execute(_PAIRS)
        while batch := read.fetchmany(_BATCH):
            yield _table(old for old, _ in batch), _table(new for _, new in batch)

    def lone(self, side: str) -> Iterator[pa.Table]:
        """Rows of one side that have no counterpart, some at a time."""
        read = self._db.execute(_LONE[side])
        while batch := read.fetchmany(_BATCH):
            yield _table(content for (content,) in batch)


def _table(contents: Iterable[str]) -> pa.Table:
    columns = zip(*map(json.loads, contents), strict=True)
    arrays = [pa.array(values, kind) for values, kind in zip(columns, PLAIN.types, strict=True)]
    return pa.Table.from_arrays(arrays, schema=PLAIN)
