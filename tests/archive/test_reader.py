"""Records of archives as other programs write them: digests, packed and joined bodies, archives inside other files."""

from __future__ import annotations

import gzip
import random
import zipfile
from base64 import b32encode
from collections.abc import Iterable
from hashlib import md5, sha1
from pathlib import Path

import pytest

from govnews_spider.archive.exchange import RecordLocation
from govnews_spider.archive.reader import (
    LARGEST,
    NOT_INTACT,
    Damage,
    HttpResponse,
    OpenArchive,
    Record,
    http_response,
    is_archive,
    record_at,
    records,
)

URL = "https://finance.sina.com.cn/a.shtml"
OK = b"HTTP/1.1 200 OK\r\n"
LARGE = random.Random(7).randbytes(300_000)
"""More than is unpacked at a time, and not to be packed."""


def record(block: bytes, *headers: str, kind: str = "response", url: str = URL) -> bytes:
    lines = [
        "WARC/1.1",
        f"WARC-Type: {kind}",
        f"WARC-Target-URI: {url}",
        "WARC-Date: 2021-11-25T04:00:00Z",
        "Content-Type: application/http",
        *headers,
        f"Content-Length: {len(block)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + block + b"\r\n\r\n"


def archive(folder: Path, *parts: bytes, name: str = "a.warc") -> Path:
    path = folder / name
    path.write_bytes(b"".join(gzip.compress(part) if name.endswith(".gz") else part for part in parts))
    return path


def whole(found: Iterable[Record | Damage]) -> list[Record]:
    """The records, none of which is damaged."""
    listed = list(found)
    assert [damage for damage in listed if isinstance(damage, Damage)] == []
    return [one for one in listed if isinstance(one, Record)]


def response(path: Path, *, unpacked: bool = False) -> HttpResponse | None:
    """The answer of the first record."""
    return http_response(whole(records(path))[0].parsed(), unpacked=unpacked)


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_the_records_of_an_archive_follow_each_other_to_its_end(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path, *(record(OK + b"\r\n" + body) for body in (b"1", LARGE, b"", b"22")), name=name)
    listed = whole(records(path))
    assert [one.content[one.head :].removeprefix(OK + b"\r\n") for one in listed] == [b"1", LARGE, b"", b"22"]
    gap = 0 if name.endswith(".gz") else len(b"\r\n\r\n")
    ends = [one.place.offset + one.length + gap for one in listed]
    assert [0, *ends] == [*(one.place.offset for one in listed), path.stat().st_size]
    for one in listed:
        assert record_at(path, one.place) == one


BLOCK = OK + "\r\n通办".encode()
DIGEST = sha1(BLOCK, usedforsecurity=False)


@pytest.mark.parametrize(
    ("digest", "intact"),
    [
        (f"sha1:{b32encode(DIGEST.digest()).decode()}", True),
        (f"SHA1:{b32encode(DIGEST.digest()).decode().lower()}", True),
        (f"sha1:{DIGEST.hexdigest()}", True),
        (f"sha1:{b32encode(sha1(b'', usedforsecurity=False).digest()).decode()}", False),
        (f"sha1:{sha1(b'', usedforsecurity=False).hexdigest()}", False),
        (f"md5:{md5(b'', usedforsecurity=False).hexdigest()}", True),
        ("sha1:what", True),
        ("sha1:", True),
        ("", True),
    ],
    ids=[
        "base32",
        "in the other case",
        "hex",
        "another one",
        "another one in hex",
        "md5",
        "no digest",
        "none",
        "empty",
    ],
)
def test_a_block_is_held_against_its_digest_where_that_is_of_a_known_kind(
    tmp_path: Path, digest: str, intact: bool
) -> None:
    path = archive(tmp_path, record(BLOCK, f"WARC-Block-Digest: {digest}"))
    (one,) = whole(records(path))
    assert one.is_intact(one.parsed()) is intact
    assert record_at(path, one.place) == (one if intact else Damage(one.place, NOT_INTACT))


def test_a_body_that_is_still_chunked_is_joined_and_one_that_was_joined_stays(tmp_path: Path) -> None:
    head = OK + b"Transfer-Encoding: Chunked\r\n\r\n"
    for body, joined in (
        (b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", b"abcde"),
        (b"<p>abc</p>", b"<p>abc</p>"),
        (b"12 hours", b"12 hours"),
    ):
        answer = response(archive(tmp_path, record(head + body)))
        assert answer is not None
        assert answer.body == joined
    answer = response(archive(tmp_path, record(OK + b"X-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")))
    assert answer is not None
    assert answer.body.startswith(b"3\r\n"), "no header says that it is chunked"


def test_a_body_is_unpacked_when_that_is_asked_for_through_all_its_codings(tmp_path: Path) -> None:
    packed = gzip.compress(gzip.compress(b"<p>1</p>"))
    path = archive(tmp_path, record(OK + b"Content-Encoding: gzip\r\ncontent-encoding: gzip\r\n\r\n" + packed))
    for unpacked, body in ((False, packed), (True, b"<p>1</p>")):
        answer = response(path, unpacked=unpacked)
        assert answer is not None
        assert (answer.url, answer.status, answer.body) == (URL, 200, body)


@pytest.mark.parametrize(
    "record",
    [
        record(b"20211125", url="dns:finance.sina.com.cn"),
        record(b"HTTP/1.1 neither number nor reason\r\n\r\n"),
        record(OK + b"\r\n", url=""),
    ],
    ids=["of a name server", "without a status", "without an address"],
)
def test_a_record_without_status_or_address_of_the_web_is_no_answer(tmp_path: Path, record: bytes) -> None:
    assert response(archive(tmp_path, record)) is None


def test_an_archive_in_a_wacz_stands_where_its_name_says(tmp_path: Path) -> None:
    path = tmp_path / "A.WACZ"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("pages/pages.jsonl", "{}", zipfile.ZIP_DEFLATED)
        packed.writestr("archive/a.warc", record(OK + b"\r\n1"))
        packed.writestr("archive/b.warc.gz", gzip.compress(record(OK + b"\r\n2")))
    listed = whole(records(path))
    assert [one.place for one in listed] == [("A.WACZ/archive/a.warc", 0), ("A.WACZ/archive/b.warc.gz", 0)]
    assert [one.content[-1:] for one in listed] == [b"1", b"2"]
    nowhere = RecordLocation("A.WACZ/archive/c.warc", 0)
    assert record_at(path, nowhere) == Damage(nowhere, "A.WACZ has no such archive")


def test_an_archive_that_is_packed_in_its_wacz_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.wacz"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("archive/a.warc", record(OK + b"\r\n1"), zipfile.ZIP_DEFLATED)
    with pytest.raises(zipfile.BadZipFile, match=r"archive/a\.warc is packed twice"):
        list(records(path))
    with pytest.raises(zipfile.BadZipFile):
        OpenArchive(path)


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    for name in ("a.warc", "a.warc.gz"):
        path = archive(tmp_path, name=name)
        assert list(records(path)) == []
        nothing = RecordLocation(name, 0)
        assert record_at(path, nothing) == Damage(nothing, "nothing stands there")


@pytest.mark.parametrize("kept", [-5, 30])
def test_a_record_that_is_not_packed_and_breaks_off_is_named(tmp_path: Path, kept: int) -> None:
    torn = record(OK + b"\r\n" + b"1" * 20)[:kept]
    (first, damage) = records(archive(tmp_path, record(OK + b"\r\n"), torn))
    assert isinstance(first, Record)
    assert isinstance(damage, Damage)
    assert damage.place == RecordLocation("a.warc", len(record(OK + b"\r\n")))
    assert damage.why == ("the file ends within it" if kept < 0 else "its headers have no end, or no length")


def test_a_record_that_says_to_be_larger_than_a_page_can_be_is_named_and_the_next_one_read(tmp_path: Path) -> None:
    small = record(OK + b"\r\n1")
    huge = small.replace(b"Content-Length: 20", f"Content-Length: {LARGEST}".encode())
    assert huge != small
    damage, following = records(archive(tmp_path, huge, small))
    assert damage == Damage(RecordLocation("a.warc", 0), f"it is larger than {LARGEST} bytes")
    assert isinstance(following, Record)
    assert following.place.offset == len(huge)


def test_headers_may_be_64_kib_long(tmp_path: Path) -> None:
    fits = record(b"", "X: " + "a" * 60_000, kind="metadata")
    (one,) = whole(records(archive(tmp_path, fits)))
    assert one.head == len(fits) - len(b"\r\n\r\n")
    (damage,) = records(archive(tmp_path, record(b"", "X: " + "a" * 70_000, kind="metadata")))
    assert isinstance(damage, Damage)
    assert damage.why == "its headers have no end, or no length"


@pytest.mark.parametrize("name", ["a.warc", "a.WARC.GZ", "b.wacz"])
def test_an_archive_is_known_by_its_name(name: str) -> None:
    assert is_archive(Path("data") / name)
    assert not is_archive(Path(name) / "a.md")
    assert not is_archive(Path(f"{name}.part"))
