"""Indexing of archives: each archive by itself, then all of these indexes merged into one."""

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
from govnews_spider.rebuild.work_items import attached, output_database
from govnews_spider.sina.pager import page_number
from govnews_spider.sina.roll import API, Row, read_rows
from govnews_spider.sina.sections import find
from govnews_spider.sina.urls import canonical, is_sina

_ANSWER: Final = """
    url TEXT, canonical TEXT, at TEXT, status INTEGER, digest TEXT, is_revisit INTEGER, name TEXT, offset INTEGER, target TEXT,
    is_page INTEGER, run INTEGER
"""
_ARCHIVE: Final = f"""
    CREATE TABLE runs (run INTEGER PRIMARY KEY, name TEXT, spider TEXT, sections TEXT);
    CREATE TABLE answers ({_ANSWER});
    CREATE TABLE rows (url TEXT, at TEXT, offset INTEGER, lid TEXT, row TEXT, run INTEGER);
    CREATE TABLE damage (location TEXT, slug TEXT, reason TEXT);
"""
_INDEX: Final = f"""
    CREATE TABLE archives (number INTEGER PRIMARY KEY, path TEXT);
    CREATE TABLE runs (run INTEGER PRIMARY KEY, name TEXT UNIQUE, spider TEXT, sections TEXT);
    CREATE TABLE answers ({_ANSWER}, archive INTEGER);
    CREATE TABLE rows (url TEXT, run INTEGER, at TEXT, archive INTEGER, offset INTEGER, lid TEXT, row TEXT);
    CREATE TABLE damage (location TEXT, slug TEXT, reason TEXT);
    CREATE TABLE pages (
        number INTEGER PRIMARY KEY, url TEXT, canonical TEXT, at TEXT, digest TEXT, is_revisit INTEGER, name TEXT, offset INTEGER,
        archive INTEGER, run INTEGER, is_listed INTEGER
    );
    CREATE TABLE listed (url TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_MERGE: Final = """
    INSERT INTO archives VALUES (:number, :path);
    INSERT INTO runs (name, spider, sections) SELECT name, spider, sections FROM part.runs WHERE true
        ON CONFLICT DO UPDATE SET spider = excluded.spider, sections = excluded.sections WHERE spider = '';
    INSERT INTO answers
        SELECT url, canonical, at, status, digest, is_revisit, a.name, offset, target, is_page, r.run, :number
        FROM part.answers a JOIN part.runs p ON p.run = a.run JOIN runs r ON r.name = p.name ORDER BY a.rowid;
    INSERT INTO rows
        SELECT url, r.run, at, :number, offset, lid, row FROM part.rows a JOIN part.runs p ON p.run = a.run JOIN runs r ON r.name = p.name;
    INSERT INTO damage SELECT location, slug, reason FROM part.damage
"""
_INDEXES: Final = """
    CREATE INDEX answers_of ON answers (canonical, run, archive, offset);
    CREATE INDEX answers_same ON answers (digest) WHERE NOT is_revisit;
    CREATE INDEX answers_to ON answers (target, run, at) WHERE target IS NOT NULL;
    CREATE INDEX rows_of ON rows (url, run, at);
    INSERT INTO listed SELECT DISTINCT url FROM rows;
"""
_FOLLOW: Final = """
    INSERT OR IGNORE INTO listed SELECT DISTINCT target FROM answers a JOIN listed l ON l.url = a.canonical WHERE target IS NOT NULL
"""
_PAGES: Final = """
    INSERT INTO pages (url, canonical, at, digest, is_revisit, name, offset, archive, run, is_listed)
        SELECT a.url, canonical, at, digest, is_revisit, name, offset, archive, run, l.url IS NOT NULL
        FROM answers a LEFT JOIN listed l ON l.url = a.canonical
        WHERE status BETWEEN 200 AND 299 AND (is_page OR l.url IS NOT NULL) ORDER BY archive, name, offset
