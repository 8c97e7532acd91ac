"""Repair of the ledger: made anew where it is damaged, and brought to agree with the rows of the files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from govnews_spider.article import SHANGHAI
from govnews_spider.ledger.outbox import iso
from govnews_spider.ledger.schema import connect
from govnews_spider.storage.atomic import remove_files
from govnews_spider.storage.layout import DataFolder
from govnews_spider.verify.audit.damaged_ledger import Outbox, Salvage, ledger_fault
from govnews_spider.verify.audit.inventory import Inventory
from govnews_spider.verify.audit.ledger import COUNTED

_CARRIED: Final = ("identities", "aliases", "urls", "refusals", "gaps", "runs")
_READ_FOR_GOOD: Final = ("lists", "windows")
"""What says that nothing of a list needs to be read again: true only where no row of the outbox was lost."""
_TIMES: Final = frozenset(
    {"published_at", "first_seen", "last_seen", "through", "since", "until", "at", "started", "finished"}
)

_LOST_DAYS: Final = """
    SELECT DISTINCT i.day FROM ledger.identities i LEFT JOIN newest n USING (article_id)
    WHERE n.article_id IS NULL OR n.revision < i.revision
"""
_FORGOTTEN: Final = "SELECT count(*) FROM ledger.identities WHERE article_id NOT IN (SELECT article_id FROM newest)"
_AGREE: Final = f"""
    BEGIN IMMEDIATE;
    CREATE TEMP TABLE lowered AS SELECT i.* FROM ledger.identities i JOIN newest n USING (article_id) WHERE n.revision < i.revision;
    UPDATE ledger.urls SET etag = NULL, last_modified = NULL WHERE article_id IN (SELECT article_id FROM lowered);
    DELETE FROM ledger.versions WHERE (article_id, content_hash, published_at) IN (
        SELECT article_id, content_hash, published_at FROM lowered
    );
    DELETE FROM ledger.identities WHERE article_id NOT IN (SELECT article_id FROM newest);
    DELETE FROM ledger.urls WHERE article_id NOT IN (SELECT article_id FROM newest);
    DELETE FROM ledger.aliases WHERE article_id NOT IN (SELECT article_id FROM newest);
    DELETE FROM ledger.versions WHERE article_id NOT IN (SELECT article_id FROM newest);
    INSERT INTO ledger.identities
        SELECT article_id, content_hash, published_at, day, revision, first_seen, seen,
        (SELECT i.text FROM ledger.identities i JOIN ledger.texts t ON t.number = i.text
            WHERE i.article_id = newest.article_id AND t.key = text_key),
        duplicate_of, similarity, reason FROM newest WHERE true
        ON CONFLICT DO UPDATE SET content_hash = excluded.content_hash, published_at = excluded.published_at, day = excluded.day,
        revision = excluded.revision, text = excluded.text, duplicate_of = excluded.duplicate_of, similarity = excluded.similarity,
        reason = excluded.reason
        WHERE (content_hash, published_at, day, revision, text, duplicate_of, similarity, reason) IS NOT (excluded.content_hash,
        excluded.published_at, excluded.day, excluded.revision, excluded.text, excluded.duplicate_of, excluded.similarity,
        excluded.reason);
    INSERT OR IGNORE INTO ledger.versions SELECT article_id, content_hash, published_at FROM rows;
    INSERT INTO ledger.aliases SELECT alias, article_id FROM aliases WHERE true
        ON CONFLICT DO UPDATE SET article_id = excluded.article_id WHERE article_id IS NOT excluded.article_id;
    INSERT OR IGNORE INTO ledger.urls SELECT url, article_id, NULL, NULL FROM rows WHERE url IS NOT NULL
        UNION SELECT origin, article_id, NULL, NULL FROM rows WHERE origin LIKE 'https://%' OR origin LIKE 'http://%';
    DROP TABLE lowered;
    DELETE FROM ledger.tallies WHERE (day, articles, reprints, revisions) NOT IN ({COUNTED});
    INSERT OR IGNORE INTO ledger.tallies {COUNTED};
"""  # noqa: S608
_READ_AGAIN: Final = """
    INSERT INTO ledger.gaps SELECT name, :since, :until, 1 FROM (SELECT name FROM ledger.lists UNION SELECT name FROM ledger.windows)
    WHERE true ON CONFLICT DO UPDATE SET until = max(until, excluded.until)
