"""Archives replayed as seeds: the crawl's own, foreign ones, damaged ones."""

from __future__ import annotations

import gzip
import zipfile
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from fastwarc.stream_io import BrotliWriter

from govnews_spider.archive.exchange import Exchange
from govnews_spider.archive.writer import ArchiveWriter
from tests.site import Catalog, SinaSite
from tests.site.pages import render
from tests.support.crawls import Crawl, crawl
from tests.support.dataset_snapshot import DatasetSnapshot

CATALOG = Catalog.generate(seed=5, lists=[1687], days=[date(2021, 11, 24), date(2021, 11, 25)], count=8)
NOON = datetime(2021, 11, 26, 4, tzinfo=UTC)
HTML = (("Content-Type", "text/html; charset=utf-8"),)


def body(number: int) -> bytes:
    return render(CATALOG.articles[number])


def page(number: int, content: bytes | None = None, *, url: str | None = None, **headers: str) -> Exchange:
    said = (*HTML, *((name.replace("_", "-"), value) for name, value in headers.items()))
    address = url or CATALOG.articles[number].url
    return Exchange(url=address, at=NOON, status=200, headers=said, body=body(number) if content is None else content)


def archive(folder: Path, *exchanges: Exchange) -> Path:
    with ArchiveWriter(folder / "raw", "foreign", {"software": "x"}) as made:
        for one in exchanges:
            made.add(one)
    return next((folder / "raw").glob("*.warc.gz"))


def replay(tmp_path: Path, path: Path) -> Crawl:
    return crawl(tmp_path / "data", "seeds", f"path={path}")


def titles(done: Crawl) -> set[str]:
    return {row["title"] for row in DatasetSnapshot.read(done.data).rows}


def test_the_articles_of_a_crawls_own_archive_are_read(tmp_path: Path) -> None:
    with SinaSite(CATALOG) as site:
        crawl(tmp_path / "live", "sina_gov", "sections=1687", gateway=site.url)
    done = replay(tmp_path, tmp_path / "live" / "raw")
    assert (done.code, done.balance) == (0, {"seen": 8, "stored": 8})
    there, found = DatasetSnapshot.read(tmp_path / "live"), DatasetSnapshot.read(done.data)
    told = {row["article_id"]: (row["title"], row["text"], row["origin"]) for row in there.rows}
    assert {row["article_id"]: (row["title"], row["text"], row["origin"]) for row in found.rows} == told


def test_of_a_foreign_archive_only_pages_of_sina_are_looked_at(tmp_path: Path) -> None:
    others = [page(1, url=f"https://www.example.cn/{number}?from=sina.com.cn") for number in range(50)]
    away = [
        Exchange(url=CATALOG.articles[2].url, at=NOON, status=404, headers=HTML, body=body(2)),
        Exchange(
            url="https://n.sinaimg.cn/a.jpg", at=NOON, status=200, headers=(("Content-Type", "image/jpeg"),), body=b"x"
        ),
    ]
    done = replay(tmp_path, archive(tmp_path, page(0), *others, *away, page(3)))
    assert (done.code, done.balance) == (0, {"seen": 2, "stored": 2})
    assert titles(done) == {CATALOG.articles[number].title for number in (0, 3)}


@pytest.mark.parametrize("coding", ["gzip", "br", "chunked", "gzip, and it is not", "a wrong length"])
def test_bodies_are_read_however_they_were_sent(tmp_path: Path, coding: str) -> None:
    brotli = BytesIO()
    writer = BrotliWriter(brotli)
    writer.write(body(0))
    writer.close()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body(0)[:100], body(0)[100:])) + b"0\r\n\r\n"
    given = {
        "gzip": page(0, gzip.compress(body(0)), Content_Encoding="gzip"),
        "br": page(0, brotli.getvalue(), Content_Encoding="br"),
        "chunked": page(0, chunks, X_Kept="Transfer-Encoding"),
        "gzip, and it is not": page(0, Content_Encoding="gzip"),
        "a wrong length": page(0, Content_Length="7"),
    }[coding]
    path = archive(tmp_path, given)
    if coding == "chunked":  # as archives of others keep it: our own joins the chunks
        plain = tmp_path / "raw" / "foreign.warc"
        plain.write_bytes(
            gzip.decompress(path.read_bytes()).replace(b"X-Kept: Transfer-Encoding", b"Transfer-Encoding: chunked", 1)
        )
        content = plain.read_bytes()
        length = len(b"Transfer-Encoding: chunked") - len(b"X-Kept: Transfer-Encoding")
        head = content.index(b"WARC-Type: response")
        at = content.index(b"Content-Length: ", head) + 16
        end = content.index(b"\r\n", at)
        content = content[:at] + str(int(content[at:end]) + length).encode() + content[end:]
        digest = content.index(b"WARC-Block-Digest: ", head)
        content = content[:digest] + content[content.index(b"\r\n", digest) + 2 :]
        plain.write_bytes(content)
        path.unlink()
        path = plain
    done = replay(tmp_path, path)
    assert (done.code, titles(done)) == (0, {CATALOG.articles[0].title})


def test_a_damaged_archive_gives_its_whole_pages_and_the_damage_is_a_rejection(tmp_path: Path) -> None:
    path = archive(tmp_path, *(page(number) for number in range(4)))
    content = path.read_bytes()
    path.write_bytes(content[:-40])
    done = replay(tmp_path, path)
    assert done.balance == {"seen": 5, "stored": 4, "rejected": 1}
    (line,) = done.rejections
    assert line["slug"] == "damaged_archive"
    assert line["origin"].startswith("warc:foreign-00000.warc.gz#")


def test_an_archive_in_a_folder_with_documents_and_one_in_a_wacz(tmp_path: Path) -> None:
    path = archive(tmp_path, page(0), page(1))
    folder = tmp_path / "in"
    folder.mkdir()
    with zipfile.ZipFile(folder / "a.wacz", "w") as made:
        made.write(path, "archive/data.warc.gz")
    (folder / "b.html").write_bytes(body(2))
    (folder / "torn.wacz").write_bytes(b"PK no zip")
    done = replay(tmp_path, folder)
    assert done.balance == {"seen": 4, "stored": 3, "rejected": 1}
    assert [line["slug"] for line in done.rejections] == ["unreadable_file"]
    assert titles(done) == {CATALOG.articles[number].title for number in range(3)}
