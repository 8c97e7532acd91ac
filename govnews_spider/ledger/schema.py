"""The ledger's SQLite file: its schema, step by step, and how it is opened."""

from __future__ import annotations

import os
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

from govnews_spider.storage.errors import StorageError, storage_error

MIGRATIONS: Final = (
    """
    CREATE TABLE identities (
        article_id TEXT PRIMARY KEY, content_hash TEXT NOT NULL, published_at TEXT NOT NULL, day TEXT NOT NULL,
        revision INTEGER NOT NULL, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE urls (url TEXT PRIMARY KEY, article_id TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE versions (
        article_id TEXT NOT NULL, content_hash TEXT NOT NULL, published_at TEXT NOT NULL,
        PRIMARY KEY (article_id, content_hash, published_at)
    ) WITHOUT ROWID;
    CREATE TABLE lists (name TEXT PRIMARY KEY, complete INTEGER NOT NULL, at TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE refusals (
        url TEXT NOT NULL, scope TEXT NOT NULL, slug TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (url, scope)
    ) WITHOUT ROWID;
    CREATE TABLE outbox (
        article_id TEXT NOT NULL, revision INTEGER NOT NULL, day TEXT NOT NULL, former_day TEXT, article TEXT NOT NULL,
        PRIMARY KEY (article_id, revision)
    );
    CREATE INDEX outbox_order ON outbox (revision, day);
    """,
    """
    DROP TABLE lists;
    CREATE TABLE lists (name TEXT PRIMARY KEY, through TEXT NOT NULL, whole INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE gaps (
        name TEXT NOT NULL, since TEXT NOT NULL, until TEXT NOT NULL, gone INTEGER NOT NULL, PRIMARY KEY (name, since)
    ) WITHOUT ROWID;
    CREATE TABLE windows (name TEXT NOT NULL, day TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (name, day)) WITHOUT ROWID;
    CREATE TABLE runs (
        run_id TEXT PRIMARY KEY, spider TEXT NOT NULL, started TEXT NOT NULL, finished TEXT, exit_code INTEGER, balance TEXT
    ) WITHOUT ROWID;
    CREATE TABLE durable (commits INTEGER NOT NULL);
    INSERT INTO durable VALUES (0);
    ALTER TABLE urls ADD COLUMN etag TEXT;
    ALTER TABLE urls ADD COLUMN last_modified TEXT;
    """,
    """
    CREATE TABLE aliases (alias TEXT PRIMARY KEY, article_id TEXT NOT NULL) WITHOUT ROWID;
    CREATE INDEX aliases_of ON aliases (article_id);
    CREATE TABLE texts (number INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, digest BLOB);
    CREATE TABLE fresh (text INTEGER PRIMARY KEY, keys BLOB NOT NULL);
    CREATE TABLE bands (key INTEGER NOT NULL, text INTEGER NOT NULL, PRIMARY KEY (key, text)) WITHOUT ROWID;
    CREATE TABLE recent (key INTEGER NOT NULL, text INTEGER NOT NULL, PRIMARY KEY (key, text)) WITHOUT ROWID;
    CREATE TABLE moved (through INTEGER NOT NULL, bits BLOB);
    INSERT INTO moved VALUES (0, NULL);
    CREATE TABLE pairs (
        one INTEGER NOT NULL, other INTEGER NOT NULL, met INTEGER NOT NULL, kind TEXT NOT NULL,
        share REAL NOT NULL, share_of_other REAL NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (one, other)
    ) WITHOUT ROWID;
    ALTER TABLE identities ADD COLUMN text INTEGER;
    ALTER TABLE identities ADD COLUMN duplicate_of TEXT;
    ALTER TABLE identities ADD COLUMN similarity REAL;
    ALTER TABLE identities ADD COLUMN reason TEXT;
    CREATE INDEX identities_of_text ON identities (text, published_at, article_id) WHERE text IS NOT NULL;
    """,
    """
    CREATE TABLE archived (url TEXT PRIMARY KEY, digest TEXT NOT NULL, at TEXT NOT NULL, record_id TEXT NOT NULL) WITHOUT ROWID;
    """,
    """
    CREATE TABLE tallies (
        day TEXT PRIMARY KEY, articles INTEGER NOT NULL, reprints INTEGER NOT NULL, revisions INTEGER NOT NULL
    ) WITHOUT ROWID;
    INSERT INTO tallies
        SELECT day, sum(duplicate_of IS NULL), sum(duplicate_of IS NOT NULL), sum(revision - 1) FROM identities GROUP BY day;
    CREATE TRIGGER identities_come AFTER INSERT ON identities BEGIN
        INSERT INTO tallies VALUES (new.day, new.duplicate_of IS NULL, new.duplicate_of IS NOT NULL, new.revision - 1)
        ON CONFLICT DO UPDATE SET articles = articles + excluded.articles, reprints = reprints + excluded.reprints,
        revisions = revisions + excluded.revisions;
    END;
    CREATE TRIGGER identities_go AFTER DELETE ON identities BEGIN
        UPDATE tallies SET articles = articles - (old.duplicate_of IS NULL), reprints = reprints - (old.duplicate_of IS NOT NULL),
        revisions = revisions - (old.revision - 1) WHERE day = old.day;
        DELETE FROM tallies WHERE day = old.day AND articles + reprints = 0;
    END;
    CREATE TRIGGER identities_change AFTER UPDATE OF day, revision, duplicate_of ON identities
    WHEN (new.day, new.revision, new.duplicate_of IS NULL) IS NOT (old.day, old.revision, old.duplicate_of IS NULL) BEGIN
        UPDATE tallies SET articles = articles - (old.duplicate_of IS NULL), reprints = reprints - (old.duplicate_of IS NOT NULL),
        revisions = revisions - (old.revision - 1) WHERE day = old.day;
        DELETE FROM tallies WHERE day = old.day AND articles + reprints = 0;
        INSERT INTO tallies VALUES (new.day, new.duplicate_of IS NULL, new.duplicate_of IS NOT NULL, new.revision - 1)
        ON CONFLICT DO UPDATE SET articles = articles + excluded.articles, reprints = reprints + excluded.reprints,
        revisions = revisions + excluded.revisions;
    END;
    """,
)
"""The schema's history; ``PRAGMA user_version`` counts the steps taken. A step that was released never changes.

Days are publication days in Asia/Shanghai, times are ISO 8601 in UTC. ``former_day`` is the day that the revision
before was stored under, where that is another one. An outbox row lives from its commit until every writer has it.
``aliases`` has other ids of articles, ``versions`` what every revision of an article was; ``refusals`` which addresses need not be
asked again for a while, and under which conditions (``scope``); ``lists``, ``gaps`` and ``windows`` are explained by
:mod:`govnews_spider.ledger.coverage`,
``texts``, ``fresh``, ``recent``, ``bands`` and ``moved`` by :mod:`govnews_spider.ledger.near_duplicates`: ``text`` is
a number of theirs, ``moved`` has that up to which the keys lie in ``bands``. ``pairs`` has, from either side, what two texts are to
each other; ``archived`` has the last answer of an address in the archives; ``tallies`` counts the ``identities`` of each day, and
triggers keep it: what a run counts at its end costs the days and not the articles; ``runs`` has a run from its beginning, so
that one that was killed is known; ``durable`` is what :func:`make_durable` writes to."""


