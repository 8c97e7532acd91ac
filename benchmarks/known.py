"""Ledgers that already know many articles: filled in seconds, straight into their tables."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import numpy as np

from benchmarks.documents import FIRST_DAY, docid_of, hash_of, url_of
from govnews_spider.article import Article
from govnews_spider.core.dedup.fingerprint import BANDS, KEY_BITS, ROWS
from govnews_spider.core.dedup.identity import text_key
from govnews_spider.ledger.key_filter import KeyFilter
from govnews_spider.ledger.ledger import Ledger
from govnews_spider.ledger.outbox import iso

TABLES = ("identities", "urls", "versions", "texts")
"""Tables of the ledger that have rows of every article it has accepted and exported."""
DAYS = 2_000
CHUNK = 10_000


def values(number: int) -> dict[str, object]:
    """What the ledger has of a known article, by the names of the columns."""
    docid = docid_of(number)
    day = FIRST_DAY + timedelta(days=number % DAYS)
    moment = iso(datetime.combine(day, time(number % 24), UTC))
    return {
        "article_id": f"sina:{docid}",
        "content_hash": hash_of(docid),
        "published_at": moment,
        "day": day.isoformat(),
        "revision": 1,
        "first_seen": moment,
        "last_seen": moment,
        "url": url_of(docid, day),
        "etag": f'"{hash_of(docid)[:16]}"',
        "last_modified": f"{day:%a, %d %b %Y} 08:00:00 GMT",
        "text": number + 1,
        "number": number + 1,
        "key": bytes.fromhex(hash_of(docid)[:32]),
        "digest": bytes.fromhex(hash_of(docid))[: BANDS * ROWS].ljust(BANDS * ROWS),
    }


def fill(path: Path, count: int) -> None:
    """A ledger that knows ``count`` articles, accepted in random order; on disk when it returns."""
    Ledger(path).close()
    db = sqlite3.connect(path, isolation_level=None)
    # The fill itself needs no safety, and a large cache: its rows fall all over the trees.
    db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; BEGIN;")
    columns = {table: _columns(db, table) for table in TABLES}
    for start in range(0, count, CHUNK):
        rows = [values(number) for number in range(start, min(start + CHUNK, count))]
        for table, names in columns.items():
            places = ", ".join(f":{name}" for name in names)
            db.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", rows)
    _fill_bands(db, count)
    db.execute("COMMIT")
    db.execute("PRAGMA journal_mode = WAL")
    db.close()
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _fill_bands(db: sqlite3.Connection, count: int) -> None:
    """The keys of as many texts, which share none, where they lie once they are no longer recent."""
    rng = np.random.default_rng(count)
    keys = rng.integers(0, 2**KEY_BITS, count * BANDS)
    for places in np.array_split(np.argsort(keys), max(1, count // CHUNK)):
        rows = zip(keys[places].tolist(), (places // BANDS + 1).tolist(), strict=True)
        db.executemany("INSERT OR IGNORE INTO bands VALUES (?, ?)", rows)
    kept = KeyFilter(keys=count * BANDS)
    kept.add(keys)
    db.execute("UPDATE moved SET through = ?, bits = ?", (count, kept.kept()))


def _columns(db: sqlite3.Connection, table: str) -> Sequence[str]:
    """Those that :func:`values` knows; another one that must have a value makes the insertion fail and name it."""
    known = values(0)
    return [column[1] for column in db.execute(f"PRAGMA table_info({table})") if column[1] in known]


def forget(path: Path, articles: Iterable[Article]) -> None:
    """Makes the ledger what it was before it accepted these, so that each round begins alike."""
    db = sqlite3.connect(path)
    with db:
        for article in articles:
            for table in ("identities", "versions", "outbox"):
                db.execute(f"DELETE FROM {table} WHERE article_id = ?", (article.article_id,))
            db.execute("DELETE FROM urls WHERE url = ?", (article.url,))
            db.execute("DELETE FROM texts WHERE key = ?", (text_key(article),))
        db.execute("DELETE FROM fresh")
    db.close()
