"""Archives in, foreign ones too: every whole record of a WARC file, and every place where one cannot be read.

A damaged file is read as far as it can be: after a place that makes no sense, reading goes on where the next record begins.
"""

from __future__ import annotations

import re
import zlib
from base64 import b32decode
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha1
from io import BytesIO
from mmap import ACCESS_READ, MADV_DONTNEED, mmap
from pathlib import Path
from typing import Final, NamedTuple
from zipfile import ZIP_STORED, BadZipFile, ZipFile

from fastwarc.stream_io import ChunkedReader
from fastwarc.warc import WarcRecord

from govnews_spider.archive.exchange import RecordLocation
from govnews_spider.archive.http_body import decode_body

LARGEST: Final = 128 * 1024 * 1024
"""Bytes of a record, unpacked; a larger one is no page, and unpacking it might fill the memory."""
NOT_INTACT: Final = "its block is not what its digest says"
SUFFIXES: Final = (".warc", ".warc.gz", ".wacz")
_GZIP: Final = b"\x1f\x8b\x08"
_CHUNK: Final = 64 * 1024
_GIVEN_BACK: Final = 2 * 1024 * 1024
"""Bytes of an archive that may be held in memory."""
_HEAD: Final = 64 * 1024
"""Bytes that the headers of a record may have."""
_BEGIN: Final = re.compile(rb"WARC/[01]\.[0-9]{1,2}\r?\n")
_LENGTH: Final = re.compile(rb"^Content-Length[ \t]*:[ \t]*([0-9]{1,18})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_END: Final = re.compile(rb"\r?\n\r?\n")
_HTTP: Final = b"HTTP/"


def is_archive(path: Path) -> bool:
    """Whether the name is that of an archive."""
    return path.name.lower().endswith(SUFFIXES)


class Damage(NamedTuple):
    """A place of an archive that cannot be read, and why."""

    place: RecordLocation
    why: str


@dataclass(frozen=True, slots=True)
class Record:
    """A whole record. ``content`` is all of it, headers and block, unpacked."""

    place: RecordLocation
    length: int
    """Bytes of the file that it takes, packed."""
    content: bytes
    head: int
    """Bytes of its headers."""

    def parsed(self) -> WarcRecord:
        """Its headers and what they say."""
        return WarcRecord.from_bytes(self.content + b"\r\n\r\n")

    def is_intact(self, record: WarcRecord) -> bool:
        """Whether its block is what its digest says; true where there is no digest of a kind that is known."""
        kind, _, digest = (record.headers.get("WARC-Block-Digest") or "").partition(":")
        if kind.lower() != "sha1":
            return True
        wanted = b""
        with suppress(ValueError):
            wanted = bytes.fromhex(digest) if len(digest) == 40 else b32decode(digest.upper())
        return not wanted or sha1(self.content[self.head :], usedforsecurity=False).digest() == wanted


class HttpResponse(NamedTuple):
    """HTTP response of a record."""

    url: str
    at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    """As it was sent, but in one piece."""


def records(path: Path) -> Iterator[Record | Damage]:
    """Every record of an archive, packed or not, or of all archives in a WACZ, in the order of the file.

    Raises OSError where the system does not give the file.
    """
    for archive in _archives(path):
        with archive.opened() as mapped:
            read = _packed if mapped.content[:2] == _GZIP[:2] else _plain
            for found in read(archive.name, mapped.content):
                yield found
                mapped.passed(found.length if isinstance(found, Record) else 0)


class OpenArchive:
    """An archive that is held open, for records here and there. Raises OSError and BadZipFile where it cannot be opened."""

    def __init__(self, path: Path) -> None:
        self._name = path.name
        with ExitStack() as stack:
            self._mapped = {one.name: stack.enter_context(one.opened()) for one in _archives(path)}
            self._stack = stack.pop_all()

    def record_at(self, place: RecordLocation) -> Record | Damage:
        """The record at that place."""
        mapped = self._mapped.get(place.name)
        if mapped is None:
            return Damage(place, f"{self._name} has no such archive")
        is_packed = mapped.content[:2] == _GZIP[:2]  # then what is wrong with it is found when it is unpacked
        read = _packed if is_packed else _plain
        found = next(read(place.name, mapped.content, place.offset), Damage(place, "nothing stands there"))
        if isinstance(found, Damage):
            return found
        mapped.passed(found.length)
        if not is_packed and not found.is_intact(found.parsed()):
            return Damage(place, NOT_INTACT)
        return found

    def close(self) -> None:
        """Gives it back."""
        self._stack.close()


def record_at(path: Path, place: RecordLocation) -> Record | Damage:
    """The record at a place of the archive at ``path``; raises OSError and BadZipFile where that cannot be opened."""
    with closing(OpenArchive(path)) as archive:
        return archive.record_at(place)


def http_response(record: WarcRecord, *, unpacked: bool = False) -> HttpResponse | None:
    """The answer that a record of type response or revisit holds; None where it holds no answer of HTTP.

    ``unpacked``: the body without its content coding, as :func:`decode_body` gives it, which may raise :class:`Rejected`.
    """
    url, at = record.headers.get("WARC-Target-URI"), _moment(record)
    if not url or at is None:
        return None
    try:
        record.is_http = _is_of_the_web(url)  # for some write its Content-Type in a way of their own, or none
        record.parse_http()
    except OSError:
        return None
    head = record.http_headers
    if head is None or head.status_code is None:
        return None
    headers = tuple(head.astuples())
    body = record.reader.read()
    if any(name.lower() == "transfer-encoding" and "chunked" in value.lower() for name, value in headers):
        with suppress(OSError):  # what says that it is chunked may have been joined by whoever kept it
            body = ChunkedReader(BytesIO(body)).read() if _CHUNKED.match(body) else body
    if unpacked:
        coding = ",".join(value for name, value in headers if name.lower() == "content-encoding")
        body = decode_body(body, coding, url, max_size=LARGEST)
    return HttpResponse(url.strip("<>"), at, head.status_code, headers, body)


_CHUNKED: Final = re.compile(rb"[0-9A-Fa-f]{1,8}[ \t]*(?:;[^\r\n]*)?\r?\n")


@dataclass(frozen=True, slots=True)
class _Archive:
    """A WARC file, or a part of another file that is one."""

    path: Path
    name: str
    begin: int = 0
    end: int | None = None

    @contextmanager
    def opened(self) -> Iterator[_Mapped]:
        with self.path.open("rb") as file:
            if not file.seek(0, 2):
                yield _Mapped(memoryview(b""), None)
                return
            with mmap(file.fileno(), 0, access=ACCESS_READ) as mapped:
                whole = memoryview(mapped)
                part = whole[self.begin : self.end]
                try:
                    yield _Mapped(part, mapped)
                finally:
                    part.release()
                    whole.release()


class _Mapped:
    """A file in the address space. What was read of it counts as memory of this process until it is given back."""

    def __init__(self, content: memoryview, mapped: mmap | None) -> None:
        self.content = content
        self._mapped = mapped
        self._passed = 0

    def passed(self, length: int) -> None:
        """So many bytes more were read."""
        self._passed += length
        if self._passed >= _GIVEN_BACK and self._mapped is not None:
            self._mapped.madvise(MADV_DONTNEED)
            self._passed = 0


def _archives(path: Path) -> Iterator[_Archive]:
    if path.suffix.lower() != ".wacz":
        yield _Archive(path, path.name)
        return
    with ZipFile(path) as packed:
        for item in packed.infolist():
            if not item.filename.endswith((".warc", ".warc.gz")):
                continue
            if item.compress_type != ZIP_STORED:
                raise BadZipFile(f"{path}: {item.filename} is packed twice; unpack the file, and read what is in it")
            with path.open("rb") as file:
                file.seek(item.header_offset + 26)
                lengths = file.read(4)
            begin = item.header_offset + 30 + sum(int.from_bytes(lengths[at : at + 2], "little") for at in (0, 2))
            yield _Archive(path, f"{path.name}/{item.filename}", begin, begin + item.file_size)


def _packed(name: str, content: memoryview, offset: int = 0) -> Iterator[Record | Damage]:
    """Of an archive of gzip members, each of which holds one record or, in older ones, several."""
    while offset < len(content):
        unpacked, end, why = _member(content, offset)
        if why:
            yield Damage(RecordLocation(name, offset), why)
            offset = _next(content, _GZIP, offset + 1)
            continue
        for found in _plain(name, memoryview(unpacked)):
            place = RecordLocation(name, offset)
            yield (
                Damage(place, found.why)
                if isinstance(found, Damage)
                else Record(place, end - offset, found.content, found.head)
            )
        offset = end


def _member(content: memoryview, offset: int) -> tuple[bytes, int, str]:
    """Content of the gzip member at ``offset``, its end, and the reason where it cannot be read."""
    unpacker = zlib.decompressobj(31)
    parts: list[bytes] = []
    size, at = 0, offset
    try:
        while not unpacker.eof and at < len(content):
            chunk = content[at : at + _CHUNK]
            parts.append(unpacker.decompress(chunk, LARGEST - size + 1))
            at += len(chunk)
            size += len(parts[-1])
            if size > LARGEST:
                return b"", offset, f"it is larger than {LARGEST} bytes"
    except zlib.error as error:
        return b"", offset, f"it cannot be unpacked: {error}"
    if not unpacker.eof:
        return b"", offset, "the file ends within it"
    return b"".join(parts), at - len(unpacker.unused_data), ""


def _plain(name: str, content: memoryview, offset: int = 0) -> Iterator[Record | Damage]:
    """Of an archive, or a member of one, that is not packed."""
    while (offset := _skipped(content, offset)) < len(content):
        block, end, why = _bounds(content, offset)
        headers = None if why else _headers(bytes(content[offset:block]))
        if headers is None:
            yield Damage(RecordLocation(name, offset), why or "its headers make no sense")
            following = _BEGIN.search(content, offset + 1)
            offset = following.start() if following else len(content)
            continue
        useless = _useless(headers, bytes(content[block : min(block + len(_HTTP), end)]))
        if useless:  # but whole, so that what its block holds is no record, whatever it looks like
            yield Damage(RecordLocation(name, offset), useless)
        else:
            yield Record(RecordLocation(name, offset), end - offset, bytes(content[offset:end]), block - offset)
        offset = end


def _bounds(content: memoryview, offset: int) -> tuple[int, int, str]:
    """Begin and end of the block of the record at ``offset``, and the reason where neither can be believed."""
    if _BEGIN.match(content, offset) is None:
        return offset, offset, "no record begins there"
    head = _END.search(content, offset, offset + _HEAD)
    length = _LENGTH.search(content, offset, head.end()) if head else None
    if head is None or length is None:
        return offset, offset, "its headers have no end, or no length"
    block, end = head.end(), head.end() + int(length[1])
    if end - offset > LARGEST:
        return block, end, f"it is larger than {LARGEST} bytes"
    return block, end, "the file ends within it" if end > len(content) else ""


def _headers(head: bytes) -> WarcRecord | None:
    """Parsed headers of a record; None where they cannot be parsed.

    Of two lengths the parser would believe the other one, and ask for memory by it.
    """
    if head.lower().count(b"content-length") == 1:
        with suppress(OSError):
            return WarcRecord.from_bytes(head)
    return None


def _useless(record: WarcRecord, begin: bytes) -> str:
    """Reason for which a record of an answer, whose block begins so, holds none; "" where it holds one, or is another kind of record."""
    kind, url = record.headers.get("WARC-Type"), record.headers.get("WARC-Target-URI") or ""
    if kind in ("response", "revisit") and _moment(record) is None:
        return f"its date ({record.headers.get('WARC-Date')}) makes no sense"
    if kind == "response" and begin != _HTTP and _is_of_the_web(url):
        return "its block is no answer of HTTP"
    return ""


def _is_of_the_web(url: str) -> bool:
    """Whether what answers there speaks HTTP; archives hold answers of name servers too."""
    return url.lower().lstrip("<").startswith(("http:", "https:"))


def _moment(record: WarcRecord) -> datetime | None:
    """The record's date, of which the year, the month or the day alone may be told (WARC 1.1, 5.4); None where it makes no sense."""
    if record.record_date is not None:
        return record.record_date
    told = record.headers.get("WARC-Date") or ""
    for form in ("%Y-%m-%d", "%Y-%m", "%Y"):
        with suppress(ValueError):
            return datetime.strptime(told, form).replace(tzinfo=UTC)
    return None


def _skipped(content: memoryview, offset: int) -> int:
    """End of the empty lines between two records."""
    while offset < len(content) and content[offset] in b"\r\n":
        offset += 1
    return offset


def _next(content: memoryview, wanted: bytes, offset: int) -> int:
    """Next offset of ``wanted``; the end where there is none."""
    while offset < len(content):
        chunk = bytes(content[offset : offset + _CHUNK + len(wanted)])
        if (at := chunk.find(wanted)) >= 0:
            return offset + at
        offset += _CHUNK
    return len(content)