def connect(path: Path) -> sqlite3.Connection:
    """The database at ``path``, made or brought up to today's schema. Every statement is its own transaction until one is begun.

    Raises :class:`StorageError`: ``ledger_damaged`` for a file that is no database or is broken, ``ledger_too_new``, or the name of
    what keeps the file from being opened.
    """
    with ExitStack() as on_failure:
        try:
            db = on_failure.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
            # NORMAL: a commit survives the end of the process; a power cut may take the last ones back, all or nothing, and then what
            # they stored is fetched again. Before rows leave for the files, they are made safe against that too (make_durable).
            db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384;")
            version: int = db.execute("PRAGMA user_version").fetchone()[0]
            for number, step in enumerate(MIGRATIONS[version:], start=version + 1):
                db.executescript(f"BEGIN IMMEDIATE; {step} PRAGMA user_version = {number}; COMMIT;")
        except sqlite3.Error as error:
            raise storage_error(error, path) from error
        except UnicodeDecodeError as error:  # what SQLite itself says quotes what it has read
            raise StorageError("ledger_damaged", f"{path}: {error}; `scrapy verify --repair` makes it anew") from error
        if version > len(MIGRATIONS):
            raise StorageError("ledger_too_new", f"{path}: schema {version} is not known here; upgrade govnews-spider")
        on_failure.pop_all()
    return db


def ledger_uri(path: Path) -> str:
    """Address by which SQLite reads a ledger as it is, while a run may be writing to it, and leaves no file beside it."""
    wal, index = (path.with_name(f"{path.name}-{end}") for end in ("wal", "shm"))
    try:
        is_in_use = bool(wal.stat().st_size) or index.exists()
    except FileNotFoundError:
        is_in_use = False
    if is_in_use:
        mode = "mode=ro"  # a run is writing, or was killed: what it committed is read where it stands
    elif all(os.access(needed, os.W_OK) for needed in (path, path.parent)):
        mode = "mode=rw"  # removes its -wal and -shm again, which a connection that may only read leaves behind
    else:
        mode = "immutable=1"  # nothing waits beside the file, and without a -shm SQLite reads only what does not change
    return f"{path.absolute().as_uri()}?{mode}"


def make_durable(db: sqlite3.Connection) -> None:
    """Every commit so far survives a power cut: one that is synchronized takes all those before it along."""
    db.execute("PRAGMA synchronous = FULL")
    try:
        db.execute("UPDATE durable SET commits = commits + 1")
    finally:
        db.execute("PRAGMA synchronous = NORMAL")