"""


def make_anew(data: Path) -> Iterator[str]:
    """Puts a new ledger in the place of one that is missing or damaged, with what can be read of the old one.

    What the old one said of articles is checked against the rows later, by :func:`agree`.
    """
    path = DataFolder(data).ledger
    ready = path.with_name(f"{path.name}.ready")
    fault = ledger_fault(path)
    if fault is None:
        return
    if fault.slug == "ledger_missing":
        if ready.exists():  # a repair was interrupted when the new one was about to get its name
            ready.rename(path)
        connect(path).close()
        yield "ledger.sqlite was missing: a new one is made from the files"
        return
    remove_files(path.with_name(path.name + end) for end in (".ready", ".ready-wal", ".ready-shm"))
    outbox = Outbox(path)
    with closing(connect(ready)) as db:
        carried = _carry(path, outbox, db)
    aside = _set_aside(path)
    ready.rename(path)
    yield f"ledger.sqlite was damaged ({fault.detail}): it is now {aside}, and a new one is made from the files"
    yield f"{carried} rows of its outbox are kept"
    if not outbox.whole:
        yield "more rows may have waited that cannot be read: the lists are read to their end again, and days of the archive too"


def _set_aside(path: Path) -> str:
    aside = f"{path.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
    for end in ("-wal", "-shm", ""):
        if (old := path.with_name(path.name + end)).exists():
            old.rename(path.with_name(aside + end))
    return aside


def _carry(path: Path, outbox: Outbox, db: sqlite3.Connection) -> int:
    """Copies what can be read and makes sense; returns how many rows of the outbox that is."""
    db.execute("BEGIN")
    for row, _ in outbox.entries():
        db.execute("INSERT OR IGNORE INTO outbox VALUES (?, ?, ?, ?, ?)", row)
    carried: int = db.execute("SELECT count(*) FROM outbox").fetchone()[0]
    for table in (*_CARRIED, *(_READ_FOR_GOOD if outbox.whole else ())):
        columns = [name for (name,) in db.execute("SELECT name FROM pragma_table_info(?)", (table,))]
        rows = (row for row in Salvage(path).rows(f"SELECT * FROM {table}") if _makes_sense(columns, row))  # noqa: S608
        db.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(columns))})", rows)  # noqa: S608
    db.execute("UPDATE identities SET text = NULL")  # a number in the old ledger
    if not outbox.whole:
        db.execute("UPDATE urls SET etag = NULL, last_modified = NULL")
    db.execute("COMMIT")
    return carried


def _makes_sense(columns: list[str], row: tuple[Any, ...]) -> bool:
    """Whether the row has these columns, times are times and days are days: a damaged page may give anything."""
    try:
        told = dict(zip(columns, row, strict=True))
        times = [datetime.fromisoformat(value) for name, value in told.items() if name in _TIMES and value is not None]
        date.fromisoformat(told.get("day", "2000-01-01"))
    except (ValueError, TypeError):
        return False
    return all(moment.utcoffset() is not None for moment in times)


def agree(inventory: Inventory, days: set[date]) -> Iterator[str]:
    """Makes the ledger say of each article what its newest row says, and forget those without a row.

    The days of what is lost, and ``days`` besides, count as not read: a backfill or ``-a fill_gaps=1`` reads them again.
    """
    db = inventory.db
    forgotten = inventory.count(_FORGOTTEN)
    lost = days | {date.fromisoformat(day) for (day,) in db.execute(_LOST_DAYS)}
    changes = db.total_changes
    db.executescript(_AGREE)
    for day in sorted(lost):
        _read_again(db, day)
    db.execute("COMMIT")
    if db.total_changes > changes:
        yield "the ledger agrees with the rows"
    if forgotten:
        yield f"{forgotten} articles have no row any more; they are forgotten, so that a run that meets them fetches them again"
    if lost:
        named = ", ".join(map(str, sorted(lost)[:10])) + (", …" if len(lost) > 10 else "")
        yield f"to be read again, by -a fill_gaps=1 or by -a since=… -a until=…: {named}"


def _read_again(db: sqlite3.Connection, day: date) -> None:
    since = datetime.combine(day, time(), SHANGHAI)
    until = since + timedelta(days=1, seconds=-1)  # its last second: a gap touches no other day
    db.execute(_READ_AGAIN, {"since": iso(since), "until": iso(until)})
    db.execute("DELETE FROM ledger.windows WHERE day = ?", (day.isoformat(),))
