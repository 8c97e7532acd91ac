"""What the archives have: the pages to read, and what the lists said of each, where it was sent on to, and how it goes on."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, Self
from urllib.parse import parse_qs, urljoin, urlsplit
from zipfile import BadZipFile

from govnews_spider.archive.answers import answer_at, answer_of, listed, listed_of
from govnews_spider.archive.exchanges import Place, header, media_type
from govnews_spider.archive.index import Listed
from govnews_spider.archive.pages import HOST, HTML, ArchivedPage
from govnews_spider.archive.reading import Answer, Damage, OpenArchive, Record, records
from govnews_spider.article import Rejected
from govnews_spider.core.whole import check_whole
from govnews_spider.rebuild.work import opened, table_file
from govnews_spider.sina.pager import page_number
from govnews_spider.sina.roll import API, Row, home, read_rows
from govnews_spider.sina.sections import DEFAULT, SECTIONS, Section, find
from govnews_spider.sina.urls import canonical, is_sina

_ANSWERS: Final = """
    CREATE TABLE runs (run INTEGER PRIMARY KEY, name TEXT, spider TEXT, sections TEXT);
    CREATE TABLE answers (
        url TEXT, canonical TEXT, at TEXT, status INTEGER, digest TEXT, is_revisit INTEGER, name TEXT, offset INTEGER, target TEXT,
        is_page INTEGER, run INTEGER
    );
    CREATE TABLE rows (url TEXT, at TEXT, offset INTEGER, lid TEXT, told TEXT, run INTEGER);
    CREATE TABLE damage (place TEXT, why TEXT, is_whole INTEGER);
