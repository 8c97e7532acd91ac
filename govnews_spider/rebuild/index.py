"""What the archives have: the pages to read, and what the lists said of each, where it was sent on to, and how it goes on."""

from __future__ import annotations

import json
from collections import OrderedDict
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

_HELD: Final = 8
"""Archives that are held open."""
_SAME: Final = """
    SELECT archive, name, offset FROM answers WHERE digest = :digest AND NOT is_revisit
    ORDER BY canonical = :canonical DESC, at <= :at DESC, at DESC LIMIT 10
"""
_ROWS: Final = (
    "SELECT lid, told FROM rows WHERE url = :url AND run = :run AND at <= :at ORDER BY at, archive, offset LIMIT 1",
    "SELECT lid, told FROM rows WHERE url = :url AND at <= :at ORDER BY at DESC, archive DESC, offset DESC LIMIT 100",
    "SELECT lid, told FROM rows WHERE url = :url AND at > :at ORDER BY at, archive, offset LIMIT 100",
)
"""What lists said of an article: in the same run, before, and later."""
_AFTER: Final = """
    SELECT url, canonical, at, digest, is_revisit, name, offset, archive, run FROM answers
    WHERE canonical = :address AND run = :run AND (archive, offset) > (:archive, :offset) AND status BETWEEN 200 AND 299
    ORDER BY archive, offset
"""
_LEADS: Final = """
    SELECT target FROM answers WHERE canonical = :address AND run = :run AND (archive, offset) > (:archive, :offset)
    AND target IS NOT NULL ORDER BY archive, offset LIMIT 1
"""
_NEAREST: Final = """
    SELECT url, canonical, at, digest, is_revisit, name, offset, archive, run FROM answers
    WHERE canonical = :address AND status BETWEEN 200 AND 299
    ORDER BY at < :at, iif(at < :at, -1, 1) * CAST(at AS INTEGER), archive, offset LIMIT 10
"""
"""The first since then, else the last before."""
_LED: Final = (
    "SELECT canonical FROM answers WHERE target = :address AND run = :run AND at <= :at ORDER BY at DESC LIMIT 1",
    "SELECT canonical FROM answers WHERE target = :address ORDER BY run DESC, at DESC LIMIT 1",
)
_BEFORE: Final = "SELECT archive, name, offset FROM answers WHERE canonical = :canonical AND at <= :at AND NOT is_revisit ORDER BY at DESC"
HOPS: Final = 5
"""Redirects that a crawl follows."""


class Page(NamedTuple):
    """An answer that may be the first page of an article."""

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
    def place(self) -> RecordLocation:
        """Where it stands."""
        return RecordLocation(self.name, self.offset)


class _Run(NamedTuple):
    """A run whose archives these are; of archives of others, the file."""

    spider: str
    sections: str
    """Names, separated by commas; both are "" where the archive does not tell."""

    @property
    def asked(self) -> tuple[Section, ...]:
        """The sections that the run was asked for."""
        return tuple(SECTIONS[name] for name in self.sections.split(",") if name in SECTIONS) or DEFAULT


class Context(NamedTuple):
    """What a list said of an article, and the section that it counts for."""

    row: Row
    section: Section