"""
"""An answer that a list names is a page, whatever its address and its media type, as for a crawl."""
_ROW_FIELDS: Final = tuple(field.name for field in fields(Row))
_WARCINFO: Final = re.compile(rb"^warc-type\s*:\s*warcinfo", re.MULTILINE)


def index_archive(path: str, output: Path) -> None:
    """Makes the index of one archive. An internal error makes one record damage."""
    with output_database(output, _ARCHIVE) as db:
        archive = _ArchiveIndex(Path(path), db)
        try:
            archive.open()
            for entry in listed(Path(path)) or archive.scan():
                location = RecordLocation(entry.name, entry.offset)
                try:
                    archive.add(entry, location)
                except Rejected as rejected:
                    archive.damage(location, rejected.slug, rejected.detail)
                except (ValueError, OverflowError, sqlite3.Error) as error:
                    archive.damage(location, "internal_error", f"{type(error).__name__}: {error}")
        except (OSError, BadZipFile) as error:
            archive.damage(RecordLocation(Path(path).name, 0), "unreadable_archive", f"it cannot be read: {error}")


def index_unreadable(path: Path, output: Path) -> None:
    """Makes the index of an archive that kills every process which reads it: no page, and this damage."""
    with output_database(output, _ARCHIVE) as db:
        location = RecordLocation(path.name, 0)
        _ArchiveIndex(path, db).damage(location, "worker_killed", "it ends every process that reads it")


class _ArchiveIndex:
    """Index of an archive while it is made. Each warcinfo record begins a run: archives may be joined into one file."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self._path = path
        self._db = db
        self._run = 0
        self._rows: set[tuple[str, str]] = set()

    def open(self) -> None:
        """Begins the first run. Raises OSError and BadZipFile where the archive cannot be read."""
        first = next((record for record in records(self._path) if isinstance(record, Record)), None)
        self._begin_run(first if first is not None and _WARCINFO.search(_head(first)) else None)

    def scan(self) -> Iterator[CdxEntry]:
        """Sina's answers, record by record; records that cannot be read are damage."""
        for record in records(self._path):
            if isinstance(record, Damage):
                self.damage(record.place, "damaged_archive", record.why)
                continue
            head = _head(record)
            if _WARCINFO.search(head):
                self._begin_run(record)
            elif HOST in head and (entry := listed_of(record)) is not None:
                yield entry

    def add(self, entry: CdxEntry, location: RecordLocation) -> None:
        """Adds an answer; that of a list is read for its rows, a redirect for its target."""
        if not is_sina(entry.url):
            return
        is_list, is_redirect = entry.url.startswith(API), 300 <= entry.status < 400
        response = answer_at(self._path, location, unpacked=True) if is_list or is_redirect else None
        if response is not None and is_list:
            self._add_rows(entry, response)
        target = _target(response) if response is not None and is_redirect else None
        answer = (entry.url, canonical(entry.url), entry.at, entry.status, entry.digest, entry.is_revisit)
        values = (*answer, *location, target, _may_be_page(entry), self._run)
        self._db.execute(f"INSERT INTO answers VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608

    def damage(self, location: RecordLocation, slug: str, reason: str) -> None:
        """Adds a record that cannot be read."""
        self._db.execute("INSERT INTO damage VALUES (?, ?, ?)", (str(location), slug, reason))

    def _begin_run(self, info: Record | None) -> None:
        """Begins a run; it is that of earlier files of the same name."""
        self._run += 1
        self._rows.clear()
        fields = {} if info is None else _info_fields(info)
        name = fields.get("WARC-Filename") or self._path.name
        name = name.removesuffix(".gz").removesuffix(".warc").rpartition("-")[0] or name
        run = (self._run, name, fields.get("spider", ""), fields.get("sections", ""))
        self._db.execute("INSERT INTO runs VALUES (?, ?, ?, ?)", run)

    def _add_rows(self, entry: CdxEntry, response: HttpResponse) -> None:
        """Adds the rows of a list's answer, each once for a run: a list names an article again and again."""
        lid = parse_qs(urlsplit(entry.url).query).get("lid", [""])[0]
        try:
            page = read_rows(response.body, url=entry.url)
            find(lid)
        except (Rejected, ValueError):
            return
        for row in page.rows:
            if (row.url, lid) not in self._rows:
                self._rows.add((row.url, lid))
                line = json.dumps({name: getattr(row, name) for name in _ROW_FIELDS}, default=_plain)
                values = (row.url, entry.at, entry.offset, lid, line, self._run)
                self._db.execute("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?)", values)


def _head(record: Record) -> bytes:
    return record.content[: record.head].lower()


def _info_fields(record: Record) -> dict[str, str]:
    """Original name of an archive, and the spider and the sections that one of this package names in its warcinfo record."""
    lines = record.content.decode("utf-8", "replace").splitlines()
    fields = (line.partition(":") for line in lines)
    return {name: value.strip() for name, _, value in fields if name in ("spider", "sections", "WARC-Filename")}


def _may_be_page(entry: CdxEntry) -> bool:
    if entry.url.startswith(API) or page_number(entry.url) != 1 or urlsplit(entry.url).path == "/robots.txt":
        return False
    return entry.is_revisit or entry.mime in HTML


def _target(response: HttpResponse) -> str | None:
    try:
        location = header(response.headers, "location")
        return canonical(urljoin(response.url, location)) if location else None
    except ValueError:  # that is no address
        return None


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else sorted(value)


def merge(archives: Sequence[Path], parts: Sequence[Path], output: Path) -> int:
    """Merges the indexes of all archives into one; returns the number of pages."""
    with output_database(output, _INDEX) as db:
        for number, (path, part) in enumerate(zip(archives, parts, strict=True)):
            with attached(db, part):
                for step in _MERGE.split(";"):
                    db.execute(step, {"number": number, "path": str(path)})
        for step in (*_INDEXES.split(";"), *[_FOLLOW] * HOPS, _PAGES):
            db.execute(step)
        count: int = db.execute("SELECT count(*) FROM pages").fetchone()[0]
    return count
