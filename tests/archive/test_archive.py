"""Archives: written record by record, and read again after any damage."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastwarc.warc import ArchiveIterator
from hypothesis import given, settings
from hypothesis import strategies as st

from govnews_spider.archive.cdxj import surt
from govnews_spider.archive.exchange import Exchange, RecordLocation
from govnews_spider.archive.lookup import ArchiveLookup
from govnews_spider.archive.reader import LARGEST, Damage, HttpResponse, Record, http_response, record_at, records
from govnews_spider.archive.writer import ArchiveWriter, payload_digest
from tests.support.exchanges import exchange

NOON = datetime(2021, 11, 25, 4, 0, 0, 123456, tzinfo=UTC)


def archive(folder: Path, *exchanges: Exchange, **options: Any) -> list[Path]:
    with ArchiveWriter(
        folder / "raw", "20211125T040000Z-sina_gov-ab12", {"software": "govnews_spider/0.1"}, **options
    ) as made:
        for one in exchanges:
            made.add(one)
    return sorted((folder / "raw").glob("*.warc.gz"))


def answers(path: Path) -> list[HttpResponse]:
    found = [one.parsed() for one in records(path) if isinstance(one, Record)]
    told = [http_response(record) for record in found if record.headers["WARC-Type"] in ("response", "revisit")]
    return [one for one in told if one is not None]


def damages(path: Path) -> list[Damage]:
    return [one for one in records(path) if isinstance(one, Damage)]


def test_what_went_over_the_wire_is_read_back(tmp_path: Path) -> None:
    packed = gzip.compress("<p>打包的正文。</p>".encode())
    given = [
        exchange(1),
        exchange(2, packed, headers=(("Content-Encoding", "gzip"), ("Content-Length", str(len(packed))))),
        exchange(3, b"", status=302, headers=(("Location", "https://finance.sina.com.cn/"),)),
        exchange(4, b"\x00\xff" * 5000, status=502, headers=()),
    ]
    (path,) = archive(tmp_path, *given)
    for wanted, found in zip(given, answers(path), strict=True):
        assert (found.url, found.at, found.status) == (wanted.url, wanted.at, wanted.status)
        assert (found.headers, found.body) == (wanted.headers, wanted.body)
    assert not damages(path)


def test_the_request_stands_beside_its_answer(tmp_path: Path) -> None:
    (path,) = archive(tmp_path, exchange(1))
    info, response, request = (one.parsed() for one in records(path) if isinstance(one, Record))
    assert [one.headers["WARC-Type"] for one in (info, response, request)] == ["warcinfo", "response", "request"]
    assert request.headers["WARC-Concurrent-To"] == response.headers["WARC-Record-ID"]
    assert response.headers["WARC-IP-Address"] == "127.0.0.1"
    request.parse_http()
    assert request.http_headers is not None
    assert request.http_headers.status_line.startswith("GET /china/2021-11-25/doc-ikztest0000001.shtml?a=1&b=")
    assert "govnews_spider/0.1" in info.reader.read().decode()


def test_a_chunked_answer_is_kept_in_one_piece_and_says_so(tmp_path: Path) -> None:
    (path,) = archive(tmp_path, exchange(1, b"whole", headers=(("Transfer-Encoding", "chunked"), ("X-A", "1"))))
    (found,) = answers(path)
    assert (found.headers, found.body) == ((("X-A", "1"), ("Content-Length", "5")), b"whole")


def test_an_answer_that_was_given_before_refers_to_it(tmp_path: Path) -> None:
    first, again = exchange(1), replace(exchange(1), at=NOON + timedelta(days=1))
    changed = replace(again, at=NOON + timedelta(days=2), body="<p>改过了。</p>".encode())
    silent = replace(again, at=NOON + timedelta(days=3), status=304, body=b"")
    with ArchiveWriter(tmp_path / "raw", "run", {"software": "x"}) as made:
        place, former = made.add(first)
        _, same = made.add(again, former)
        _, newer = made.add(changed, same)
        made.add(silent, newer)
    (path,) = (tmp_path / "raw").glob("*.warc.gz")
    found = [one.parsed() for one in records(path) if isinstance(one, Record)]
    kinds = [one.headers["WARC-Type"] for one in found if one.headers["WARC-Type"] not in ("request", "warcinfo")]
    assert kinds == ["response", "revisit", "response", "revisit"]
    same_again = next(one for one in found if one.headers["WARC-Type"] == "revisit")
    assert same_again.headers["WARC-Refers-To-Date"] == "2021-11-25T04:01:00.123456Z"
    assert same_again.headers["WARC-Payload-Digest"] == payload_digest(first.body) == former.digest
    assert [len(one.body) for one in answers(path)] == [len(first.body), 0, len(changed.body), 0]
    assert RecordLocation.of(str(place)) == place


def test_a_record_is_found_at_its_place(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path / "raw", "run", {"software": "x"}, largest=2000) as made:
        places = [made.add(exchange(number, os.urandom(700)))[0] for number in range(8)]
    assert len({place.name for place in places}) > 2, "the archives are turned over by size"
    for number, place in enumerate(places):
        found = record_at(tmp_path / "raw" / place.name, place)
        assert isinstance(found, Record)
        assert found.parsed().headers["WARC-Target-URI"] == exchange(number).url
    nowhere = record_at(tmp_path / "raw" / places[0].name, RecordLocation(places[0].name, 10**9))
    assert isinstance(nowhere, Damage)


def test_the_index_names_every_answer_sorted_by_address(tmp_path: Path) -> None:
    (path,) = archive(tmp_path, exchange(3), exchange(1), exchange(2, status=404, headers=()))
    lines = Path(str(path).replace(".warc.gz", ".cdxj")).read_text("utf-8").splitlines()
    assert lines == sorted(lines)
    assert [line.split(" ", 2)[1] for line in lines] == ["20211125040100", "20211125040200", "20211125040300"]
    for line in lines:
        told = json.loads(line.split(" ", 2)[2])
        found = record_at(path, RecordLocation(told["filename"], int(told["offset"])))
        assert isinstance(found, Record)
        assert found.length == int(told["length"])
        assert found.parsed().headers["WARC-Target-URI"] == told["url"]
    assert [json.loads(line.split(" ", 2)[2])["mime"] for line in lines] == ["text/html", "unk", "text/html"]


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://Finance.Sina.com.cn/A/b.shtml", "cn,com,sina,finance)/a/b.shtml"),
        ("http://www.sina.com.cn", "cn,com,sina)/"),
        ("http://www2.sina.com.cn:80/", "cn,com,sina)/"),
        ("https://a.sina.com.cn:8080/x?b=2&a=1", "cn,com,sina,a:8080)/x?a=1&b=2"),
        ("https://a.sina.com.cn:80/x?a1=2&a=1&a", "cn,com,sina,a:80)/x?a&a=1&a1=2"),
        ("https://finance.sina.com.cn/china//bwdt/./x/../", "cn,com,sina,finance)/china/bwdt"),
        ("https://cj.sina.cn/d?url=https%3A%2F%2Fa.sina.cn%2Fb", "cn,sina,cj)/d?url=https://a.sina.cn/b"),
        ("https://a.sina.cn/第1批?k=%E7%AC%AC 1", "cn,sina,a)/%e7%ac%ac1%e6%89%b9?k=%e7%ac%ac%201"),
        ("https://a.sina.cn/%7Ea%2541%zz\u2028#b", "cn,sina,a)/~aa%25zz%e2%80%a8"),
        ("https://[::1 /", "https://[::1%20/"),
    ],
)
def test_the_key_of_an_address_is_the_one_by_which_other_readers_ask(url: str, key: str) -> None:
    assert surt(url) == key


def test_a_304_is_kept_and_the_index_passes_it_by_so_that_the_page_before_it_is_found(tmp_path: Path) -> None:
    first = exchange(1)
    silent = replace(first, at=NOON + timedelta(days=1), status=304, body=b"")
    with ArchiveWriter(tmp_path / "raw", "run", {"software": "x"}) as made:
        _, former = made.add(first)
        made.add(silent, former)
    (path,) = (tmp_path / "raw").glob("*.warc.gz")
    assert [one.status for one in answers(path)] == [200, 304]
    assert len(path.with_name("run-00000.cdxj").read_text("utf-8").splitlines()) == 1
    for index in (path.with_name("run-00000.cdxj"), path.with_name("nowhere.cdxj")):
        with ArchiveLookup([path]) as kept:
            found = kept.find(first.url)
        assert found is not None
        assert (found.response.status, found.response.body, found.response.at) == (200, first.body, first.at)
        index.unlink(missing_ok=True)


def test_an_index_is_plain_lines_whatever_an_address_holds(tmp_path: Path) -> None:
    (path,) = archive(tmp_path, exchange(1, url="https://finance.sina.com.cn/a b\u2028第.shtml"))
    (line,) = path.with_name(path.name.replace(".warc.gz", ".cdxj")).read_text("ascii").splitlines()
    key, at, told = line.split(" ", 2)
    assert (key, at) == ("cn,com,sina,finance)/a%20b%e2%80%a8%e7%ac%ac.shtml", "20211125040100")
    assert json.loads(told)["url"] == "https://finance.sina.com.cn/a b\u2028第.shtml"


def test_a_killed_run_leaves_its_whole_records(tmp_path: Path) -> None:
    code = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from pathlib import Path
from govnews_spider.archive.writer import ArchiveWriter
from tests.support.exchanges import exchange
made = ArchiveWriter(Path({str(tmp_path)!r}) / "raw", "run", {{"software": "x"}})
number = 0
while True:
    made.add(exchange(number, os.urandom(20_000)))
    number += 1
    print(number, flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        told = [int(run.stdout.readline()) for _ in range(20)]
        run.send_signal(signal.SIGKILL)
    (path,) = (tmp_path / "raw").glob("*.warc.gz")
    found = answers(path)
    assert len(found) >= told[-1]
    assert len(damages(path)) <= 1
    assert [one.url for one in found] == [exchange(number).url for number in range(len(found))]


def test_where_the_disk_takes_no_more_no_torn_record_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ArchiveWriter(tmp_path / "raw", "run", {"software": "x"}) as made:
        made.add(exchange(1))
        assert made._file is not None
        file, short = made._file, made._file.write

        class Full:
            name = file.name

            def write(self, data: bytes) -> int:
                return short(data[: len(data) // 2])

            def __getattr__(self, name: str) -> Any:
                return getattr(file, name)

        made._file = Full()  # type: ignore[assignment]
        with pytest.raises(OSError, match="No space"):
            made.add(exchange(2))
        made._file = file
        made.add(exchange(3))
    (path,) = (tmp_path / "raw").glob("*.warc.gz")
    assert [one.url for one in answers(path)] == [exchange(1).url, exchange(3).url]
    assert not damages(path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = random.Random(5)
    bodies = [rng.randbytes(rng.choice((10, 400, 3000))) for _ in range(6)]
    (path,) = archive(tmp_path_factory.mktemp("whole"), *(exchange(n, body) for n, body in enumerate(bodies)))
    return path


TRAPS = (
    b"\x1f\x8b\x08",
    b"WARC/1.1\r\n",
    b"\r\n\r\n",
    b"Content-Length: 99999999999\r\n",
    b"Transfer-Encoding: chunked\r\n",
)
"""Bytes that a reader may take for the begin or the end of a record."""


def plain(path: Path) -> bytes:
    return b"".join(one.content + b"\r\n\r\n" for one in records(path) if isinstance(one, Record))


def test_an_archive_that_is_not_packed_is_read_as_well(tmp_path: Path, whole: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(plain(whole))
    assert answers(path) == answers(whole)
    assert not damages(path)
    offsets = [one.place.offset for one in records(path) if isinstance(one, Record)]
    assert offsets == [record.stream_pos for record in ArchiveIterator(str(path), parse_http=False)]


def test_an_archive_packed_as_one_is_read_as_well(tmp_path: Path, whole: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gzip.compress(plain(whole)))
    assert answers(path) == answers(whole)


def test_the_archives_of_a_wacz_are_read(tmp_path: Path, whole: Path) -> None:
    path = tmp_path / "a.wacz"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("datapackage.json", "{}")
        made.write(whole, "archive/data.warc.gz")
    assert answers(path) == answers(whole)
    place = next(one.place for one in records(path) if isinstance(one, Record))
    assert place == RecordLocation("a.wacz/archive/data.warc.gz", 0)
    assert isinstance(record_at(path, place), Record)


def test_garbage_between_two_records_is_named_and_read_over(tmp_path: Path, whole: Path) -> None:
    content, marks = whole.read_bytes(), [one.place.offset for one in records(whole)]
    torn = tmp_path / "a.warc.gz"
    torn.write_bytes(content[: marks[4]] + b"no archive at all" * 9 + content[marks[4] :])
    assert answers(torn) == answers(whole)
    (damage,) = damages(torn)
    assert damage.place == RecordLocation("a.warc.gz", marks[4])


def test_a_file_cut_short_has_all_records_but_the_last(tmp_path: Path, whole: Path) -> None:
    torn = tmp_path / "a.warc.gz"
    torn.write_bytes(whole.read_bytes()[:-5])
    count = sum(isinstance(one, Record) for one in records(whole))
    assert sum(isinstance(one, Record) for one in records(torn)) == count - 1
    assert [damage.why for damage in damages(torn)] == ["the file ends within it"]


def test_a_flipped_bit_costs_one_record(tmp_path: Path, whole: Path) -> None:
    content = bytearray(whole.read_bytes())
    places = [one.place.offset for one in records(whole)]
    content[places[3] + 60] ^= 4
    torn = tmp_path / "a.warc.gz"
    torn.write_bytes(content)
    assert [damage.place.offset for damage in damages(torn)] == [places[3]]
    left = [one.place.offset for one in records(torn) if isinstance(one, Record)]
    assert left == [place for place in places if place != places[3]]


def test_a_block_that_is_not_what_its_digest_says_is_told(tmp_path: Path, whole: Path) -> None:
    content = plain(whole)
    (tmp_path / "a.warc").write_bytes(content.replace(b"Set-Cookie: b=2", b"Set-Cookie: b=3", 1))
    intact = [one.is_intact(one.parsed()) for one in records(tmp_path / "a.warc") if isinstance(one, Record)]
    assert intact.count(False) == 1


def test_a_record_that_unpacks_to_more_than_a_page_can_be_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(LARGEST // 2**20 + 2):
            file.write(bytes(2**20))
    (damage,) = damages(path)
    assert "is larger than" in damage.why


@pytest.mark.parametrize("line", [b"Content-Length: 999999999999999\r\n", b"content-length : 5\r\n"])
def test_a_record_whose_headers_make_no_sense_is_named_and_the_next_one_read(
    tmp_path: Path, whole: Path, line: bytes
) -> None:
    content = plain(whole)
    at = content.index(b"WARC-Target-URI", 900)
    path = tmp_path / "a.warc"
    path.write_bytes(content[:at] + line + content[at:])
    assert {damage.why for damage in damages(path)} == {"its headers make no sense"}
    count = sum(isinstance(one, Record) for one in records(whole))
    assert sum(isinstance(one, Record) for one in records(path)) == count - 1


def foreign(
    date: str = "2021-11-25T04:00:00Z",
    kind: str = "application/http",
    block: str = "HTTP/1.1 200 OK\r\n\r\n通办",
    url: str = "http://finance.sina.com.cn/",
    type_: str = "response",
) -> bytes:
    """A record as others may write it."""
    packed = block.encode()
    head = f"WARC/1.1\r\nWARC-Type: {type_}\r\nWARC-Target-URI: {url}\r\nWARC-Date: {date}\r\nContent-Type: {kind}\r\n"
    return f"{head}Content-Length: {len(packed)}\r\n\r\n".encode() + packed + b"\r\n\r\n"


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (foreign(date="gestern"), "its date (gestern) makes no sense"),
        (foreign(date="20211125"), "its date (20211125) makes no sense"),
        (foreign(block="<html>通办</html>"), "its block is no answer of HTTP"),
        (foreign(block=""), "its block is no answer of HTTP"),
        (foreign(block="x", url="<https://finance.sina.com.cn/>", kind=""), "its block is no answer of HTTP"),
        (foreign(block="x\r\n" + foreign().decode()), "its block is no answer of HTTP"),
        (foreign(date="", block=foreign().decode()), "its date () makes no sense"),
        (foreign(date="", type_="revisit"), "its date () makes no sense"),
    ],
)
def test_an_answer_that_cannot_be_used_is_named_and_not_passed_by(tmp_path: Path, record: bytes, why: str) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(foreign() + record + foreign())
    assert [damage.why for damage in damages(path)] == [why]
    assert [one.body.decode() for one in answers(path)] == ["通办"] * 2


def test_what_is_no_answer_of_the_web_is_no_damage_either(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    others = [
        foreign(url="dns:finance.sina.com.cn", kind="text/dns", block="20211125"),
        foreign(type_="resource", block="<html>"),
        foreign(type_="metadata", date="", block="a: b"),
        foreign(type_="revisit", block=""),
    ]
    path.write_bytes(b"".join(others))
    assert damages(path) == answers(path) == []


@pytest.mark.parametrize(
    ("record", "at"),
    [
        (foreign(date="2021-11-25T04:00Z"), datetime(2021, 11, 25, 4, tzinfo=UTC)),
        (foreign(url="<http://finance.sina.com.cn/>", kind=""), datetime(2021, 11, 25, 4, tzinfo=UTC)),
        (foreign(date="2021-11-25"), datetime(2021, 11, 25, tzinfo=UTC)),
        (foreign(date="2021-11"), datetime(2021, 11, 1, tzinfo=UTC)),
        (foreign(kind="Application/HTTP; msgtype=response"), datetime(2021, 11, 25, 4, tzinfo=UTC)),
        (foreign(kind=""), datetime(2021, 11, 25, 4, tzinfo=UTC)),
    ],
)
def test_an_answer_with_a_coarse_date_or_a_content_type_of_its_own_is_read(
    tmp_path: Path, record: bytes, at: datetime
) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(record)
    assert [(one.at, one.status, one.body.decode()) for one in answers(path)] == [(at, 200, "通办")]
    assert damages(path) == []


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_whatever_happens_to_an_archive_its_other_records_are_read_and_nothing_is_raised(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Bytes flipped, cut out, put in, of packed and plain archives; what is whole and stands before the damage is always read."""
    original = data.draw(st.sampled_from([whole.read_bytes(), plain(whole)]))
    at = data.draw(st.integers(0, len(original)))
    gone = data.draw(st.integers(0, 40))
    put = data.draw(st.binary(max_size=40) | st.sampled_from(TRAPS))
    path = tmp_path_factory.mktemp("torn") / ("a.warc.gz" if original[:2] == b"\x1f\x8b" else "a.warc")
    path.write_bytes(original)
    before = [one for one in records(path) if isinstance(one, Record) and one.place.offset + one.length <= at]
    path.write_bytes(original[:at] + put + original[at + gone :])
    found = list(records(path))
    assert [one for one in found if isinstance(one, Record)][: len(before)] == before
    for one in found:
        if isinstance(one, Record):
            http_response(one.parsed())
