"""Ledger of a data folder: the articles that are stored, and the rows that still have to be written to files.

One transaction accepts an article: its identity and its whole row in the outbox. So an article is known if and only if
its row is safe, and running again after any interruption is resuming. :mod:`govnews_spider.ledger.export` empties the outbox into files.
"""

from __future__ import annotations

import logging
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from govnews_spider.archive.writer import PreviousCapture
from govnews_spider.article import FIELD_NAMES, Article
from govnews_spider.core.dedup.identity import carry_over, minute, with_alias
from govnews_spider.ledger.coverage import Coverage
from govnews_spider.ledger.identities import NO_VALIDATORS, Identities, Identity, Newcomer, Validators, addresses_of
from govnews_spider.ledger.lock import hold
from govnews_spider.ledger.outbox import Batch, from_json, iso, outbox_row, to_json
from govnews_spider.ledger.policy import Change, Decision, decide, merge, twin_of
from govnews_spider.ledger.reprint_groups import ReprintGroups, ReprintMark, TextMatch
from govnews_spider.ledger.schema import connect, make_durable
from govnews_spider.storage.errors import StorageError, storage_error
from govnews_spider.storage.layout import DataFolder
from govnews_spider.storage.row_reader import DayRows

logger = logging.getLogger(__name__)

SKIPPED_FOR: Final = timedelta(days=7)
"""Time for which a rejection is remembered: a page that was missing may be there next week."""


class Outcome(StrEnum):
    """Outcome of an accepted article."""

    STORED = "stored"
    UNCHANGED = "unchanged"
    REVISED = "revised"
    REPRINT = "reprint"


