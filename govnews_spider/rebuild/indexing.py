"""Archives -> the index of all of them: each archive is looked through by itself, then what was found is put together."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urljoin, urlsplit
from zipfile import BadZipFile

from govnews_spider.archive.cdxj import CdxEntry
from govnews_spider.archive.exchange import RecordLocation, header
from govnews_spider.archive.lookup import answer_at, listed, listed_of
from govnews_spider.archive.pages import HOST, HTML
from govnews_spider.archive.reader import Damage, HttpResponse, Record, records
from govnews_spider.article import Rejected
from govnews_spider.rebuild.index import HOPS
from govnews_spider.rebuild.work_items import attached, table_file
from govnews_spider.sina.pager import page_number
from govnews_spider.sina.roll import API, Row, read_rows
from govnews_spider.sina.sections import find
from govnews_spider.sina.urls import canonical, is_sina

_ANSWERS: Final = """
    CREATE TABLE runs (run INTEGER PRIMARY KEY, name TEXT, spider TEXT, sections TEXT);
    CREATE TABLE answers (
        url TEXT, canonical TEXT, at TEXT, status INTEGER, digest TEXT, is_revisit INTEGER, name TEXT, offset INTEGER, target TEXT,
        is_page INTEGER, run INTEGER
    );
    CREATE TABLE rows (url TEXT, at TEXT, offset INTEGER, lid TEXT, told TEXT, run INTEGER);
    CREATE TABLE damage (place TEXT, slug TEXT, why TEXT);
"""
_INDEX: Final = """
    CREATE TABLE archives (number INTEGER PRIMARY KEY, path TEXT);
    CREATE TABLE runs (run INTEGER PRIMARY KEY, name TEXT UNIQUE, spider TEXT, sections TEXT);
    CREATE TABLE answers (
        url TEXT, canonical TEXT, at TEXT, status INTEGER, digest TEXT, is_revisit INTEGER, name TEXT, offset INTEGER, target TEXT,
        is_page INTEGER, run INTEGER, archive INTEGER
    );
    CREATE TABLE rows (url TEXT, run INTEGER, at TEXT, archive INTEGER, offset INTEGER, lid TEXT, told TEXT);
    CREATE TABLE damage (place TEXT, slug TEXT, why TEXT);
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
    INSERT INTO damage SELECT place, slug, why FROM part.damage
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
        WHERE status BETWEEN 200 AND 299 AND (is_page OR l.url IS NOT NULL) ORDER BY archive, name, offset
"""
"""What a list names is a page, whatever its address looks like and whatever kind it is said to be, as for a crawl."""
_ROW: Final = tuple(field.name for field in fields(Row))
_INFO: Final = re.compile(rb"^warc-type\s*:\s*warcinfo", re.MULTILINE)


def index_archive(path: str, output: Path) -> None:
    """Makes the index of one archive. An exception of ours is one answer's, and is told."""
    with table_file(output, _ANSWERS) as db:
        file = _File(Path(path), db)
        try:
            file.open()
            for one in listed(Path(path)) or file.scanned():
                try:
                    file.add(one)
                except Rejected as rejected:
                    file.damage(RecordLocation(one.name, one.offset), rejected.slug, rejected.detail)
                except (ValueError, OverflowError, sqlite3.Error) as error:
                    place = RecordLocation(one.name, one.offset)
                    file.damage(place, "internal_error", f"{type(error).__name__}: {error}")
        except (OSError, BadZipFile) as error:
            file.damage(RecordLocation(Path(path).name, 0), "unreadable_archive", f"it cannot be read: {error}")


def unreadable(path: Path, output: Path) -> None:
    """Makes the index of an archive that ends every process which reads it: it has nothing but this."""
    with table_file(output, _ANSWERS) as db:
        _File(path, db).damage(RecordLocation(path.name, 0), "worker_killed", "it ends every process that reads it")


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

    def scanned(self) -> Iterator[CdxEntry]:
        """The answers of Sina's, record by record; what cannot be read is told."""
        for record in records(self._path):
            if isinstance(record, Damage):
                self.damage(record.place, "damaged_archive", record.why)
                continue
            head = _head(record)
            if _INFO.search(head):
                self._begin(record)
            elif HOST in head and (found := listed_of(record)) is not None:
                yield found

    def add(self, one: CdxEntry) -> None:
        """One answer; what a list said, and where a redirect leads, is read."""
        if not is_sina(one.url):
            return
        is_list, is_redirect = one.url.startswith(API), 300 <= one.status < 400
        told = (
            answer_at(self._path, RecordLocation(one.name, one.offset), unpacked=True)
            if is_list or is_redirect
            else None
        )
        if told is not None and is_list:
            self._add_rows(one, told)
        target = _target(told) if told is not None and is_redirect else None
        said = (one.url, canonical(one.url), one.at, one.status, one.digest, one.is_revisit)
        place = (one.name, one.offset, target, _may_be_page(one), self._run)
        self._db.execute(f"INSERT INTO answers VALUES ({', '.join('?' * 11)})", (*said, *place))  # noqa: S608

    def damage(self, place: RecordLocation, slug: str, why: str) -> None:
        """What cannot be read, and under which name that is counted."""
        self._db.execute("INSERT INTO damage VALUES (?, ?, ?)", (str(place), slug, why))

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

    def _add_rows(self, one: CdxEntry, told: HttpResponse) -> None:
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


def _may_be_page(one: CdxEntry) -> bool:
    if one.url.startswith(API) or page_number(one.url) != 1 or urlsplit(one.url).path == "/robots.txt":
        return False
    return one.is_revisit or one.mime in HTML


def _target(told: HttpResponse) -> str | None:
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
        for number, (path, part) in enumerate(zip(archives, parts, strict=True)):
            with attached(db, part):
                for step in _MERGED.split(";"):
                    db.execute(step, {"number": number, "path": str(path)})
        for step in _INDEXES.split(";"):
            db.execute(step)
        for _ in range(HOPS):
            db.execute(_SENT_ON)
        db.execute(_PAGES)
        count: int = db.execute("SELECT count(*) FROM pages").fetchone()[0]
    return count