class Index:
    """The index of all archives, for reading."""

    def __init__(self, path: Path) -> None:
        self._db = open_readonly(path)
        self._paths = {number: Path(name) for number, name in self._db.execute("SELECT number, path FROM archives")}
        self._runs = {run: _Run(*told) for run, *told in self._db.execute("SELECT run, spider, sections FROM runs")}
        self._open: OrderedDict[int, OpenArchive] = OrderedDict()

    def pages(self, begin: int, end: int) -> Iterator[Page]:
        """The pages of these numbers."""
        for row in self._db.execute(
            "SELECT * FROM pages WHERE number >= ? AND number < ? ORDER BY number", (begin, end)
        ):
            yield Page(*row)

    def damage(self) -> list[tuple[str, str, str]]:
        """The places of the archives that cannot be read, the slug of each, and why."""
        return self._db.execute("SELECT place, slug, why FROM damage ORDER BY rowid").fetchall()

    def spider(self, page: Page) -> str:
        """The spider that fetched it; "" where the archive does not tell."""
        return self._runs[page.run].spider

    def read(self, page: Page) -> ArchivedPage | None:
        """The page, with the body of an earlier answer where it refers to that; None for what is none.

        Raises :class:`Rejected`: ``damaged_archive``, ``unreadable_archive``, or ``not_archived`` for a page whose body lies elsewhere.
        """
        told = self._answer(page.archive, page.place)
        kind = header(told.headers, "content-type")
        if not page.is_listed and media_type(told.headers) not in HTML:
            return None
        if page.is_revisit:
            told = told._replace(body=self._body(page))
        return ArchivedPage(page.place, told, kind)

    def _body(self, page: Page) -> bytes:
        for archive, name, offset in self._db.execute(_SAME if page.digest else _BEFORE, page._asdict()):
            with suppress(Rejected):
                return self._answer(archive, RecordLocation(name, offset)).body
        raise Rejected(
            "not_archived",
            f"{page.place}: it refers to an earlier answer, which is in none of these archives; give that one as well",
        )

    def follow(self, url: str, page: Page) -> ArchivedPage | None:
        """The further page that a crawl got after ``page``: the first whole answer in the same run, redirects followed.

        A run of ours that has none has not stored the article; in archives of others it may be in any, the nearest one counts.
        """
        address = canonical(url)
        for _ in range(HOPS + 1):
            if (found := self._whole(_AFTER, address, page)) is not None:
                return found
            target = self._db.execute(_LEADS, page._asdict() | {"address": address}).fetchone()
            if target is None:
                break
            address = target[0]
        return None if self.spider(page) else self._whole(_NEAREST, address, page)

    def _whole(self, query: str, address: str, page: Page) -> ArchivedPage | None:
        """The first of the answers that is whole."""
        for row in self._db.execute(query, page._asdict() | {"address": address}).fetchall():
            with suppress(Rejected):
                found = self.read(Page._make((0, *row, True)))
                if found is not None:
                    check_complete(found.response.body, found.response.url)
                    return found
        return None

    def context(self, page: Page) -> Context | None:
        """What the first list of the same run said that named the article; else, of a list that the run was asked for, the last one before.

        A list that had not changed is not kept again, but its rows are those of an earlier run. None where no list named it.
        """
        addresses = [page.canonical]
        while len(addresses) <= HOPS and (source := self._source(addresses[-1], page)) not in (None, *addresses):
            addresses.append(str(source))
        asked = self._runs[page.run].asked
        for query in _ROWS:
            for address in addresses:
                rows = self._db.execute(query, {"url": address, "run": page.run, "at": page.at}).fetchall()
                if rows:
                    named = [(find(lid), told) for lid, told in rows]
                    section, told = next((one for one in named if one[0] in asked), named[0])
                    return Context(_row(told), home(_row(told), section, asked if section in asked else (section,)))
        return None

    def _source(self, address: str, page: Page) -> str | None:
        """The address that led to this one: in the same run, else the last that did."""
        for query in _LED:
            found = self._db.execute(query, {"address": address, "run": page.run, "at": page.at}).fetchone()
            if found is not None:
                return str(found[0])
        return None

    def _answer(self, archive: int, place: RecordLocation) -> HttpResponse:
        try:
            found = self._opened(archive).record_at(place)
        except (OSError, BadZipFile) as error:
            raise Rejected(
                "unreadable_archive", f"{place}: {error}; put the file back, and rebuild once more"
            ) from error
        told = answer_of(found, unpacked=True)
        if told is None:
            raise Rejected(
                "damaged_archive",
                f"{place}: {found.why if isinstance(found, Damage) else 'it holds no answer of HTTP'}",
            )
        return told

    def _opened(self, archive: int) -> OpenArchive:
        if archive not in self._open:
            self._open[archive] = OpenArchive(self._paths[archive])
            if len(self._open) > _HELD:
                self._open.popitem(last=False)[1].close()
        self._open.move_to_end(archive)
        return self._open[archive]

    def close(self) -> None:
        """Gives back what it holds."""
        for archive in self._open.values():
            archive.close()
        self._db.close()


def _row(line: str) -> Row:
    told = json.loads(line)
    made = told["ctime"]
    return Row(
        **told
        | {"ctime": datetime.fromisoformat(made).astimezone(UTC) if made else None, "lids": frozenset(told["lids"])}
    )
