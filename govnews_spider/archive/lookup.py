"""Lookup of archived answers by their addresses."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple, Self
from zipfile import BadZipFile

from govnews_spider.archive.cdxj import CdxEntry, read_index, stamp
from govnews_spider.archive.exchange import RecordLocation, media_type
from govnews_spider.archive.reader import Damage, HttpResponse, Record, http_response, is_archive, record_at, records
from govnews_spider.storage.scratch import scratch_database

logger = logging.getLogger(__name__)

_SCHEMA: Final = """
    CREATE TABLE paths (number INTEGER PRIMARY KEY, path TEXT);
    CREATE TABLE answers (
        url TEXT, at TEXT, status INTEGER, digest TEXT, is_revisit INTEGER, path INTEGER, name TEXT, offset INTEGER
    );
"""
_NEWEST: Final = """
    SELECT p.path, name, offset, at, digest, is_revisit FROM answers a JOIN paths p ON p.number = a.path
    WHERE url = ? AND at <= ? AND status != 304 ORDER BY status >= 500 OR status = 429, at DESC, name DESC, offset DESC
"""
"""A site that was away for a moment is no answer where there is another one; one that says "as before" never is."""
_BODY: Final = """
    SELECT p.path, name, offset FROM answers a JOIN paths p ON p.number = a.path
    WHERE url = ? AND at <= ? AND digest = ? AND NOT is_revisit ORDER BY at DESC, name DESC, offset DESC
"""


class Capture(NamedTuple):
    """An answer, and where it stands."""

    place: RecordLocation
    response: HttpResponse


class ArchiveLookup:
    """Lookup of answers by address, over any number of archives, in a scratch database: memory does not grow with them."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._db = scratch_database(_SCHEMA)
        self._db.execute("BEGIN")
        for number, path in enumerate(archives(paths)):
            self._db.execute("INSERT INTO paths VALUES (?, ?)", (number, str(path)))
            entries = listed(path) or _scanned(path)
            self._db.executemany(
                "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                ((*entry[:5], number, *entry[5:7]) for entry in entries),
            )
        self._db.execute("CREATE INDEX answers_of ON answers (url, at)")
        self._db.execute("COMMIT")

    def find(self, url: str, as_of: datetime | None = None, *, unpacked: bool = False) -> Capture | None:
        """The newest answer of that address, or the newest as of then; None where there is none.

        An answer that refers to an earlier one has that one's body. ``unpacked``: without its content coding.
        """
        until = stamp(as_of) if as_of is not None else "9"
        for path, name, offset, at, digest, is_revisit in self._db.execute(_NEWEST, (url, until)).fetchall():
            response = answer_at(Path(path), RecordLocation(name, offset), unpacked=unpacked)
            if response is None:
                continue
            if not is_revisit:
                return Capture(RecordLocation(name, offset), response)
            for body_path, body_name, body_offset in self._db.execute(_BODY, (url, at, digest)):
                before = answer_at(Path(body_path), RecordLocation(body_name, body_offset), unpacked=unpacked)
                if before is not None:
                    return Capture(RecordLocation(name, offset), response._replace(body=before.body))
        return None

    def close(self) -> None:
        """Gives back what it holds."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def archives(paths: Iterable[Path]) -> Iterator[Path]:
    """The archives among the paths, and below those that are folders, sorted."""
    for path in paths:
        if path.is_dir():
            yield from sorted(filter(is_archive, path.rglob("*")))
        else:
            yield path


def listed(path: Path) -> list[CdxEntry]:
    """Entries of the index beside an archive of ours; none where there is no index, or it is not that file's.

    Nothing as well for an archive of others, which is then read itself: their index may list a part, or another file of that name.
    """
    entries = read_index(path)
    try:
        first = next(records(path), None) if entries else None
        size = path.stat().st_size
    except (OSError, BadZipFile):
        return []
    is_ours = isinstance(first, Record) and b"software: govnews_spider/" in first.content
    return entries if is_ours and all(entry.name == path.name and entry.offset < size for entry in entries) else []


def _scanned(path: Path) -> Iterator[CdxEntry]:
    """The answers of an archive without an index."""
    try:
        for record in records(path):
            if isinstance(record, Damage):
                _warn(record)
            elif (entry := listed_of(record)) is not None:
                yield entry
    except (OSError, BadZipFile) as error:
        _warn(Damage(RecordLocation(path.name, 0), str(error)))


def listed_of(record: Record) -> CdxEntry | None:
    """The answer of a record as an index lists it; None for a record that holds none."""
    parsed = record.parsed()
    kind = parsed.headers.get("WARC-Type")
    response = http_response(parsed) if kind in ("response", "revisit") else None
    if response is None or not _is_text(response.url):
        return None
    digest = (parsed.headers.get("WARC-Payload-Digest") or "").removeprefix("sha1:")
    mime = media_type(response.headers)
    return CdxEntry(response.url, stamp(response.at), response.status, digest, kind == "revisit", *record.place, mime)


def _is_text(url: str) -> bool:
    """Whether it can be written down: an address of foreign bytes names nothing that is asked for."""
    try:
        url.encode()
    except UnicodeEncodeError:
        return False
    return True


def answer_at(path: Path, place: RecordLocation, *, unpacked: bool = False) -> HttpResponse | None:
    """The answer that stands at a place of the archive at ``path``; None where none can be read."""
    try:
        record: Record | Damage = record_at(path, place)
    except (OSError, BadZipFile) as error:
        record = Damage(place, str(error))
    return answer_of(record, unpacked=unpacked)


def answer_of(record: Record | Damage, *, unpacked: bool = False) -> HttpResponse | None:
    """The answer that was found; None, and said so, where it is damage."""
    if isinstance(record, Damage):
        _warn(record)
        return None
    return http_response(record.parsed(), unpacked=unpacked)


def _warn(damage: Damage) -> None:
    logger.warning("damaged_archive: %s: %s", damage.place, damage.why)
