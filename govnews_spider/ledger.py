"""What the project remembers: which articles it has, and which rows still have to be written to files.

One transaction accepts an article: its identity and its whole row in the outbox. So an article is known if and only if
its row is safe, and running again after any interruption is resuming. :func:`export` empties the outbox into files.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from govnews_spider.article import SHANGHAI, Article
from govnews_spider.lock import LedgerError, hold
from govnews_spider.outbox import Batch, Destination, from_json, iso, to_json

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
)
"""The schema's history; ``PRAGMA user_version`` counts the steps taken. A step that was released never changes.

Days are publication days in Asia/Shanghai, times are ISO 8601 in UTC. ``former_day`` is the day that the revision
before was stored under, where that is another one. An outbox row lives from its commit until every writer has it.
``versions`` has what every revision of an article was; ``lists`` whether a list was read without a gap the last time;
``refusals`` which addresses need not be asked again for a while, and under which conditions (``scope``)."""

REFUSED_FOR: Final = timedelta(days=7)
"""How long a refusal is remembered: a page that was missing may be there next week."""


class Outcome(StrEnum):
    """What became of an accepted article."""

    STORED = "stored"
    UNCHANGED = "unchanged"
    REVISED = "revised"


class Ledger:
    """The SQLite file of one data folder; made, or brought up to today's schema, when it is opened.

    Raises :class:`LedgerError` for a file that cannot be opened, is no ledger, was written by a newer version, or is
    held by another process: one run at a time writes to a data folder.
    """

    def __init__(self, path: Path) -> None:
        with ExitStack() as on_failure:
            self._lock = on_failure.enter_context(hold(path))
            try:
                self._db = on_failure.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
                # FULL: a commit that was answered survives a power cut; WAL alone only keeps the file consistent.
                self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
                version: int = self._db.execute("PRAGMA user_version").fetchone()[0]
            except sqlite3.DatabaseError as error:
                raise LedgerError(f"ledger_unusable: {path}: {error}; free it, or put back a copy of it") from error
            if version > len(MIGRATIONS):
                raise LedgerError(f"ledger_too_new: {path}: schema {version} is not known here; upgrade govnews-spider")
            for number, step in enumerate(MIGRATIONS[version:], start=version + 1):
                self._db.executescript(f"BEGIN IMMEDIATE; {step} PRAGMA user_version = {number}; COMMIT;")
            on_failure.pop_all()

    def close(self) -> None:
        """Folds the write-ahead log into the file (nothing is lost without it), and gives the folder free."""
        self._db.close()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def known(self, article_id: str) -> bool:
        """Whether an article with this id was accepted."""
        found = self._db.execute("SELECT 1 FROM identities WHERE article_id = ?", (article_id,))
        return found.fetchone() is not None

    def known_url(self, url: str) -> bool:
        """Whether an article was accepted under this address: its canonical one, or one that it was fetched from."""
        return self._db.execute("SELECT 1 FROM urls WHERE url = ?", (url,)).fetchone() is not None

    def accept(self, article: Article, *, replayed: bool = False) -> Outcome:
        """Commits ``article`` and says what it is; sets its ``revision`` and ``first_seen``.

        It is revised when its content or its publication time differs from the newest revision's; a new revision, like
        a new article, waits in the outbox. Where files are replayed, every version that was accepted before is unchanged: a
        folder may hold several of one article, in any order. Raises ValueError for an article without id or with a time without zone.
        """
        if not article.article_id:
            raise ValueError(f"no_article_id: {article.origin}: identify the article before it is accepted")
        now = iso(datetime.now(UTC))
        content = (article.content_hash, iso(article.published_at))
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            known = self._db.execute(
                "SELECT content_hash, published_at, day, revision, first_seen FROM identities WHERE article_id = ?",
                (article.article_id,),
            ).fetchone()
            *former, former_day, revision, first_seen = known or (None, None, None, 0, now)
            outcome = Outcome.REVISED if known else Outcome.STORED
            if tuple(former) == content or (replayed and self._had(article.article_id, content)):
                outcome = Outcome.UNCHANGED
            article.revision = revision + (outcome is not Outcome.UNCHANGED)
            article.first_seen = datetime.fromisoformat(first_seen)
            if outcome is Outcome.UNCHANGED:
                self._db.execute("UPDATE identities SET last_seen = ? WHERE article_id = ?", (now, article.article_id))
            else:
                self._identify(article, now)
                self._db.execute("INSERT OR IGNORE INTO versions VALUES (?, ?, ?)", (article.article_id, *content))
                self._post(article, former_day)
            self._add_addresses(article)
        return outcome

    def _identify(self, article: Article, now: str) -> None:
        self._db.execute(
            "INSERT INTO identities VALUES (:id, :hash, :published_at, :day, :revision, :now, :now)"
            " ON CONFLICT DO UPDATE SET content_hash = :hash, published_at = :published_at, day = :day,"
            " revision = :revision, last_seen = :now",
            {
                "id": article.article_id,
                "hash": article.content_hash,
                "published_at": iso(article.published_at),
                "day": _day(article),
                "revision": article.revision,
                "now": now,
            },
        )

    def _add_addresses(self, article: Article) -> None:
        # The address that was fetched counts as well: it may lead to the canonical one by a redirect.
        addresses = {url for url in (article.url, article.origin) if url and url.startswith(("https://", "http://"))}
        pairs = [(url, article.article_id) for url in addresses]
        self._db.executemany("INSERT OR IGNORE INTO urls VALUES (?, ?)", pairs)

    def _post(self, article: Article, former_day: str | None) -> None:
        day = _day(article)
        self._db.execute(
            "INSERT INTO outbox VALUES (?, ?, ?, ?, ?)",
            (article.article_id, article.revision, day, None if former_day == day else former_day, to_json(article)),
        )

    def _had(self, article_id: str, content: tuple[str, str]) -> bool:
        found = self._db.execute(
            "SELECT 1 FROM versions WHERE article_id = ? AND content_hash = ? AND published_at = ?",
            (article_id, *content),
        )
        return found.fetchone() is not None

    def complete(self, name: str) -> bool:
        """Whether the list of that name was read without a gap the last time; False for one that was never read."""
        found = self._db.execute("SELECT complete FROM lists WHERE name = ?", (name,)).fetchone()
        return found is not None and bool(found[0])

    def begin(self, name: str) -> None:
        """Takes the list for incomplete until :meth:`finish`: what ends the run in between leaves a gap."""
        self._mark(name, complete=False)

    def finish(self, name: str) -> None:
        """The list was read to its end, or to rows known before, and nothing of it failed."""
        self._mark(name, complete=True)

    def _mark(self, name: str, *, complete: bool) -> None:
        row = (name, complete, iso(datetime.now(UTC)))
        self._db.execute("INSERT OR REPLACE INTO lists VALUES (?, ?, ?)", row)

    def refuse(self, url: str, slug: str, scope: str) -> None:
        """Remembers that the address was refused for good, under the conditions that ``scope`` names."""
        row = (url, scope, slug, iso(datetime.now(UTC)))
        self._db.execute("INSERT OR REPLACE INTO refusals VALUES (?, ?, ?, ?)", row)

    def refused(self, url: str, scope: str) -> str | None:
        """The slug with which the address was refused under ``scope`` in the last :data:`REFUSED_FOR`; else None."""
        since = iso(datetime.now(UTC) - REFUSED_FOR)
        found = self._db.execute(
            "SELECT slug FROM refusals WHERE url = ? AND scope = ? AND at >= ?", (url, scope, since)
        ).fetchone()
        return found[0] if found is not None else None

    def pending(self) -> Iterator[Batch]:
        """The outbox, one batch in memory at a time, lower revisions first.

        So the writers see the revisions of an article one after the other, as if each had been exported at once.
        """
        groups = self._db.execute("SELECT DISTINCT revision, day FROM outbox ORDER BY revision, day").fetchall()
        for group in groups:
            batch = Batch(date.fromisoformat(group[1]), [], {})
            for former_day, row in self._db.execute(
                "SELECT former_day, article FROM outbox WHERE revision = ? AND day = ? ORDER BY article_id", group
            ):
                article = from_json(row)
                batch.articles.append(article)
                if former_day:
                    batch.moved.setdefault(date.fromisoformat(former_day), []).append(article.article_id)
            yield batch

    def done(self, batch: Batch) -> None:
        """Clears the rows of ``batch`` from the outbox: every writer has them."""
        rows = [(article.article_id, article.revision) for article in batch.articles]
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("DELETE FROM outbox WHERE article_id = ? AND revision = ?", rows)


def export(ledger: Ledger, writers: Iterable[Destination]) -> int:
    """Writes the outbox to every writer, clears it, and returns the number of rows.

    Each batch is cleared only after all writers have it, and writers are idempotent: after an interruption at any
    point, calling it again is all there is to do.
    """
    destinations = list(writers)
    rows = 0
    for batch in ledger.pending():
        for writer in destinations:
            writer.write(batch.day, batch.articles)
            for day, article_ids in batch.moved.items():
                writer.remove(day, article_ids)
        ledger.done(batch)
        rows += len(batch.articles)
    return rows


def _day(article: Article) -> str:
    return article.published_at.astimezone(SHANGHAI).date().isoformat()