"""
_INDEX: Final = """
    CREATE TABLE archives (number INTEGER PRIMARY KEY, path TEXT);
    CREATE TABLE runs (run INTEGER PRIMARY KEY, name TEXT UNIQUE, spider TEXT, sections TEXT);
    CREATE TABLE answers (
        url TEXT, canonical TEXT, at TEXT, status INTEGER, digest TEXT, is_revisit INTEGER, name TEXT, offset INTEGER, target TEXT,
        is_page INTEGER, run INTEGER, archive INTEGER
    );
    CREATE TABLE rows (url TEXT, run INTEGER, at TEXT, archive INTEGER, offset INTEGER, lid TEXT, told TEXT);
    CREATE TABLE damage (place TEXT, why TEXT, is_whole INTEGER);
    CREATE TABLE pages (
        number INTEGER PRIMARY KEY, url TEXT, canonical TEXT, at TEXT, digest TEXT, is_revisit INTEGER, name TEXT, offset INTEGER,
        archive INTEGER, run INTEGER, is_listed INTEGER
    );
    CREATE TABLE listed (url TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_MERGED: Final = """
    INSERT INTO archives VALUES (:number, :path);
    INSERT INTO runs (name, spider, sections) SELECT name, spider, sections FROM part.runs WHERE true
        ON CONFLICT DO UPDATE SET spider = excluded.spider, sections = excluded.sections WHERE spider = '';
    INSERT INTO answers
        SELECT url, canonical, at, status, digest, is_revisit, a.name, offset, target, is_page, r.run, :number
        FROM part.answers a JOIN part.runs p ON p.run = a.run JOIN runs r ON r.name = p.name ORDER BY a.rowid;
    INSERT INTO rows
        SELECT url, r.run, at, :number, offset, lid, told FROM part.rows a JOIN part.runs p ON p.run = a.run JOIN runs r ON r.name = p.name;
    INSERT INTO damage SELECT place, why, is_whole FROM part.damage
"""
_INDEXES: Final = """
    CREATE INDEX answers_of ON answers (canonical, run, archive, offset);
    CREATE INDEX answers_same ON answers (digest) WHERE NOT is_revisit;
    CREATE INDEX answers_to ON answers (target, run, at) WHERE target IS NOT NULL;
    CREATE INDEX rows_of ON rows (url, run, at);
    INSERT INTO listed SELECT DISTINCT url FROM rows;
"""
_SENT_ON: Final = """
    INSERT OR IGNORE INTO listed SELECT DISTINCT target FROM answers a JOIN listed l ON l.url = a.canonical WHERE target IS NOT NULL
"""
_PAGES: Final = """
    INSERT INTO pages (url, canonical, at, digest, is_revisit, name, offset, archive, run, is_listed)
        SELECT a.url, canonical, at, digest, is_revisit, name, offset, archive, run, l.url IS NOT NULL
        FROM answers a LEFT JOIN listed l ON l.url = a.canonical
        WHERE status = 200 AND (is_page OR l.url IS NOT NULL) ORDER BY archive, name, offset
"""
"""What a list names is a page, whatever its address looks like and whatever kind it is said to be, as for a crawl."""
_HELD: Final = 8
"""Archives that are held open."""
_ROW: Final = tuple(field.name for field in fields(Row))
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
    WHERE canonical = :address AND run = :run AND (archive, offset) > (:archive, :offset) AND status = 200 ORDER BY archive, offset
"""
_LEADS: Final = """
    SELECT target FROM answers WHERE canonical = :address AND run = :run AND (archive, offset) > (:archive, :offset)
    AND target IS NOT NULL ORDER BY archive, offset LIMIT 1
"""
_NEAREST: Final = """
    SELECT url, canonical, at, digest, is_revisit, name, offset, archive, run FROM answers WHERE canonical = :address AND status = 200
    ORDER BY at < :at, iif(at < :at, -1, 1) * CAST(at AS INTEGER), archive, offset LIMIT 10
"""
"""The first since then, else the last before."""
_LED: Final = (
    "SELECT canonical FROM answers WHERE target = :address AND run = :run AND at <= :at ORDER BY at DESC LIMIT 1",
    "SELECT canonical FROM answers WHERE target = :address ORDER BY run DESC, at DESC LIMIT 1",
)
_BEFORE: Final = "SELECT archive, name, offset FROM answers WHERE canonical = :canonical AND at <= :at AND NOT is_revisit ORDER BY at DESC"
_INFO: Final = re.compile(rb"^warc-type\s*:\s*warcinfo", re.MULTILINE)
_HOPS: Final = 5
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
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.name, self.offset)


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


def index_archive(path: str, output: Path) -> None:
    """Makes the index of one archive. An exception of ours is one answer's, and is told."""
    with table_file(output, _ANSWERS) as db:
        file = _File(Path(path), db)
        try:
            file.open()
            for one in listed(Path(path)) or file.scanned():
                try:
                    file.add(one)
                except (ValueError, OverflowError, sqlite3.Error) as error:
                    file.damage(
                        Place(one.name, one.offset), f"internal_error: {type(error).__name__}: {error}", is_whole=True
                    )
        except (OSError, BadZipFile) as error:
            file.damage(Place(Path(path).name, 0), f"it cannot be read: {error}", is_whole=True)


def unreadable(path: Path, output: Path) -> None:
    """Makes the index of an archive that ends every process which reads it: it has nothing but this."""
    with table_file(output, _ANSWERS) as db:
        file = _File(path, db)
        file.damage(Place(path.name, 0), "worker_killed: it ends every process that reads it", is_whole=True)


class _File:
    """The index of an archive while it is made. Each warcinfo record begins a run: files are joined now and then."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self._path = path
        self._db = db
        self._run = 0
        self._met: set[tuple[str, str]] = set()

    def open(self) -> None:
        """The first run begins. Raises OSError and BadZipFile where the archive cannot be read."""
        first = next((record for record in records(self._path) if isinstance(record, Record)), None)
        self._begin(first if first is not None and _INFO.search(_head(first)) else None)

    def scanned(self) -> Iterator[Listed]:
        """The answers of Sina's, record by record; what cannot be read is told."""
        for record in records(self._path):
            if isinstance(record, Damage):
                self.damage(record.place, record.why)
                continue
            head = _head(record)
            if _INFO.search(head):
                self._begin(record)
            elif HOST in head and (found := listed_of(record)) is not None:
                yield found

    def add(self, one: Listed) -> None:
        """One answer; what a list said, and where a redirect leads, is read."""
        if not is_sina(one.url):
            return
        is_list, is_redirect = one.url.startswith(API), 300 <= one.status < 400
        told = answer_at(self._path, Place(one.name, one.offset), unpacked=True) if is_list or is_redirect else None
        if told is not None and is_list:
            self._add_rows(one, told)
        target = _target(told) if told is not None and is_redirect else None
        said = (one.url, canonical(one.url), one.at, one.status, one.digest, one.is_revisit)
        place = (one.name, one.offset, target, _may_be_page(one), self._run)
        self._db.execute(f"INSERT INTO answers VALUES ({', '.join('?' * 11)})", (*said, *place))  # noqa: S608

    def damage(self, place: Place, why: str, *, is_whole: bool = False) -> None:
        """What cannot be read; ``is_whole``: a whole archive, or what this program could not read of it."""
        self._db.execute("INSERT INTO damage VALUES (?, ?, ?)", (str(place), why, is_whole))

    def _begin(self, info: Record | None) -> None:
        """A run begins; it is that of earlier files, where they have its name."""
        self._run += 1
        self._met.clear()
        told = {} if info is None else _told_of_itself(info)
        name = told.get("WARC-Filename") or self._path.name
        name = name.removesuffix(".gz").removesuffix(".warc").rpartition("-")[0] or name
        self._db.execute(
            "INSERT INTO runs VALUES (?, ?, ?, ?)", (self._run, name, told.get("spider", ""), told.get("sections", ""))
        )

    def _add_rows(self, one: Listed, told: Answer) -> None:
        """The rows of a list's answer, each once for a run: a list names an article again and again."""
        lid = parse_qs(urlsplit(one.url).query).get("lid", [""])[0]
        try:
            answer = read_rows(told.body, url=one.url)
            find(lid)
        except (Rejected, ValueError):
            return
        for row in answer.rows:
            if (row.url, lid) not in self._met:
                self._met.add((row.url, lid))
                line = json.dumps({name: getattr(row, name) for name in _ROW}, default=_plain)
                self._db.execute(
                    "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?)", (row.url, one.at, one.offset, lid, line, self._run)
                )


def _head(record: Record) -> bytes:
    return record.content[: record.head].lower()


def _told_of_itself(record: Record) -> dict[str, str]:
    """The name that the file was written under, and the spider and the sections that a file of ours names in its first record."""
    lines = record.content.decode("utf-8", "replace").splitlines()
    told = (line.partition(":") for line in lines)
    return {name: value.strip() for name, _, value in told if name in ("spider", "sections", "WARC-Filename")}


def _may_be_page(one: Listed) -> bool:
    if one.url.startswith(API) or page_number(one.url) != 1 or urlsplit(one.url).path == "/robots.txt":
        return False
    return one.is_revisit or one.mime in HTML


def _target(told: Answer) -> str | None:
    try:
        location = header(told.headers, "location")
        return canonical(urljoin(told.url, location)) if location else None
    except ValueError:  # that is no address
        return None


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else sorted(value)


def merge(archives: Sequence[Path], parts: Sequence[Path], output: Path) -> int:
    """Makes the index of all archives out of those of each; returns how many pages there are."""
    with table_file(output, _INDEX) as db:
        db.execute("COMMIT")
        for number, (path, part) in enumerate(zip(archives, parts, strict=True)):
            db.execute("ATTACH ? AS part", (str(part),))
            db.execute("BEGIN")
            for step in _MERGED.split(";"):
                db.execute(step, {"number": number, "path": str(path)})
            db.execute("COMMIT")
            db.execute("DETACH part")
        db.executescript(_INDEXES)
        for _ in range(_HOPS):
            db.execute(_SENT_ON)
        db.execute(_PAGES)
        db.execute("BEGIN")
        count: int = db.execute("SELECT count(*) FROM pages").fetchone()[0]
    return count


class Index:
    """The index of all archives, for reading."""

    def __init__(self, path: Path) -> None:
        self._db = opened(path)
        self._paths = {number: Path(name) for number, name in self._db.execute("SELECT number, path FROM archives")}
        self._runs = {run: _Run(*told) for run, *told in self._db.execute("SELECT run, spider, sections FROM runs")}
        self._open: OrderedDict[int, OpenArchive] = OrderedDict()

    def pages(self, begin: int, end: int) -> Iterator[Page]:
        """The pages of these numbers."""
        for row in self._db.execute(
            "SELECT * FROM pages WHERE number >= ? AND number < ? ORDER BY number", (begin, end)
        ):
            yield Page(*row)

    def damage(self) -> list[tuple[str, str, bool]]:
        """The places of the archives that cannot be read, and why; and whether that is more than one record."""
        return self._db.execute("SELECT place, why, is_whole FROM damage ORDER BY rowid").fetchall()

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
                return self._answer(archive, Place(name, offset)).body
        raise Rejected(
            "not_archived",
            f"{page.place}: it refers to an earlier answer, which is in none of these archives; give that one as well",
        )

    def follow(self, url: str, page: Page) -> ArchivedPage | None:
        """The further page that a crawl got after ``page``: the first whole answer in the same run, redirects followed.

        A run of ours that has none has not stored the article; in archives of others it may be in any, the nearest one counts.
        """
        address = canonical(url)
        for _ in range(_HOPS + 1):
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
                    check_whole(found.answer.body, found.answer.url)
                    return found
        return None

    def context(self, page: Page) -> Context | None:
        """What the first list of the same run said that named the article; else, of a list that the run was asked for, the last one before.

        A list that had not changed is not kept again, but its rows are those of an earlier run. None where no list named it.
        """
        addresses = [page.canonical]
        while len(addresses) <= _HOPS and (source := self._source(addresses[-1], page)) not in (None, *addresses):
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

    def _answer(self, archive: int, place: Place) -> Answer:
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def _row(line: str) -> Row:
    told = json.loads(line)
    made = told["ctime"]
    return Row(
        **told
        | {"ctime": datetime.fromisoformat(made).astimezone(UTC) if made else None, "lids": frozenset(told["lids"])}
    )
