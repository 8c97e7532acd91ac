"""Archives out: what a run fetched, as it was fetched, in WARC 1.1 (ISO 28500:2017), a gzip member for each record."""

from __future__ import annotations

import hashlib
import os
from base64 import b32encode
from collections.abc import Mapping
from datetime import UTC, datetime
from errno import ENOSPC
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, Self

from fastwarc.stream_io import GzipWriter
from fastwarc.warc import WarcRecord, WarcRecordType

from govnews_spider.archive.cdxj import REVISIT, Entry, cdxj, stamp
from govnews_spider.archive.exchange import Exchange, RecordLocation, header
from govnews_spider.storage.atomic import replace_files

LARGEST: Final = 1_000_000_000
"""Bytes after which a run goes on in another file; what the standard recommends."""
LEVEL: Final = 3
"""Of gzip: two thirds of the time of 6, for 4 % more bytes."""
_SAME: Final = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
_NOT_MODIFIED: Final = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"


class PreviousCapture(NamedTuple):
    """An earlier answer of an address: the digest of its body, and what a record that refers to it names."""

    digest: str
    at: str
    record_id: str


class ArchiveWriter:
    """The archives of one run, ``<run_id>-00000.warc.gz`` and so on in a folder; the first is made with the first exchange.

    Each exchange is written by one call of the system: after a kill the file is readable up to its last whole record. The index,
    ``<run_id>-00000.cdxj``, comes when a file is closed.
    """

    def __init__(self, folder: Path, run_id: str, about: Mapping[str, str], largest: int = LARGEST) -> None:
        """``about``: what each file says of itself, such as the ``software``."""
        self._folder = folder
        self._run_id = run_id
        self._about = about
        self._largest = largest
        self._file: BinaryIO | None = None
        self._number = 0
        self._size = 0
        self._entries: list[Entry] = []

    def add(self, exchange: Exchange, former: PreviousCapture | None = None) -> tuple[RecordLocation, PreviousCapture]:
        """Writes request and answer; returns where the answer stands, and what a later answer of the address may refer to.

        An answer that ``former`` was as well, or 304, is a ``revisit`` record without a body. The index does not list a 304: who
        looks into it for a page would be shown an empty one. Raises OSError.
        """
        digest = payload_digest(exchange.body)
        date = _date(exchange.at)
        response = _response(exchange, digest, former)
        request = _record(WarcRecordType.request, exchange, "application/http; msgtype=request")
        request.headers["WARC-Concurrent-To"] = response.headers["WARC-Record-ID"]
        request.set_bytes_content(exchange.request_block())
        packed = _packed(response)
        file = self._open()
        place = RecordLocation(Path(file.name).name, self._size)
        self._put(file, packed + _packed(request))
        if exchange.status != 304:
            self._entries.append(_entry(exchange, response, place, len(packed)))
        if former is not None and response.record_type == WarcRecordType.revisit:
            return place, former
        return place, PreviousCapture(digest, date, str(response.headers["WARC-Record-ID"]))

    def close(self) -> None:
        """Ends the file, whole and on the disk, and writes its index; raises OSError."""
        file, self._file = self._file, None
        if file is not None:
            os.fsync(file.fileno())
            file.close()
            index = Path(file.name.removesuffix(".warc.gz") + ".cdxj")
            replace_files(self._folder.parent, {index: cdxj(self._entries)})
            self._entries.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _open(self) -> BinaryIO:
        if self._file is not None and self._size >= self._largest:
            self.close()
            self._number += 1
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            name = f"{self._run_id}-{self._number:05d}.warc.gz"
            self._file = (self._folder / name).open("xb", buffering=0)
            self._size = 0
            self._put(self._file, _packed(_info(name, self._about)))
        return self._file

    def _put(self, file: BinaryIO, data: bytes) -> None:
        """Writes all of it or nothing: no later record stands behind a torn one."""
        try:
            written = file.write(data)
        except OSError:
            written = 0
            raise
        finally:
            if written != len(data):
                file.truncate(self._size)
                file.seek(self._size)
        if written != len(data):
            raise OSError(ENOSPC, os.strerror(ENOSPC), file.name)
        self._size += len(data)


def payload_digest(body: bytes) -> str:
    """``sha1:`` and Base32, as archives write it."""
    return f"sha1:{b32encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()}"


def _response(exchange: Exchange, digest: str, former: PreviousCapture | None) -> WarcRecord:
    is_same = former is not None and (exchange.status == 304 or former.digest == digest)
    kind = WarcRecordType.revisit if is_same else WarcRecordType.response
    record = _record(kind, exchange, "application/http; msgtype=response")
    if exchange.address:
        record.headers["WARC-IP-Address"] = exchange.address
    if former is not None and is_same:
        record.headers["WARC-Profile"] = _NOT_MODIFIED if exchange.status == 304 else _SAME
        record.headers["WARC-Refers-To"] = former.record_id
        record.headers["WARC-Refers-To-Target-URI"] = exchange.url
        record.headers["WARC-Refers-To-Date"] = former.at
        record.headers["WARC-Payload-Digest"] = former.digest
        record.set_bytes_content(exchange.response_block(b""))
    else:
        record.headers["WARC-Payload-Digest"] = digest
        record.set_bytes_content(exchange.response_block())
    return record


def _entry(exchange: Exchange, record: WarcRecord, place: RecordLocation, length: int) -> Entry:
    mime = (header(exchange.headers, "content-type") or "").partition(";")[0].strip() or "unk"
    return Entry(
        url=exchange.url,
        at=stamp(exchange.at),
        mime=REVISIT if record.record_type == WarcRecordType.revisit else mime,
        status=exchange.status,
        digest=str(record.headers["WARC-Payload-Digest"]),
        offset=place.offset,
        length=length,
        name=place.name,
    )


def _record(kind: WarcRecordType, exchange: Exchange, content_type: str) -> WarcRecord:
    record = WarcRecord()
    record.init_headers(kind)
    record.headers["WARC-Date"] = _date(exchange.at)
    record.headers["WARC-Target-URI"] = exchange.url
    record.headers["Content-Type"] = content_type
    return record


def _info(name: str, about: Mapping[str, str]) -> WarcRecord:
    record = WarcRecord()
    record.init_headers(WarcRecordType.warcinfo)
    record.headers["WARC-Date"] = _date(datetime.now(UTC))
    record.headers["WARC-Filename"] = name
    record.headers["Content-Type"] = "application/warc-fields"
    fields = {**about, "format": "WARC File Format 1.1"}
    record.set_bytes_content("".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode())
    return record


def _packed(record: WarcRecord) -> bytes:
    packed = BytesIO()
    member = GzipWriter(packed, compression_level=LEVEL)
    record.write(member, checksum_data=True)
    member.close()
    return packed.getvalue()


def _date(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
