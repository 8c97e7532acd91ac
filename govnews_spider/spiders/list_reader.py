"""The rows that a run meets in the lists: which of them to fetch, where a list ends, and what of it is read for good."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from govnews_spider.article import Rejected
from govnews_spider.extensions.run_report import RunReport
from govnews_spider.sina.roll import PAGE_SIZE, RefusedRow, RollPage, Row
from govnews_spider.sina.sections import Section

_NEIGHBOURS = 5
"""Rows at the end of a page that are asked how far back it goes."""


@dataclass(slots=True)
class ListScan:
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
    """How far back it was read."""
    total: int = 0
    """The most rows that the list has said to have."""
    failed: list[datetime] = field(default_factory=list)
    """When articles were made that failed, or where in the list they stood."""
    broken: bool = False
    """Whether a page failed, or rows moved up while it was read: nothing is known to be read."""
    ended: bool = False
    to_end: bool = False
    """Whether the list itself ended; else it was read as far as was needed or asked for."""

    def turn(self, answer: RollPage, page: int) -> datetime | None:
        """One more page was read. Returns how far back it goes: a list is in the order of time, but for rows with a wrong one."""
        last = [row.ctime for row in answer.rows if row.ctime is not None][-_NEIGHBOURS:]
        floor = _floor(last) if last else None
        if floor is not None:
            self.reached = min(floor, self.reached or floor)
        past = [row.ctime for row in answer.rows if row.ctime is not None and row.ctime <= self.began]
        self.newest = max([*past, *filter(None, (self.newest,))], default=None)
        if answer.total is not None and answer.total >= (page - 1) * PAGE_SIZE + len(answer.rows):
            # Fewer than before: a row was taken out, and another has moved up, unseen.
            self.broken = self.broken or answer.total < self.total
            self.total = max(self.total, answer.total)
        return floor

    def check(self, answer: RollPage, page: int, url: str, *, asked_before: bool) -> None:
        """Raises ``Rejected`` for a page that has nothing new although the list has said that there is more (``list_short``), and for a
        day without rows (``day_empty``) that was not asked for twice.
        """
        if answer.keys <= self.keys and (page - 1) * PAGE_SIZE < self.total:
            raise Rejected("list_short", f"{url}: nothing new, but the list has said to have {self.total:,} rows")
        if self.day is not None and not answer.keys and not self.keys and not asked_before:
            raise Rejected("day_empty", f"{url}: the day has no rows; it is asked once more before that is believed")


class ListReader:
    """Accounts for each article once, by the list that names it first, whatever lists and pages name it again."""

    def __init__(self, report: RunReport, max_pages: int | None, revisit: timedelta | None) -> None:
        self._report = report
        self._max_pages = max_pages
        self._revisit_since = report.run.started - revisit if revisit is not None else None
        self._met = SeenKeys()
        self._parts: dict[tuple[str, date | None], ListScan] = {}
        self._waiting: dict[str, list[tuple[ListScan, datetime | None, datetime | None]]] = defaultdict(list)
        """Address of each article that is being fetched → the parts that name it, when it was made, how far back their page goes."""
        report.on_settled = self._settled

    def part(self, section: Section, day: date | None) -> ListScan:
        """What is being read of that list, from now on where it is not yet."""
        key = (section.name, day)
        if key not in self._parts:
            ledger = self._report.ledger
            bound = ledger.coverage.bound(self._name(section)) if ledger is not None and day is None else None
            self._parts[key] = ListScan(section, day, datetime.now(UTC), bound)
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

    def turn(self, answer: RollPage, part: ListScan, page: int, url: str) -> tuple[list[Row], bool]:
        """Takes in one page, which came from ``url``: its rows to fetch, and whether to ask for the next page.

        A page without a row that is new to this list is its end: some answer every page after the last one with the
        last one. So is, newest first, a page of nothing but known rows that lies behind all that was not read before.
        """
        self._report.account(part.section.name).pages += 1
        for refused in answer.refused:
            self._refuse(refused, url, part.section)
        floor = part.turn(answer, page)
        fetched = [row for row in answer.rows if self._is_new(row, part, floor)]
        part.to_end = answer.keys <= part.keys or 0 < part.total <= page * PAGE_SIZE
        part.keys |= answer.keys
        known = part.day is None and bool(answer.rows) and all(self._met[row.key] is None for row in answer.rows)
        part.ended = part.to_end or (known and self._is_behind(part)) or page == self._max_pages
        run = self._report.run
        if part.ended and run.days:
            run.days_read += 1
            run.expected = round(run.seen * run.days / run.days_read)
        self._close(part)
        return fetched, not part.ended

    def broke(self, section: Section, day: date | None) -> None:
        """A page of the part could not be read."""
        self.part(section, day).broken = True

    def _is_new(self, row: Row, part: ListScan, floor: datetime | None) -> bool:
        run, account = self._report.run, self._report.account(part.section.name)
        account.row(row.ctime)
        if row.key in self._met or row.url in self._waiting:
            run.repeats += 1
            if row.key not in self._met:
                self._met[row.key] = row.url
            address = self._met[row.key] or row.url
            if address in self._waiting:
                self._wait(address, row, part, floor)
            elif address in run.failed:
                self._fail(part, row.ctime, floor)
            return False
        run.seen += 1
        known = self._is_known(row)
        if known and not self._is_young(row):
            self._met[row.key] = None
            self._report.count(account, "unchanged")
            return False
        self._met[row.key] = row.url if not known else None
        self._report.owners[row.url] = account
        self._wait(row.url, row, part, floor)
        return True

    def _wait(self, address: str, row: Row, part: ListScan, floor: datetime | None) -> None:
        part.pending += 1
        self._waiting[address].append((part, row.ctime, floor))

    def _fail(self, part: ListScan, made: datetime | None, floor: datetime | None) -> None:
        """An article of the part has failed, which was made at that time and stood on a page that goes back so far."""
        times = [moment for moment in (made, floor) if moment is not None]
        if times:
            part.failed.append(min(times))
        else:
            part.broken = True

    def _refuse(self, refused: RefusedRow, url: str, section: Section) -> None:
        if refused.key in self._met:
            self._report.run.repeats += 1
            return
        self._met[refused.key] = None
        self._report.run.seen += 1
        self._report.owners[url] = self._report.account(section.name)
        self._report.refuse(refused, url=None, origin=url)

    def _settled(self, address: str, outcome: str) -> None:
        for part, made, floor in self._waiting.pop(address, ()):
            part.pending -= 1
            if outcome == "failed":
                self._fail(part, made, floor)
            self._close(part)

    def _close(self, part: ListScan) -> None:
        """Remembers what was read for good, once nothing of it is being fetched any more."""
        if not part.ended or part.pending:
            return
        self._parts.pop((part.section.name, part.day), None)
        ledger = self._report.ledger
        if ledger is None or part.broken:
            return
        if part.day is not None:
            if part.to_end and not part.failed:
                ledger.coverage.read_day(self._name(part.section), part.day, part.began)
        elif part.newest is not None and part.reached is not None:
            until = min(part.newest, part.began)
            if until >= part.reached:
                name = self._name(part.section)
                is_new = ledger.coverage.read(name, part.reached, until, to_end=part.to_end, failed=part.failed)
                account = self._report.account(part.section.name)
                account.reached = part.reached
                account.new_gap = is_new and self._max_pages is None

    def _is_behind(self, part: ListScan) -> bool:
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


def _floor(last: list[datetime]) -> datetime:
    """The last of these times, but the one before where it falls out of line."""
    *before, end = last
    if len(before) < 2:
        return end
    spread = max(before) - min(before)
    return end if min(before) - end <= max(timedelta(days=1), 4 * spread) else min(before)


class SeenKeys:
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
