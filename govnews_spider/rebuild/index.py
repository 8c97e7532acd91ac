"""Index of all archives: the pages to read, the list rows and redirects that lead to each, and its further pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple
from zipfile import BadZipFile

from govnews_spider.archive.exchange import RecordLocation, header, media_type
from govnews_spider.archive.lookup import answer_of
from govnews_spider.archive.pages import HTML, ArchivedPage
from govnews_spider.archive.reader import Damage, HttpResponse, OpenArchive
from govnews_spider.article import Rejected
from govnews_spider.core.extract.truncation import check_complete
from govnews_spider.rebuild.work_items import open_readonly
from govnews_spider.sina.roll import Row, home
from govnews_spider.sina.sections import DEFAULT, SECTIONS, Section, find
from govnews_spider.sina.urls import canonical
from govnews_spider.storage.lru import LruCache

_OPEN_ARCHIVES: Final = 8
_SAME_DIGEST: Final = """
    SELECT archive, name, offset FROM answers WHERE digest = :digest AND NOT is_revisit
    ORDER BY canonical = :canonical DESC, at <= :at DESC, at DESC LIMIT 10
"""
_ROWS: Final = (
    "SELECT lid, row FROM rows WHERE url = :url AND run = :run AND at <= :at ORDER BY at, archive, offset LIMIT 1",
    "SELECT lid, row FROM rows WHERE url = :url AND at <= :at ORDER BY at DESC, archive DESC, offset DESC LIMIT 100",
    "SELECT lid, row FROM rows WHERE url = :url AND at > :at ORDER BY at, archive, offset LIMIT 100",
)
"""List rows of an article: in the same run, before, and later."""
_AFTER: Final = """
    SELECT url, canonical, at, digest, is_revisit, name, offset, archive, run FROM answers
    WHERE canonical = :address AND run = :run AND (archive, offset) > (:archive, :offset) AND status BETWEEN 200 AND 299
    ORDER BY archive, offset
"""
_TARGET: Final = """
    SELECT target FROM answers WHERE canonical = :address AND run = :run AND (archive, offset) > (:archive, :offset)
    AND target IS NOT NULL ORDER BY archive, offset LIMIT 1
"""
_NEAREST: Final = """
    SELECT url, canonical, at, digest, is_revisit, name, offset, archive, run FROM answers
    WHERE canonical = :address AND status BETWEEN 200 AND 299
    ORDER BY at < :at, iif(at < :at, -1, 1) * CAST(at AS INTEGER), archive, offset LIMIT 10
