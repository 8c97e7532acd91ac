"""What the project remembers: which articles it has, and which rows still have to be written to files.

One transaction accepts an article: its identity and its whole row in the outbox. So an article is known if and only if
its row is safe, and running again after any interruption is resuming. :mod:`govnews_spider.ledger.export` empties the outbox into files.
"""

from __future__ import annotations

import logging
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from govnews_spider.archive.writer import PreviousCapture
from govnews_spider.article import FIELD_NAMES, Article
from govnews_spider.core.dedup.identity import also, carry_over, complete, is_document, minute, with_alias
from govnews_spider.ledger.coverage import Coverage
from govnews_spider.ledger.identities import Content, Identities, Identity, Validators, addresses_of
from govnews_spider.ledger.lock import hold
from govnews_spider.ledger.outbox import Batch, from_json, iso, outbox_row, to_json
from govnews_spider.ledger.reprint_groups import Match, ReprintGroups, ReprintMark
from govnews_spider.ledger.schema import connect, make_durable
from govnews_spider.storage.errors import StorageError, storage_error
from govnews_spider.storage.row_reader import DayRows

logger = logging.getLogger(__name__)

REFUSED_FOR: Final = timedelta(days=7)
"""How long a refusal is remembered: a page that was missing may be there next week."""


class Outcome(StrEnum):
    """What became of an accepted article."""

    STORED = "stored"
    UNCHANGED = "unchanged"
    REVISED = "revised"
    REPRINT = "reprint"


