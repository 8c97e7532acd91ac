"""What the archives have: the pages to read, and what the lists said of each, where it was sent on to, and how it goes on."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, Self
from urllib.parse import parse_qs, urljoin, urlsplit
from zipfile import BadZipFile

from govnews_spider.archive.answers import Found, answer_at, answer_of, listed_of
from govnews_spider.archive.exchanges import Place, header
from govnews_spider.archive.index import Listed, listed
from govnews_spider.archive.pages import HOST, HTML
from govnews_spider.archive.reading import Answer, Damage, OpenArchive, Record, records
from govnews_spider.article import Rejected
from govnews_spider.rebuild.work import opened, table_file
from govnews_spider.sina.pager import page_number
from govnews_spider.sina.roll import API, Row, home, read_rows
from govnews_spider.sina.sections import DEFAULT, SECTIONS, Section, find
from govnews_spider.sina.urls import canonical, is_sina

_ANSWERS: Final = """
    CREATE TABLE answers (
        url TEXT, canonical TEXT, at TEXT, status INTEGER, digest TEXT, is_revisit INTEGER, name TEXT, offset INTEGER, target TEXT,
        is_page INTEGER
    );
    CREATE TABLE rows (url TEXT, at TEXT, offset INTEGER, lid TEXT, told TEXT);
    CREATE TABLE damage (place TEXT, why TEXT);
    CREATE TABLE about (spider TEXT, sections TEXT);
"""
_INDEX: Final = """
    CREATE TABLE archives (number INTEGER PRIMARY KEY, path TEXT, run TEXT, spider TEXT, sections TEXT);
    CREATE TABLE answers (
        url TEXT, canonical TEXT, at TEXT, status INTEGER, digest TEXT, is_revisit INTEGER, name TEXT, offset INTEGER, target TEXT,
        archive INTEGER
    );
    CREATE TABLE rows (url TEXT, run TEXT, at TEXT, archive INTEGER, offset INTEGER, lid TEXT, told TEXT);
    CREATE TABLE damage (place TEXT, why TEXT);
    CREATE TABLE pages (
        number INTEGER PRIMARY KEY, url TEXT, canonical TEXT, at TEXT, digest TEXT, is_revisit INTEGER, name TEXT, offset INTEGER,
        archive INTEGER
    );
"""
_MERGED: Final = """
    INSERT INTO archives SELECT :number, :path, :run, spider, sections FROM part.about;
    INSERT INTO answers SELECT url, canonical, at, status, digest, is_revisit, name, offset, target, :number FROM part.answers;
    INSERT INTO rows SELECT url, :run, at, :number, offset, lid, told FROM part.rows;
    INSERT INTO damage SELECT place, why FROM part.damage;
    INSERT INTO pages (url, canonical, at, digest, is_revisit, name, offset, archive)
        SELECT url, canonical, at, digest, is_revisit, name, offset, :number FROM part.answers WHERE is_page ORDER BY name, offset
"""
_INDEXES: Final = """
    CREATE INDEX answers_of ON answers (canonical, at);
    CREATE INDEX answers_same ON answers (digest) WHERE NOT is_revisit;
    CREATE INDEX answers_to ON answers (target) WHERE target IS NOT NULL;
    CREATE INDEX rows_of ON rows (url, run, at);
