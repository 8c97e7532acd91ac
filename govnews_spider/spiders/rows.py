"""The rows that a run meets in the lists: which of them to fetch, and where a list ends."""

from __future__ import annotations

from datetime import date

from govnews_spider.extensions import RunReport
from govnews_spider.sina.roll import PAGE_SIZE, RefusedRow, RollPage, Row
from govnews_spider.sina.sections import Section


class Rows:
    """Accounts for each article once, by the list that names it first, whatever lists and pages name it again."""

    def __init__(self, report: RunReport, max_pages: int | None) -> None:
        self._report = report
        self._max_pages = max_pages
        self._address: dict[str, str | None] = {}
        """Key of each row met → the address that its article is fetched by; None where it is not fetched."""
        self._met: dict[tuple[str, date | None], set[str]] = {}
        """List and day → the keys of its rows."""

    def begin(self, section: Section) -> None:
        """The list is about to be read, newest first; from now on it has a gap until it is read to its end."""
        account = self._report.account(section.name)
        if self._report.ledger is not None:
            name = self._report.scopes.list_name(section.name)
            account.whole_before = self._report.ledger.complete(name)
            self._report.ledger.begin(name)

    def is_new(self, row: Row, section: Section) -> bool:
        """Whether the row's article is to be fetched."""
        run, account = self._report.run, self._report.account(section.name)
        account.row(row.ctime)
        first = row.key not in self._address
        if first:
            run.seen += 1
            self._address[row.key] = None if self._is_known(row) else row.url
            run.outcomes["unchanged"] += self._address[row.key] is None
        else:
            run.repeats += 1
        address = self._address[row.key]
        if address is not None:
            account.wanted.add(address)
        return first and address is not None

    def refuse(self, refused: RefusedRow, url: str) -> None:
        """Accounts for a row that names no article; ``url`` is the address of the list's page."""
        if refused.key in self._address:
            self._report.run.repeats += 1
            return
        self._address[refused.key] = None
        self._report.run.seen += 1
        self._report.refuse(refused, url=None, origin=url)

    def goes_on(self, answer: RollPage, section: Section, page: int, day: date | None) -> bool:
        """Whether to ask for the next page, after all rows of this one were met.

        A page without a row that is new to this list is its end: some answer every page after the last one with the
        last one. So is, newest first, a page of nothing but known rows, where the list had no gap before this run.
        """
        met = self._met.setdefault((section.name, day), set())
        keys = {row.key for row in answer.rows} | {refused.key for refused in answer.refused}
        ended = keys <= met or (answer.total is not None and page * PAGE_SIZE >= answer.total)
        met |= keys
        if day is None:
            account = self._report.account(section.name)
            known = bool(answer.rows) and all(self._address[row.key] is None for row in answer.rows)
            ended = account.ended = ended or (known and account.whole_before)
        return not ended and page != self._max_pages

    def _is_known(self, row: Row) -> bool:
        ledger = self._report.ledger
        if ledger is None:
            return False
        known = ledger.known_url(row.url) or (row.docid is not None and ledger.known(f"sina:{row.docid}"))
        return known or self._report.refused(row.url)