class Ledger:
    """The SQLite file of one data folder; made, or brought up to today's schema, when it is opened.

    Raises :class:`StorageError` for a file that cannot be opened, is no ledger, was written by a newer version, or is
    held by another process: one run at a time writes to a data folder. ``is_held``: the caller holds it. ``on_fault`` is told what
    keeps a stored row from being read.
    """

    def __init__(
        self,
        path: Path,
        on_fault: Callable[[StorageError], None] = lambda fault: logger.error("%s", fault),
        *,
        is_held: bool = False,
    ) -> None:
        if (path.parent / ".rebuild" / "plan.json").exists():
            told = f"{path.parent}: `scrapy rebuild` is making this folder; call it again to finish, or name another folder"
            raise StorageError("data_unusable", told)
        self.path = path
        self.on_waiting: Callable[[date], None] = lambda day: None
        """Called with the publication day of each row that comes to wait in the outbox."""
        self.marked: Counter[str] = Counter()
        """What rows that were stored before have become: ``reprint``, ``article`` or, of a reprint, ``other_original`` → how often."""
        with ExitStack() as on_failure:
            self._lock = on_failure.enter_context(nullcontext() if is_held else hold(path))
            self._db = on_failure.enter_context(closing(connect(path)))
            self._files = DayRows(path.parent, on_fault)
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

    def known(self, article_id: str) -> bool:
        """Whether an article with this id was accepted, or a document of it under another one."""
        return self._identities.find(self._identities.resolve(article_id)) is not None

    def known_url(self, url: str) -> bool:
        """Whether an article was accepted under this address: its canonical one, or one that it was fetched from."""
        return self._identities.at(url) is not None

    def accept(
        self,
        article: Article,
        *,
        replayed: bool = False,
        fetched: str | None = None,
        validators: Validators | None = None,
    ) -> Outcome:
        """Commits ``article``, makes it what is stored, and says what it is.

        That sets ``article_id``, ``revision``, ``first_seen``, and of a reprint ``duplicate_of``, ``similarity`` and the reason in
        ``provenance``. ``fetched`` is the address that it was fetched from, ``validators`` are those of the answer.

        It is revised when its content or its publication time differs from the newest revision's; a new revision, like
        a new article, waits in the outbox. Where files are replayed, every version that was accepted before is unchanged: a
        folder may hold several of one article, in any order. A document and the page of the same article are one, whichever comes
        first, and each completes the other. Raises ValueError for an article without id or with a time without zone.
        """
        if not article.article_id:
            raise ValueError(f"no_article_id: {article.origin}: identify the article before it is accepted")
        content, addresses = Content.of(article), addresses_of(article, fetched, validators or Validators())
        own_id, article.article_id = article.article_id, self._identities.id_of(article)
        known = self._identities.find(article.article_id)
        # The id of a document is that of all that it says: it has no other version, and what it says was told.
        is_unchanged = known is not None and (
            known.content == content
            or (own_id.startswith("text:") and article.url is None)
            or (replayed and self._identities.had(article.article_id, content))
        )
        meeting = None if is_unchanged else self._groups.meet(article)
        if known is not None and not is_unchanged and self._identities.has_alias(article.article_id):
            self._carry_over(article)
        elif known is None and meeting is not None and (twin := self._twin(article, meeting)) is not None:
            known = self._identities.find(twin.article_id)
            is_unchanged = not _merge(article, twin)
            meeting = self._groups.meet(article)
        with self._commits():
            self._identities.add_addresses(article.article_id, addresses)
            self._identities.add_version(article.article_id, content)
            if own_id != article.article_id and self._identities.resolve(own_id) != article.article_id:
                self._add_alias(own_id, article, is_unchanged=is_unchanged)
            return self._keep(article, known, meeting, is_unchanged=is_unchanged)

    def days_not_compared(self) -> list[date]:
        """The publication days of articles whose text was never compared with others, the first one first."""
        return [date.fromisoformat(day) for day in self._identities.days_without_text()]

    def compare(self, row: Article) -> bool:
        """Compares the text of a stored article, whose newest row this is, where that was never done; whether it was now."""
        known = self._identities.find(row.article_id)
        if known is None or known.text is not None or known.revision != row.revision:
            return False
        meeting = self._groups.meet(row)
        if meeting is None:
            return False
        with self._commits():
            text = self._groups.keep(meeting)
            self._identities.set_text(row.article_id, text)
            for mark in self._groups.marks((text,)):
                self._mark(mark, row if mark.article_id == row.article_id else self._row(mark.article_id))
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
            self._groups.forget()
            raise
        finally:
            self._unreadable.clear()

    def _keep(self, article: Article, known: Identity | None, meeting: Match | None, *, is_unchanged: bool) -> Outcome:
        now = iso(datetime.now(UTC))
        article.revision = (known.revision if known else 0) + (not is_unchanged)
        article.first_seen = datetime.fromisoformat(known.first_seen if known else now)
        if is_unchanged:
            self._identities.see(article.article_id, now)
            return Outcome.UNCHANGED
        ReprintMark(article.article_id, None, None, None).put(article)
        text = self._groups.keep(meeting) if meeting is not None else None
        self._identities.write(article, text, now)
        self._unreadable.discard(article.article_id)
        self._wait(article, known.day if known else None)
        former = known.text if known else None
        # Nothing changes for any group where a text is new and alike to none, which is so of most.
        if former is not None or (meeting is not None and meeting.alike):
            for mark in self._groups.marks({number for number in (text, former) if number is not None}):
                if mark.article_id == article.article_id:
                    self._put(mark, article)
                else:
                    self._mark(mark, self._row(mark.article_id))
        if known is not None:
            return Outcome.REVISED
        return Outcome.STORED if article.duplicate_of is None else Outcome.REPRINT

    def _twin(self, article: Article, meeting: Match) -> Article | None:
        """The stored row of the same article, where this or that is a document: two pages are two articles."""
        for article_id in self._groups.near(meeting, minute(article.published_at)):
            row = self._row(article_id)
            if row is not None and (is_document(row) or is_document(article)):
                return row
        return None

    def _carry_over(self, article: Article) -> None:
        """Gives a revision what a document had told of the article."""
        if (before := self._row(article.article_id)) is not None:
            _become(article, carry_over(article, before))

    def _add_alias(self, alias: str, article: Article, *, is_unchanged: bool) -> None:
        """The article has that id as well, and its row says so: where the ledger is lost, it is made anew from the rows."""
        self._identities.add_alias(alias, article.article_id)
        if not is_unchanged:
            _become(article, with_alias(article, alias))
        elif (row := self._row(article.article_id)) is not None:
            self._rewrite(with_alias(row, alias))

    def _mark(self, mark: ReprintMark, row: Article | None) -> None:
        """Gives a row that was stored before its new mark; one that cannot be read is compared again when it is back."""
        if row is not None:
            self.marked[_change(row.duplicate_of, mark.duplicate_of)] += 1
            self._put(mark, row)

    def _put(self, mark: ReprintMark, row: Article) -> None:
        mark.put(row)
        self._identities.mark(*mark)
        self._rewrite(row)

    def _rewrite(self, row: Article) -> None:
        """Lets the newest row of an article wait for the files once more, under the revision that it has."""
        text = (to_json(row), row.article_id, row.revision)
        if not self._db.execute("UPDATE outbox SET article = ? WHERE article_id = ? AND revision = ?", text).rowcount:
            self._wait(row, None)

    def _wait(self, article: Article, former_day: str | None) -> None:
        self._db.execute("INSERT INTO outbox VALUES (?, ?, ?, ?, ?)", outbox_row(article, former_day))
        self.on_waiting(article.day)

    def _row(self, article_id: str) -> Article | None:
        """The newest row of an article, out of the outbox or its file; None where it cannot be read."""
        if (row := self._waiting(article_id)) is not None:
            return row
        known = self._identities.find(article_id)
        row = self._files.find(known.folder, date.fromisoformat(known.day), article_id) if known is not None else None
        if row is None or known is None or row.revision != known.revision:
            self._unreadable.add(article_id)
            return None
        return row

    def _text(self, article_id: str) -> str | None:
        """The text of its newest row; None where it cannot be read."""
        if (row := self._waiting(article_id)) is not None:
            return row.text
        known = self._identities.find(article_id)
        text = self._files.text(known.folder, date.fromisoformat(known.day), article_id) if known is not None else None
        if text is None:
            self._unreadable.add(article_id)
        return text

    def _waiting(self, article_id: str) -> Article | None:
        found = self._db.execute(
            "SELECT article FROM outbox WHERE article_id = ? ORDER BY revision DESC LIMIT 1", (article_id,)
        ).fetchone()
        return from_json(found[0]) if found is not None else None

    def validators(self, url: str) -> Validators:
        """What the server said when the article of that address was fetched last."""
        return self._identities.validators(url)

    def touch(self, url: str) -> None:
        """The article of that address was seen again, and the server says that it has not changed."""
        article_id = self._identities.at(url)
        if article_id is not None:
            self._identities.see(article_id, iso(datetime.now(UTC)))

    def archived(self, url: str) -> PreviousCapture | None:
        """The last answer of that address in the archives."""
        found = self._db.execute("SELECT digest, at, record_id FROM archived WHERE url = ?", (url,)).fetchone()
        return PreviousCapture(*found) if found is not None else None

    def archive(self, url: str, former: PreviousCapture) -> None:
        """What a later answer of that address may refer to."""
        row = (url, *former)
        self._db.execute(
            "INSERT INTO archived VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET digest = excluded.digest, at = excluded.at,"
            " record_id = excluded.record_id WHERE record_id IS NOT excluded.record_id",
            row,
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


def _merge(newcomer: Article, stored: Article) -> bool:
    """Makes ``newcomer`` what both tell of the article, under the stored id; False where that is what is stored already."""
    whole = complete(*((stored, newcomer) if is_document(newcomer) else (newcomer, stored)))
    if whole is stored:
        _become(newcomer, stored)
        return False
    spider, run_id = newcomer.spider, newcomer.run_id
    _become(newcomer, replace(whole, article_id=stored.article_id, provenance=whole.provenance | also(stored)))
    newcomer.spider, newcomer.run_id = spider, run_id
    return True


def _become(article: Article, other: Article) -> None:
    for name in FIELD_NAMES:
        setattr(article, name, getattr(other, name))


def _change(before: str | None, after: str | None) -> str:
    return "article" if after is None else "reprint" if before is None else "other_original"
