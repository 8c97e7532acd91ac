"""Reading of the lists: the rows to fetch, the end of each list, and the coverage that the run adds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from govnews_spider.article import Rejected
from govnews_spider.extensions.run_report import RunReport
from govnews_spider.ledger.captured import ListedRow
from govnews_spider.sina.roll import PAGE_SIZE, RefusedRow, RollPage, Row
from govnews_spider.sina.sections import Section
from govnews_spider.storage.scratch import scratch_database

_NEIGHBOURS = 5
"""Rows at the end of a page that tell how far back it goes."""


@dataclass(slots=True)
class ListScan:
    """Scan of one list without a break: of its newest rows, or of one day of its archive (``day``)."""

    section: Section
    day: date | None
    began: datetime
    read_back_to: datetime | None = None
    """Time back to which its newest rows are to be read; None: to the end."""
    keys: set[str] = field(default_factory=set)
    pending: int = 0
    """Articles that are being fetched."""
    newest: datetime | None = None
    oldest: datetime | None = None
    """Time back to which it was read."""
    total: int = 0
    """The largest number of rows that the list has claimed to have."""
    failed: list[datetime] = field(default_factory=list)
    """When articles were made that failed, or where in the list they stood."""
    broken: bool = False
    """Whether a page failed, or rows moved up while it was read: then it covers nothing."""
    ended: bool = False
    to_end: bool = False
    """Whether the list itself ended; else it was read as far as was needed or asked for."""

    def add_page(self, answer: RollPage, page: int) -> datetime | None:
        """Takes one more page in; returns its oldest time: a list is ordered by time, except for rows with a wrong one."""
        last = [row.ctime for row in answer.rows if row.ctime is not None][-_NEIGHBOURS:]
        oldest = _oldest(last) if last else None
        if oldest is not None:
            self.oldest = min(oldest, self.oldest or oldest)
        past = [row.ctime for row in answer.rows if row.ctime is not None and row.ctime <= self.began]
        self.newest = max([*past, *filter(None, (self.newest,))], default=None)
        if answer.total is not None and answer.total >= (page - 1) * PAGE_SIZE + len(answer.rows):
            # A total that shrinks: a row was withdrawn, and another one moved up to a page that was read already.
            self.broken = self.broken or answer.total < self.total
            self.total = max(self.total, answer.total)
        return oldest

    def check(self, answer: RollPage, page: int, url: str, *, asked_before: bool) -> None:
        """Raises ``Rejected`` for a page that has nothing new although the list claims more rows (``list_short``), and for a
        day without rows (``day_empty``) that was not asked for twice.
        """
        if answer.keys <= self.keys and (page - 1) * PAGE_SIZE < self.total:
            raise Rejected("list_short", f"{url}: nothing new, but the list has said to have {self.total:,} rows")
        if self.day is not None and not answer.keys and not self.keys and not asked_before:
            raise Rejected("day_empty", f"{url}: the day has no rows; it is asked once more before that is believed")


class _Fetch(NamedTuple):
    """Row of an article that is being fetched, the scan that met it, and the oldest time of its page."""

    scan: ListScan
    row: Row
    page_oldest: datetime | None


class ListReader:
    """Reads the lists; each article is counted once, for the list that names it first, whatever lists and pages name it again."""

    def __init__(self, report: RunReport, max_pages: int | None, revisit: timedelta | None) -> None:
        self._report = report
        self._max_pages = max_pages
        self._revisit_since = report.run.started - revisit if revisit is not None else None
        self._seen = SeenKeys()
        self._scans: dict[tuple[str, date | None], ListScan] = {}
        self._fetches: dict[str, list[_Fetch]] = defaultdict(list)
        """Address of each article that is being fetched → the rows that name it, the first one first."""

    def scan(self, section: Section, day: date | None) -> ListScan:
        """The scan of that list, begun where there is none yet."""
        key = (section.name, day)
        if key not in self._scans:
            ledger = self._report.ledger
            bound = ledger.coverage.bound(self._name(section)) if ledger is not None and day is None else None
            self._scans[key] = ListScan(section, day, datetime.now(UTC), bound)
        return self._scans[key]

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

    def on_page(self, answer: RollPage, scan: ListScan, page: int, url: str) -> tuple[list[Row], bool]:
        """Takes in one page, which came from ``url``; returns its rows to fetch, and whether to ask for the next page.

        A page without a row that is new to this list is its end: some answer every page after the last one with the
        last one. So is, newest first, a page of known rows only that lies behind all that was not read before.
        """
        self._report.stats_of_list(scan.section.name).pages += 1
        for refused in answer.refused:
            self._reject(refused, url, scan.section)
        oldest = scan.add_page(answer, page)
        new_rows = [row for row in answer.rows if self._is_new(row, scan, oldest)]
        scan.to_end = answer.keys <= scan.keys or 0 < scan.total <= page * PAGE_SIZE
        scan.keys |= answer.keys
        is_known = scan.day is None and bool(answer.rows) and all(self._seen[row.key] is None for row in answer.rows)
        scan.ended = scan.to_end or (is_known and self._is_behind(scan)) or page == self._max_pages
        run = self._report.run
        if scan.ended and run.days:
            run.days_read += 1
            run.expected = round(run.seen * run.days / run.days_read)
        self._close(scan)
        return new_rows, not scan.ended

    def page_failed(self, section: Section, day: date | None) -> None:
        """Notes that a page of the scan could not be read."""
        self.scan(section, day).broken = True

    def rows_of(self, address: str) -> tuple[ListedRow, ...]:
        """The rows that have named an article which is being fetched."""
        return tuple(ListedRow(fetch.scan.section.name, fetch.row) for fetch in self._fetches.get(address, ()))

    def article_done(self, origin: str, outcome: str) -> None:
        """Ends the fetching of an article: its scans cover it, or come back to it where it failed."""
        for scan, row, page_oldest in self._fetches.pop(origin, ()):
            scan.pending -= 1
            if outcome == "failed":
                self._fail(scan, row.ctime, page_oldest)
            self._close(scan)

    def _is_new(self, row: Row, scan: ListScan, page_oldest: datetime | None) -> bool:
        run, stats = self._report.run, self._report.stats_of_list(scan.section.name)
        stats.row(row.ctime)
        if row.key in self._seen or row.url in self._fetches:
            run.repeats += 1
            if row.key not in self._seen:
                self._seen[row.key] = row.url
            address = self._seen[row.key] or row.url
            if address in self._fetches:
                self._fetch(address, row, scan, page_oldest)
            elif address in run.failed_addresses:
                self._fail(scan, row.ctime, page_oldest)
            return False
        run.seen += 1
        is_known = self._is_known(row)
        if is_known and not self._is_young(row):
            self._seen[row.key] = None
            self._report.count("unchanged", stats)
            return False
        self._seen[row.key] = row.url if not is_known else None
        self._fetch(row.url, row, scan, page_oldest)
        return True

    def _fetch(self, address: str, row: Row, scan: ListScan, page_oldest: datetime | None) -> None:
        scan.pending += 1
        self._fetches[address].append(_Fetch(scan, row, page_oldest))

    def _fail(self, scan: ListScan, made: datetime | None, page_oldest: datetime | None) -> None:
        """Notes that an article has failed which was made at that time, and stood on a page of that oldest time."""
        times = [moment for moment in (made, page_oldest) if moment is not None]
        if times:
            scan.failed.append(min(times))
        else:
            scan.broken = True

    def _reject(self, refused: RefusedRow, url: str, section: Section) -> None:
        if refused.key in self._seen:
            self._report.run.repeats += 1
            return
        self._seen[refused.key] = None
        self._report.run.seen += 1
        self._report.reject(refused, url=None, origin=url, list_name=section.name)

    def _close(self, scan: ListScan) -> None:
        """Notes the coverage of a scan once nothing of it is being fetched any more."""
        if not scan.ended or scan.pending:
            return
        self._scans.pop((scan.section.name, scan.day), None)
        ledger = self._report.ledger
        if ledger is None or scan.broken:
            return
        if scan.day is not None:
            if scan.to_end and not scan.failed:
                ledger.coverage.read_day(self._name(scan.section), scan.day, scan.began)
        elif scan.newest is not None and scan.oldest is not None:
            until = min(scan.newest, scan.began)
            if until >= scan.oldest:
                name = self._name(scan.section)
                is_new = ledger.coverage.read(name, scan.oldest, until, to_end=scan.to_end, failed=scan.failed)
                stats = self._report.stats_of_list(scan.section.name)
                stats.reached = scan.oldest
                stats.new_gap = is_new and self._max_pages is None

    def _is_behind(self, scan: ListScan) -> bool:
        """Whether the scan was read back to what earlier runs have read, and to what is to be looked at again."""
        if scan.read_back_to is None or scan.oldest is None or scan.oldest > scan.read_back_to:
            return False
        return self._revisit_since is None or scan.oldest < self._revisit_since

    def _is_known(self, row: Row) -> bool:
        ledger = self._report.ledger
        if ledger is None:
            return False
        is_stored = ledger.has_url(row.url) or (row.docid is not None and ledger.has_article(f"sina:{row.docid}"))
        return is_stored or self._report.is_skipped(row.url)

    def _is_young(self, row: Row) -> bool:
        return self._revisit_since is not None and row.ctime is not None and row.ctime >= self._revisit_since

    def _name(self, section: Section) -> str:
        return self._report.scopes.list_name(section.name)


def _oldest(last: list[datetime]) -> datetime:
    """The last of these times, but the one before where it falls out of line."""
    *before, end = last
    if len(before) < 2:
        return end
    spread = max(before) - min(before)
    return end if min(before) - end <= max(timedelta(days=1), 4 * spread) else min(before)


class SeenKeys:
    """Key of each row that was met → the address of an article that was not known, else None; on disk, for a backfill meets millions."""

    def __init__(self) -> None:
        self._db = scratch_database("CREATE TABLE seen (key TEXT PRIMARY KEY, address TEXT) WITHOUT ROWID")

    def __contains__(self, key: str) -> bool:
        return self._db.execute("SELECT 1 FROM seen WHERE key = ?", (key,)).fetchone() is not None

    def __getitem__(self, key: str) -> str | None:
        address: str | None = self._db.execute("SELECT address FROM seen WHERE key = ?", (key,)).fetchone()[0]
        return address

    def __setitem__(self, key: str, address: str | None) -> None:
        self._db.execute("INSERT INTO seen VALUES (?, ?)", (key, address))