"""
"""Answers since then, then those before, the nearest first."""
_SOURCES: Final = (
    "SELECT canonical FROM answers WHERE target = :address AND run = :run AND at <= :at ORDER BY at DESC LIMIT 1",
    "SELECT canonical FROM answers WHERE target = :address ORDER BY run DESC, at DESC LIMIT 1",
)
_EARLIER: Final = "SELECT archive, name, offset FROM answers WHERE canonical = :canonical AND at <= :at AND NOT is_revisit ORDER BY at DESC"
HOPS: Final = 5
"""Redirects that a crawl follows."""


class Page(NamedTuple):
    """Answer that may be the first page of an article."""

    number: int
    url: str
    canonical: str
    at: str
    digest: str
    is_revisit: bool
    name: str
    offset: int
    archive: int
    run: int
    is_listed: bool

    @property
    def location(self) -> RecordLocation:
        """Location of its record."""
        return RecordLocation(self.name, self.offset)


class _Run(NamedTuple):
    """Run that wrote an archive; for an archive of others, the file."""

    spider: str
    sections: str
    """Names, separated by commas; both are "" where the archive does not name them."""

    @property
    def requested(self) -> tuple[Section, ...]:
        """Sections that the run was asked for."""
        return tuple(SECTIONS[name] for name in self.sections.split(",") if name in SECTIONS) or DEFAULT


class Context(NamedTuple):
    """List row of an article, and the section that the article counts for."""

    row: Row
    section: Section


class Index:
    """Index of all archives, for reading."""

    def __init__(self, path: Path) -> None:
        self._db = open_readonly(path)
        self._paths = {number: Path(name) for number, name in self._db.execute("SELECT number, path FROM archives")}
        self._runs = {run: _Run(*fields) for run, *fields in self._db.execute("SELECT run, spider, sections FROM runs")}
        self._archives: LruCache[int, OpenArchive] = LruCache(_OPEN_ARCHIVES, OpenArchive.close)

    def pages(self, begin: int, end: int) -> Iterator[Page]:
        """Pages from number ``begin`` below ``end``."""
        sql = "SELECT * FROM pages WHERE number >= ? AND number < ? ORDER BY number"
        yield from map(Page._make, self._db.execute(sql, (begin, end)))

    def damage(self) -> list[tuple[str, str, str]]:
        """Locations that cannot be read, with slug and reason."""
        return self._db.execute("SELECT location, slug, reason FROM damage ORDER BY rowid").fetchall()

    def spider(self, page: Page) -> str:
        """Spider that fetched the page; "" where the archive does not name it."""
        return self._runs[page.run].spider

    def read(self, page: Page) -> ArchivedPage | None:
        """The page, with the body of an earlier answer where it refers to that; None for an answer that is no page.

        Raises :class:`Rejected`: ``damaged_archive``, ``unreadable_archive``, or ``not_archived`` for a page whose body lies elsewhere.
        """
        response = self._response(page.archive, page.location)
        if not page.is_listed and media_type(response.headers) not in HTML:
            return None
        if page.is_revisit:
            response = response._replace(body=self._body(page))
        return ArchivedPage(page.location, response, header(response.headers, "content-type"))

    def _body(self, page: Page) -> bytes:
        for archive, name, offset in self._db.execute(_SAME_DIGEST if page.digest else _EARLIER, page._asdict()):
            with suppress(Rejected):
                return self._response(archive, RecordLocation(name, offset)).body
        detail = "it refers to an earlier answer, which is in none of these archives; give that one as well"
        raise Rejected("not_archived", f"{page.location}: {detail}")

    def follow(self, url: str, page: Page) -> ArchivedPage | None:
        """The further page that a crawl got after ``page``: the first complete answer in the same run, redirects followed.

        None where a run of this package has none: the crawl did not store the article either. In archives of others any run counts, the
        nearest answer first.
        """
        address = canonical(url)
        for _ in range(HOPS + 1):
            if (further := self._complete_page(_AFTER, address, page)) is not None:
                return further
            row = self._db.execute(_TARGET, page._asdict() | {"address": address}).fetchone()
            if row is None:
                break
            address = row[0]
        return None if self.spider(page) else self._complete_page(_NEAREST, address, page)

    def _complete_page(self, query: str, address: str, page: Page) -> ArchivedPage | None:
        """The first of the answers that is complete."""
        for row in self._db.execute(query, page._asdict() | {"address": address}).fetchall():
            with suppress(Rejected):
                further = self.read(Page._make((0, *row, True)))
                if further is not None:
                    check_complete(further.response.body, further.response.url)
                    return further
        return None

    def context(self, page: Page) -> Context | None:
        """The first list row of the same run that names the article; else the last one before, of a list that the run was asked for.

        A list that had not changed is not archived again, but its rows are those of an earlier run. None where no list names it.
        """
        addresses = [page.canonical]
        while len(addresses) <= HOPS and (source := self._source(addresses[-1], page)) not in (None, *addresses):
            addresses.append(str(source))
        requested = self._runs[page.run].requested
        for query in _ROWS:
            for address in addresses:
                rows = self._db.execute(query, {"url": address, "run": page.run, "at": page.at}).fetchall()
                if rows:
                    candidates = [(find(lid), line) for lid, line in rows]
                    chosen = (candidate for candidate in candidates if candidate[0] in requested)
                    section, line = next(chosen, candidates[0])
                    row = _row(line)
                    return Context(row, home(row, section, requested if section in requested else (section,)))
        return None

    def _source(self, address: str, page: Page) -> str | None:
        """The address that redirected to this one: in the same run, else the last that did."""
        for query in _SOURCES:
            row = self._db.execute(query, {"address": address, "run": page.run, "at": page.at}).fetchone()
            if row is not None:
                return str(row[0])
        return None

    def _response(self, archive: int, location: RecordLocation) -> HttpResponse:
        try:
            record = self._archives.get(archive, lambda: OpenArchive(self._paths[archive])).record_at(location)
        except (OSError, BadZipFile) as error:
            detail = f"{location}: {error}; put the file back, and rebuild once more"
            raise Rejected("unreadable_archive", detail) from error
        response = answer_of(record, unpacked=True)
        if response is None:
            reason = record.why if isinstance(record, Damage) else "it holds no answer of HTTP"
            raise Rejected("damaged_archive", f"{location}: {reason}")
        return response

    def close(self) -> None:
        """Closes the index and the archives."""
        self._archives.clear()
        self._db.close()


def _row(line: str) -> Row:
    fields = json.loads(line)
    ctime = datetime.fromisoformat(fields["ctime"]).astimezone(UTC) if fields["ctime"] else None
    return Row(**fields | {"ctime": ctime, "lids": frozenset(fields["lids"])})
