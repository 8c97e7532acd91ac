"""What the project remembers: which articles it has, and which rows still have to be written to files.

One transaction accepts an article: its identity and its whole row in the outbox. So an article is known if and only if
its row is safe, and running again after any interruption is resuming. :mod:`govnews_spider.export` empties the outbox into files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple, Self

from govnews_spider.article import Article
from govnews_spider.coverage import Coverage
from govnews_spider.database import connect, make_durable
from govnews_spider.lock import hold
from govnews_spider.outbox import Batch, from_json, iso, waiting

REFUSED_FOR: Final = timedelta(days=7)
"""How long a refusal is remembered: a page that was missing may be there next week."""


class Outcome(StrEnum):
    """What became of an accepted article."""

    STORED = "stored"
    UNCHANGED = "unchanged"
    REVISED = "revised"


class Validators(NamedTuple):
    """What a server said by which it can tell later whether a page has changed; None what it did not say."""

    etag: str | None = None
    last_modified: str | None = None


class Ledger:
    """The SQLite file of one data folder; made, or brought up to today's schema, when it is opened.

    Raises :class:`Fault` for a file that cannot be opened, is no ledger, was written by a newer version, or is
    held by another process: one run at a time writes to a data folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with ExitStack() as on_failure:
            self._lock = on_failure.enter_context(hold(path))
            self._db = on_failure.enter_context(closing(connect(path)))
            self.coverage = Coverage(self._db)
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

    def accept(self, article: Article, *, replayed: bool = False, validators: Validators | None = None) -> Outcome:
        """Commits ``article`` and says what it is; sets its ``revision`` and ``first_seen``.

        ``validators`` are those of the answer that it was read from; they are kept beside the address that was fetched.

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
            self._add_addresses(article, validators or Validators())
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
                "day": article.day.isoformat(),
                "revision": article.revision,
                "now": now,
            },
        )

    def _add_addresses(self, article: Article, validators: Validators) -> None:
        # The address that was fetched counts as well: it may lead to the canonical one by a redirect.
        addresses = {url: Validators() for url in (article.url,) if url}
        if article.origin.startswith(("https://", "http://")):
            addresses[article.origin] = validators
        self._db.executemany(
            "INSERT INTO urls VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET etag = excluded.etag,"
            " last_modified = excluded.last_modified WHERE etag IS NOT excluded.etag OR last_modified IS NOT excluded.last_modified",
            [(url, article.article_id, *said) for url, said in addresses.items()],
        )

    def _post(self, article: Article, former_day: str | None) -> None:
        self._db.execute("INSERT INTO outbox VALUES (?, ?, ?, ?, ?)", waiting(article, former_day))

    def _had(self, article_id: str, content: tuple[str, str]) -> bool:
        found = self._db.execute(
            "SELECT 1 FROM versions WHERE article_id = ? AND content_hash = ? AND published_at = ?",
            (article_id, *content),
        )
        return found.fetchone() is not None

    def validators(self, url: str) -> Validators:
        """What the server said when the article of that address was fetched last."""
        found = self._db.execute("SELECT etag, last_modified FROM urls WHERE url = ?", (url,)).fetchone()
        return Validators(*found) if found is not None else Validators()

    def touch(self, url: str) -> None:
        """The article of that address was seen again, and the server says that it has not changed."""
        self._db.execute(
            "UPDATE identities SET last_seen = ? WHERE article_id = (SELECT article_id FROM urls WHERE url = ?)",
            (iso(datetime.now(UTC)), url),
        )

    def begin_run(self, run_id: str, spider: str, started: datetime) -> list[str]:
        """The run has begun. Returns the runs before it that never ended: they were killed."""
        killed = [row[0] for row in self._db.execute("SELECT run_id FROM runs WHERE finished IS NULL ORDER BY run_id")]
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("UPDATE runs SET finished = started WHERE finished IS NULL")
            self._db.execute(
                "INSERT INTO runs (run_id, spider, started) VALUES (?, ?, ?)", (run_id, spider, iso(started))
            )
        return killed

    def end_run(self, run_id: str, finished: datetime, exit_code: int, balance: str) -> None:
        """The run has ended; ``balance`` is JSON, outcome -> articles."""
        self._db.execute(
            "UPDATE runs SET finished = ?, exit_code = ?, balance = ? WHERE run_id = ?",
            (iso(finished), exit_code, balance, run_id),
        )

    def refuse(self, url: str, slug: str, scope: str) -> None:
        """Remembers that the address was refused for good, under the conditions that ``scope`` names."""
        row = (url, scope, slug, iso(datetime.now(UTC)))
        self._db.execute("INSERT OR REPLACE INTO refusals VALUES (?, ?, ?, ?)", row)

    def refused(self, url: str, scope: str) -> str | None:
        """The slug with which the address was refused under ``scope`` in the last :data:`REFUSED_FOR`; else None."""
        now = datetime.now(UTC)
        found = self._db.execute(
            "SELECT slug FROM refusals WHERE url = ? AND scope = ? AND at BETWEEN ? AND ?",
            (url, scope, iso(now - REFUSED_FOR), iso(now)),  # what a wrong clock dated ahead does not hold for ever
        ).fetchone()
        return found[0] if found is not None else None

    def pending(self) -> Iterator[Batch]:
        """The outbox, one batch in memory at a time, lower revisions first.

        So the writers see the revisions of an article one after the other, as if each had been exported at once.
        """
        groups = self._db.execute("SELECT DISTINCT revision, day FROM outbox ORDER BY revision, day").fetchall()
        if groups:
            make_durable(self._db)  # the files must never be ahead of the ledger
        for group in groups:
            batch = Batch(group[0], date.fromisoformat(group[1]), [], {})
            for former_day, row in self._db.execute(
                "SELECT former_day, article FROM outbox WHERE revision = ? AND day = ? ORDER BY article_id", group
            ):
                article = from_json(row)
                batch.articles.append(article)
                if former_day:
                    batch.moved.setdefault(date.fromisoformat(former_day), []).append(article.article_id)
            yield batch

    def done(self, batches: Iterable[Batch]) -> None:
        """Clears the rows of ``batches`` from the outbox: every writer has them."""
        rows = [(article.article_id, article.revision) for batch in batches for article in batch.articles]
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("DELETE FROM outbox WHERE article_id = ? AND revision = ?", rows)