"""
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

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.name, self.offset)


class _Archive(NamedTuple):
    path: Path
    run: str
    """The name that the files of one run have in common."""
    spider: str
    sections: str
    """Names, separated by commas; both are "" where the file does not tell."""

    @property
    def asked(self) -> tuple[Section, ...]:
        """The sections that the run was asked for; none where it does not tell."""
        return tuple(SECTIONS[name] for name in self.sections.split(",") if name in SECTIONS)


class Context(NamedTuple):
    """What a list said of an article, and the section that it counts for."""

    row: Row
    section: Section


def index_archive(path: str, output: Path) -> None:
    """Makes the index of one archive."""
    with table_file(output, _ANSWERS) as db:
        rows: set[tuple[str, str]] = set()
        about = {"spider": "", "sections": ""}
        for one in _answers(Path(path), about, db):
            is_told = one.url.startswith(API) or 300 <= one.status < 400
            told = answer_at(Path(path), Place(one.name, one.offset), unpacked=True) if is_told else None
            if told is not None and one.url.startswith(API):
                _add_rows(db, one, told, rows)
            target = _target(told) if told is not None and 300 <= one.status < 400 else None
            place = (one.name, one.offset, target, _may_be_page(one))
            db.execute(
                "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (one.url, canonical(one.url), one.at, one.status, one.digest, one.is_revisit, *place),
            )
        db.execute("INSERT INTO about VALUES (:spider, :sections)", about)


def unreadable(path: Path, output: Path) -> None:
    """Makes the index of an archive that ends every process which reads it: it has nothing but this."""
    with table_file(output, _ANSWERS) as db:
        db.execute(
            "INSERT INTO damage VALUES (?, ?)",
            (str(Place(path.name, 0)), "worker_killed: it ends every process that reads it"),
        )
        db.execute("INSERT INTO about VALUES ('', '')")


def _answers(path: Path, about: dict[str, str], db: sqlite3.Connection) -> Iterator[Listed]:
    """Each answer of Sina's: out of the archive's own index, else out of all its records."""
    indexed = listed(path)
    for found in indexed or _scanned(path, about, db):
        if is_sina(found.url):
            yield found
    first = next(records(path), None) if indexed else None
    if isinstance(first, Record):
        about |= _told_of_itself(first)


def _scanned(path: Path, about: dict[str, str], db: sqlite3.Connection) -> Iterator[Listed]:
    try:
        for record in records(path):
            head = b"" if isinstance(record, Damage) else record.content[: record.head].lower()
            if isinstance(record, Damage):
                db.execute("INSERT INTO damage VALUES (?, ?)", (str(record.place), record.why))
            elif _INFO.search(head):
                about |= _told_of_itself(record)
            elif HOST in head and (found := listed_of(record)) is not None:
                yield found
    except (OSError, BadZipFile) as error:
        db.execute("INSERT INTO damage VALUES (?, ?)", (str(Place(path.name, 0)), str(error)))


def _told_of_itself(record: Record) -> dict[str, str]:
    """The spider and the sections that a file of ours names in its first record."""
    fields = (line.partition(":") for line in record.content[record.head :].decode("utf-8", "replace").splitlines())
    return {name: value.strip() for name, _, value in fields if name in ("spider", "sections")}


def _may_be_page(one: Listed) -> bool:
    if one.status != 200 or one.url.startswith(API) or page_number(one.url) != 1:
        return False
    return one.is_revisit or one.mime in HTML


def _add_rows(db: sqlite3.Connection, one: Listed, told: Answer, met: set[tuple[str, str]]) -> None:
    """The rows of a list's answer, each once for an archive: a list names an article again and again."""
    lid = parse_qs(urlsplit(one.url).query).get("lid", [""])[0]
    try:
        answer = read_rows(told.body, url=one.url)
        find(lid)
    except (Rejected, ValueError):
        return
    for row in answer.rows:
        if (row.url, lid) not in met:
            met.add((row.url, lid))
            line = json.dumps({name: getattr(row, name) for name in _ROW}, default=_plain)
            db.execute("INSERT INTO rows VALUES (?, ?, ?, ?, ?)", (row.url, one.at, one.offset, lid, line))


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
            run = path.name.removesuffix(".gz").removesuffix(".warc").rpartition("-")[0] or path.name
            told = {"number": number, "path": str(path), "run": run}
            db.execute("BEGIN")
            for step in _MERGED.split(";"):
                db.execute(step, told)
            db.execute("COMMIT")
            db.execute("DETACH part")
        db.executescript(_INDEXES)
        db.execute("BEGIN")
        count: int = db.execute("SELECT count(*) FROM pages").fetchone()[0]
    return count


