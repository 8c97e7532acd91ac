"""The rows that a run meets in the lists: which of them to fetch, where a list ends, and what of it is read for good."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from govnews_spider.extensions import RunReport
from govnews_spider.sina.roll import PAGE_SIZE, RefusedRow, RollPage, Row
from govnews_spider.sina.sections import Section


@dataclass(slots=True)
class Part:
    """What is read of one list without a break: its newest rows, or one day of its archive (``day``)."""

    section: Section
    day: date | None
    began: datetime
    bound: datetime | None = None
    """How far back its newest rows are to be read; None: to the end."""
    keys: set[str] = field(default_factory=set)
    pending: int = 0
    """Articles that are being fetched."""
    newest: datetime | None = None
    reached: datetime | None = None
    """The time of the last row read."""
    failed: datetime | None = None
    """When the oldest article that failed was made."""
    broken: bool = False
    """Whether a page failed, or an article of unknown time: nothing is known to be read."""
    ended: bool = False
    to_end: bool = False
    """Whether the list itself ended; else it was read as far as was needed or asked for."""

    def turn(self, answer: RollPage) -> None:
        """One more page was read."""
        times = [row.ctime for row in answer.rows if row.ctime is not None]
        self.newest = max([*times, *filter(None, (self.newest,))], default=None)
        if times:
            self.reached = min(times[-1], self.reached or times[-1])

    def fail(self, made: datetime | None) -> None:
        """An article that was made then failed."""
        if made is None:
            self.broken = True
        else:
            self.failed = min(made, self.failed or made)


class Rows:
    """Accounts for each article once, by the list that names it first, whatever lists and pages name it again."""

    def __init__(self, report: RunReport, max_pages: int | None, revisit: timedelta | None) -> None:
        self._report = report
        self._max_pages = max_pages
        self._revisit_since = report.run.started - revisit if revisit is not None else None
        self._met = _Met()
        self._parts: dict[tuple[str, date | None], Part] = {}
        self._waiting: dict[str, list[tuple[Part, datetime | None]]] = defaultdict(list)
        """Address of each article that is being fetched → the parts that name it, and when they say it was made."""
        report.on_settled = self._settled

    def part(self, section: Section, day: date | None) -> Part:
        """What is being read of that list, from now on where it is not yet."""
        key = (section.name, day)
        if key not in self._parts:
            ledger = self._report.ledger
            bound = ledger.coverage.bound(self._name(section)) if ledger is not None and day is None else None
            self._parts[key] = Part(section, day, datetime.now(UTC), bound)
        return self._parts[key]

    def is_read(self, section: Section, day: date) -> bool:
        """Whether that day of the list's archive needs no reading any more."""
        ledger, now = self._report.ledger, self._report.run.started
        if ledger is None or not ledger.coverage.has_day(self._name(section), day, now):
            return False
        return self._revisit_since is None or datetime.combine(day, datetime.max.time(), UTC) < self._revisit_since

    def gap_days(self, section: Section) -> list[date]:
        """The days in Shanghai of which the list may have rows that were never read."""
        ledger = self._report.ledger
        gaps = ledger.coverage.gaps(self._name(section)) if ledger is not None else []
        return sorted({day for gap in gaps for day in gap.days()})

    def turn(self, answer: RollPage, part: Part, page: int, url: str) -> tuple[list[Row], bool]:
        """Takes in one page, which came from ``url``: its rows to fetch, and whether to ask for the next page.

        A page without a row that is new to this list is its end: some answer every page after the last one with the
        last one. So is, newest first, a page of nothing but known rows that lies behind all that was not read before.
        """
        self._report.account(part.section.name).pages += 1
        for refused in answer.refused:
            self._refuse(refused, url)
        fetched = [row for row in answer.rows if self._is_new(row, part)]
        keys = {row.key for row in answer.rows} | {refused.key for refused in answer.refused}
        part.turn(answer)
        part.to_end = keys <= part.keys or (answer.total is not None and page * PAGE_SIZE >= answer.total)
        part.keys |= keys
        known = part.day is None and bool(answer.rows) and all(self._met[row.key] is None for row in answer.rows)
        part.ended = part.to_end or (known and self._is_behind(part)) or page == self._max_pages
        if part.ended and part.day is not None:
            run = self._report.run
            run.days_read += 1
            run.expected = round(run.seen * run.days / run.days_read)
        self._close(part)
        return fetched, not part.ended

    def broke(self, section: Section, day: date | None) -> None:
        """A page of the part could not be read."""
        self.part(section, day).broken = True

    def _is_new(self, row: Row, part: Part) -> bool:
        run, account = self._report.run, self._report.account(part.section.name)
        account.row(row.ctime)
        if row.key in self._met or row.url in self._waiting:
            run.repeats += 1
            if row.key not in self._met:
                self._met[row.key] = row.url
            if row.url in self._waiting:
                self._wait(row, part)
            elif row.url in run.failed:
                part.fail(row.ctime)
            return False
        run.seen += 1
        known = self._is_known(row)
        if known and not self._is_young(row):
            self._met[row.key] = None
            self._report.count(account, "unchanged")
            return False
        self._met[row.key] = row.url if not known else None
        self._report.owners[row.url] = account
        self._wait(row, part)
        return True

    def _wait(self, row: Row, part: Part) -> None:
        part.pending += 1
        self._waiting[row.url].append((part, row.ctime))

    def _refuse(self, refused: RefusedRow, url: str) -> None:
        if refused.key in self._met:
            self._report.run.repeats += 1
            return
        self._met[refused.key] = None
        self._report.run.seen += 1
        self._report.refuse(refused, url=None, origin=url)

    def _settled(self, address: str, outcome: str) -> None:
        for part, made in self._waiting.pop(address, ()):
            part.pending -= 1
            if outcome == "failed":
                part.fail(made)
            self._close(part)

    def _close(self, part: Part) -> None:
        """Remembers what was read for good, once nothing of it is being fetched any more."""
        if not part.ended or part.pending:
            return
        self._parts.pop((part.section.name, part.day), None)
        ledger = self._report.ledger
        if ledger is None or part.broken:
            return
        if part.day is not None:
            if part.to_end and part.failed is None:
                ledger.coverage.read_day(self._name(part.section), part.day, part.began)
        elif part.newest is not None and part.reached is not None:
            until = min(part.newest, part.began)
            if part.failed is not None:
                until = min(until, part.failed - timedelta(seconds=1))  # the next run is to come back to it
            if until >= part.reached:
                is_new = ledger.coverage.read(self._name(part.section), part.reached, until, to_end=part.to_end)
                account = self._report.account(part.section.name)
                account.reached = part.reached
                account.new_gap = is_new and self._max_pages is None

    def _is_behind(self, part: Part) -> bool:
        """Whether the part was read back to what earlier runs have read, and to what is to be looked at again."""
        if part.bound is None or part.reached is None or part.reached > part.bound:
            return False
        return self._revisit_since is None or part.reached < self._revisit_since

    def _is_known(self, row: Row) -> bool:
        ledger = self._report.ledger
        if ledger is None:
            return False
        known = ledger.known_url(row.url) or (row.docid is not None and ledger.known(f"sina:{row.docid}"))
        return known or self._report.refused(row.url)

    def _is_young(self, row: Row) -> bool:
        return self._revisit_since is not None and row.ctime is not None and row.ctime >= self._revisit_since

    def _name(self, section: Section) -> str:
        return self._report.scopes.list_name(section.name)


class _Met:
    """Key of each row met → the address of an article that was not known, else None: on disk, for a backfill meets millions."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE met (key TEXT PRIMARY KEY, address TEXT) WITHOUT ROWID"
        )

    def __contains__(self, key: str) -> bool:
        return self._db.execute("SELECT 1 FROM met WHERE key = ?", (key,)).fetchone() is not None

    def __getitem__(self, key: str) -> str | None:
        address: str | None = self._db.execute("SELECT address FROM met WHERE key = ?", (key,)).fetchone()[0]
        return address

    def __setitem__(self, key: str, address: str | None) -> None:
        self._db.execute("INSERT INTO met VALUES (?, ?)", (key, address))