class Ledger:
    """The SQLite file of one data folder; made, or brought up to today's schema, when it is opened.

    Raises :class:`StorageError` for a file that cannot be opened, is no ledger, was written by a newer version, or is
    held by another process: one run at a time writes to a data folder. ``is_held``: the caller holds it. ``on_error`` is told what
    keeps a stored row from being read.
    """

    def __init__(
        self,
        path: Path,
        on_error: Callable[[StorageError], None] = lambda fault: logger.error("%s", fault),
        *,
        is_held: bool = False,
    ) -> None:
        if DataFolder(path.parent).plan.exists():
            message = f"{path.parent}: `scrapy rebuild` is making this folder; call it again to finish, or name another folder"
            raise StorageError("data_unusable", message)
        self.path = path
        self.on_enqueued: Callable[[date], None] = lambda day: None
        """Called with the publication day of each row that is put into the outbox."""
        self.marked: Counter[str] = Counter()
        """Changes of the marks of stored rows: ``reprint``, ``article`` or, of a reprint, ``other_original`` → how often."""
        with ExitStack() as on_failure:
            self._lock = on_failure.enter_context(nullcontext() if is_held else hold(path))
            self._db = on_failure.enter_context(closing(connect(path)))
            self._files = DayRows(path.parent, on_error)
            self.coverage = Coverage(self._db)
            self._identities = Identities(self._db)
            self._unreadable: set[str] = set()
            try:
                self._groups = ReprintGroups(self._db, self._text)
            except sqlite3.Error as error:
                raise storage_error(error, path) from error
            on_failure.pop_all()

    def close(self) -> None:
        """Folds the write-ahead log into the file (nothing is lost without it), and gives the folder free."""
        self._db.close()
        if self._lock is not None:
            self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def has_article(self, article_id: str) -> bool:
        """Whether an article with this id was accepted, or a document of it under another one."""
        return self._identities.find(self._identities.resolve(article_id)) is not None

    def has_url(self, url: str) -> bool:
        """Whether an article was accepted under this address: its canonical one, or one that it was fetched from."""
        return self._identities.at(url) is not None

    def accept(
        self,
        article: Article,
        *,
        replayed: bool = False,
        fetched: str | None = None,
        validators: Validators = NO_VALIDATORS,
    ) -> Outcome:
        """Commits ``article`` and makes it what is stored; returns what became of it.

        That sets ``article_id``, ``revision``, ``first_seen``, and of a reprint ``duplicate_of``, ``similarity`` and the reason in
        ``provenance``. ``fetched`` is the address that it was fetched from, ``validators`` are those of the answer; ``replayed`` is
        explained by :func:`govnews_spider.ledger.policy.decide`, which decides. A new article, like a new revision, waits in the outbox.
        A document and the page of the same article are one, whichever comes first, and each completes the other.
        Raises ValueError for an article without id or with a time without zone.
        """
        if not article.article_id:
            raise ValueError(f"no_article_id: {article.origin}: identify the article before it is accepted")
        newcomer = self._identities.newcomer(article, replayed=replayed)
        addresses = addresses_of(article, fetched, validators)
        article.article_id = newcomer.article_id
        decision = decide(newcomer, replayed=replayed)
        match = None if decision.change is Change.UNCHANGED else self._groups.match(article)
        if decision.change is Change.REVISION and self._identities.has_alias(article.article_id):
            self._carry_over(article)
        elif decision.change is Change.NEW and match is not None and (twin := self._twin(article, match)) is not None:
            newcomer, decision = self._join(article, twin, newcomer)
            match = self._groups.match(article)
        with self._commits():
            self._identities.note(newcomer, decision.alias, addresses)
            if decision.alias is not None:
                self._name_alias(decision.alias, article, decision.change)
            return self._store(article, newcomer.stored, decision, match)

    def days_not_compared(self) -> list[date]:
        """The publication days of articles whose text was never compared with others, the first one first."""
        return [date.fromisoformat(day) for day in self._identities.days_without_text()]

    def compare(self, row: Article) -> bool:
        """Compares the text of a stored article, whose newest row this is, where that was never done; whether it was now."""
        identity = self._identities.find(row.article_id)
        if identity is None or identity.text is not None or identity.revision != row.revision:
            return False
        match = self._groups.match(row)
        if match is None:
            return False
        with self._commits():
            text = self._groups.add(match)
            self._identities.set_text(row.article_id, text)
            for mark in self._groups.marks((text,)):
                self._remark(mark, row if mark.article_id == row.article_id else self._row(mark.article_id))
        return True

    @contextmanager
    def _commits(self) -> Iterator[None]:
        """All or nothing. Articles whose rows cannot be read count as not compared: a repair does that once they are back."""
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                for article_id in self._unreadable:
                    self._identities.set_text(article_id, None)
        except BaseException:
            self._groups.reset()
            raise
        finally:
            self._unreadable.clear()

    def _store(self, article: Article, stored: Identity | None, decision: Decision, match: TextMatch | None) -> Outcome:
        now = iso(datetime.now(UTC))
        article.revision = decision.revision
        article.first_seen = datetime.fromisoformat(stored.first_seen if stored else now)
        if decision.change is Change.UNCHANGED:
            self._identities.mark_seen(article.article_id, now)
            return Outcome.UNCHANGED
        ReprintMark(article.article_id, None, None, None).apply(article)
        text = self._groups.add(match) if match is not None else None
        self._identities.write(article, text, now)
        self._unreadable.discard(article.article_id)
        self._enqueue(article, stored.day if stored else None)
        former_text = stored.text if stored else None
        # Nothing changes for any group where a text is new and alike to none, which is so of most.
        if former_text is not None or (match is not None and match.alike):
            for mark in self._groups.marks({number for number in (text, former_text) if number is not None}):
                if mark.article_id == article.article_id:
                    self._apply(mark, article)
                else:
                    self._remark(mark, self._row(mark.article_id))
        if decision.change is Change.REVISION:
            return Outcome.REVISED
        return Outcome.STORED if article.duplicate_of is None else Outcome.REPRINT

    def _twin(self, article: Article, match: TextMatch) -> Article | None:
        rows = (self._row(article_id) for article_id in self._groups.same_minute(match, minute(article.published_at)))
        return twin_of(article, (row for row in rows if row is not None))

    def _join(self, article: Article, twin: Article, newcomer: Newcomer) -> tuple[Newcomer, Decision]:
        """Makes ``article`` one with its twin, and judges it again as what is stored under the twin's id."""
        merged = merge(article, twin)
        stored = self._identities.find(twin.article_id)
        joined = newcomer._replace(article_id=twin.article_id, stored=stored)
        change = Change.UNCHANGED if merged is None else Change.REVISION
        revision = (stored.revision if stored else 0) + (merged is not None)
        _become(article, twin if merged is None else merged)
        return joined, Decision(change, revision, newcomer.own_id)

    def _carry_over(self, article: Article) -> None:
        """Gives a revision the fields that only a document of the article had."""
        if (before := self._row(article.article_id)) is not None:
            _become(article, carry_over(article, before))

    def _name_alias(self, alias: str, article: Article, change: Change) -> None:
        """Writes the alias into the article's row as well: a lost ledger is made anew from the rows."""
        if change is not Change.UNCHANGED:
            _become(article, with_alias(article, alias))
        elif (row := self._row(article.article_id)) is not None:
            self._rewrite(with_alias(row, alias))

    def _remark(self, mark: ReprintMark, row: Article | None) -> None:
        """Gives a row that was stored before its new mark; one that cannot be read is compared again when it is back."""
        if row is not None:
            self.marked[_change(row.duplicate_of, mark.duplicate_of)] += 1
            self._apply(mark, row)

    def _apply(self, mark: ReprintMark, row: Article) -> None:
        mark.apply(row)
        self._identities.set_duplicate_of(*mark)
        self._rewrite(row)

    def _rewrite(self, row: Article) -> None:
        """Puts the newest row of an article into the outbox once more, under the revision that it has."""
        values = (to_json(row), row.article_id, row.revision)
        if not self._db.execute("UPDATE outbox SET article = ? WHERE article_id = ? AND revision = ?", values).rowcount:
            self._enqueue(row, None)

    def _enqueue(self, article: Article, former_day: str | None) -> None:
        self._db.execute("INSERT INTO outbox VALUES (?, ?, ?, ?, ?)", outbox_row(article, former_day))
        self.on_enqueued(article.day)

    def _row(self, article_id: str) -> Article | None:
        """The newest row of an article, out of the outbox or its file; None where it cannot be read."""
        if (row := self._queued(article_id)) is not None:
            return row
        identity = self._identities.find(article_id)
        row = self._files.find(identity.folder, date.fromisoformat(identity.day), article_id) if identity else None
        if row is None or identity is None or row.revision != identity.revision:
            self._unreadable.add(article_id)
            return None
        return row

    def _text(self, article_id: str) -> str | None:
        """The text of its newest row; None where it cannot be read."""
        if (row := self._queued(article_id)) is not None:
            return row.text
        identity = self._identities.find(article_id)
        text = self._files.text(identity.folder, date.fromisoformat(identity.day), article_id) if identity else None
        if text is None:
            self._unreadable.add(article_id)
        return text

    def _queued(self, article_id: str) -> Article | None:
        row = self._db.execute(
            "SELECT article FROM outbox WHERE article_id = ? ORDER BY revision DESC LIMIT 1", (article_id,)
        ).fetchone()
        return from_json(row[0]) if row is not None else None

    def validators(self, url: str) -> Validators:
        """The validators of the last answer under that address."""
        return self._identities.validators(url)

    def mark_seen(self, url: str) -> None:
        """Notes that the article of that address was met again, unchanged by what the server says."""
        article_id = self._identities.at(url)
        if article_id is not None:
            self._identities.mark_seen(article_id, iso(datetime.now(UTC)))

    def previous_capture(self, url: str) -> PreviousCapture | None:
        """The last answer of that address in the archives."""
        row = self._db.execute("SELECT digest, at, record_id FROM archived WHERE url = ?", (url,)).fetchone()
        return PreviousCapture(*row) if row is not None else None

    def note_capture(self, url: str, capture: PreviousCapture) -> None:
        """Notes the answer that a later one of that address may refer to."""
        row = (url, *capture)
        self._db.execute(
            "INSERT INTO archived VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET digest = excluded.digest, at = excluded.at,"
            " record_id = excluded.record_id WHERE record_id IS NOT excluded.record_id",
            row,
        )

    def begin_run(self, run_id: str, spider: str, started: datetime) -> list[str]:
        """Notes the beginning of a run; returns the runs before it that never ended: they were killed."""
        killed = [row[0] for row in self._db.execute("SELECT run_id FROM runs WHERE finished IS NULL ORDER BY run_id")]
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("UPDATE runs SET finished = started WHERE finished IS NULL")
            self._db.execute(
                "INSERT INTO runs (run_id, spider, started) VALUES (?, ?, ?)", (run_id, spider, iso(started))
            )
        return killed

    def end_run(self, run_id: str, finished: datetime, exit_code: int, balance: str) -> None:
        """Notes the end of a run; ``balance`` is JSON, outcome -> articles."""
        self._db.execute(
            "UPDATE runs SET finished = ?, exit_code = ?, balance = ? WHERE run_id = ?",
            (iso(finished), exit_code, balance, run_id),
        )

    def skip(self, url: str, slug: str, scope: str) -> None:
        """Remembers that the article of an address was rejected; the answer holds for ``scope`` only."""
        row = (url, scope, slug, iso(datetime.now(UTC)))
        self._db.execute("INSERT OR REPLACE INTO refusals VALUES (?, ?, ?, ?)", row)

    def skipped(self, url: str, scope: str) -> str | None:
        """The slug with which the address was rejected under ``scope`` in the last :data:`SKIPPED_FOR`; else None."""
        now = datetime.now(UTC)
        row = self._db.execute(
            "SELECT slug FROM refusals WHERE url = ? AND scope = ? AND at BETWEEN ? AND ?",
            (url, scope, iso(now - SKIPPED_FOR), iso(now)),  # what a wrong clock dated ahead does not hold for ever
        ).fetchone()
        return row[0] if row is not None else None

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


def _become(article: Article, other: Article) -> None:
    for name in FIELD_NAMES:
        setattr(article, name, getattr(other, name))


def _change(before: str | None, after: str | None) -> str:
    return "article" if after is None else "reprint" if before is None else "other_original"