class Index:
    """The index of all archives, for reading."""

    def __init__(self, path: Path) -> None:
        self._db = opened(path)
        rows = self._db.execute("SELECT number, path, run, spider, sections FROM archives")
        self._archives = {number: _Archive(Path(path), *told) for number, path, *told in rows}
        self._asked = {one.run: one.asked for one in self._archives.values() if one.asked}
        self._open: OrderedDict[int, OpenArchive] = OrderedDict()

    def pages(self, begin: int, end: int) -> Iterator[Page]:
        """The pages of these numbers."""
        for row in self._db.execute(
            "SELECT * FROM pages WHERE number >= ? AND number < ? ORDER BY number", (begin, end)
        ):
            yield Page(*row)

    def damage(self) -> list[tuple[str, str]]:
        """The places of the archives that cannot be read, and why."""
        return self._db.execute("SELECT place, why FROM damage ORDER BY rowid").fetchall()

    def spider(self, page: Page) -> str:
        """The spider that fetched it; "" where the archive does not tell."""
        return self._archives[page.archive].spider

    def read(self, page: Page) -> Found | None:
        """The answer itself, with the body of an earlier one where it refers to that; None where it cannot be read."""
        told = self._answer(page.archive, page.place)
        if told is None or not page.is_revisit:
            return Found(page.place, told) if told is not None else None
        bodies = self._db.execute(_SAME if page.digest else _BEFORE, page._asdict())
        for archive, name, offset in bodies:
            if (before := self._answer(archive, Place(name, offset))) is not None:
                return Found(page.place, told._replace(body=before.body))
        return None

    def follow(self, url: str, page: Page) -> Found | None:
        """The answer that a further page had when ``page`` was fetched: the first one since then, else the last one before.

        A crawl of ours that has not fetched it has not stored the article; in archives of others it may be in any.
        """
        run, spider = self._archives[page.archive].run, self.spider(page)
        for when, order in (("at >= ?", "at"), ("at < ?", "at DESC")):
            rows = self._db.execute(
                "SELECT 0, url, canonical, at, digest, is_revisit, name, offset, archive FROM answers"  # noqa: S608
                f" WHERE canonical = ? AND status = 200 AND {when} ORDER BY {order}, archive, offset",
                (canonical(url), page.at),
            )
            for one in map(Page._make, rows):
                is_of_run = self._archives[one.archive].run == run
                if (is_of_run or not spider) and (found := self.read(one)) is not None:
                    return found
        return None

    def context(self, page: Page) -> Context | None:
        """What the lists of the same run, else of other runs, said of the article; None where none named it."""
        addresses, known = [page.canonical], {page.canonical}
        for _ in range(_HOPS):
            for address in addresses:
                if (found := self._context(address, page)) is not None:
                    return found
            sent = [
                source
                for address in addresses
                for (source,) in self._db.execute("SELECT DISTINCT canonical FROM answers WHERE target = ?", (address,))
            ]
            addresses = [source for source in sent if source not in known]
            known.update(addresses)
        return None

    def _context(self, address: str, page: Page) -> Context | None:
        """What the first list of the same run said that named it; else, of a list that the run was asked for, the last one before.

        A list that had not changed is not read again out of the archive, but its rows are those of an earlier run.
        """
        run = self._archives[page.archive].run
        asked = self._asked.get(run, DEFAULT)
        for query in _ROWS:
            rows = self._db.execute(query, {"url": address, "run": run, "at": page.at}).fetchall()
            if rows:
                named = [(find(lid), told) for lid, told in rows]
                section, told = next((one for one in named if one[0] in asked), named[0])
                return Context(_row(told), home(_row(told), section, asked if section in asked else (section,)))
        return None

    def _answer(self, archive: int, place: Place) -> Answer | None:
        try:
            found = self._opened(archive).record_at(place)
        except (OSError, BadZipFile) as error:
            found = Damage(place, str(error))
        return answer_of(found, unpacked=True)

    def _opened(self, archive: int) -> OpenArchive:
        if archive not in self._open:
            self._open[archive] = OpenArchive(self._archives[archive].path)
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
