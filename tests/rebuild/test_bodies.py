"""Bodies in every coding: a rebuild reads what the crawl has read, and fails on what the crawl has failed on."""

from __future__ import annotations

import gzip
import zlib
from datetime import date
from pathlib import Path

from tests.site import Catalog, Page, SinaSite
from tests.site.pages import render
from tests.support.codings import bare_deflate
from tests.support.crawls import crawl
from tests.support.dataset_snapshot import DatasetSnapshot
from tests.support.rebuilds import rebuild

CATALOG = Catalog.generate(seed=31, lists=[1689], days=[date(2021, 11, 24), date(2021, 11, 25)], count=10)
READABLE = {
    "bare deflate": (200, "deflate", bare_deflate),
    "gzip twice": (200, "gzip, gzip", lambda body: gzip.compress(gzip.compress(body))),
    "gzip members": (200, "gzip", lambda body: gzip.compress(body[:500]) + gzip.compress(body[500:])),
    "zlib": (200, "deflate", zlib.compress),
    "206": (206, "", bytes),
    "203, in gzip": (203, "gzip", gzip.compress),
    "claims gzip only": (200, "gzip", bytes),
}
UNREADABLE = {
    "cut short": (200, "gzip", lambda body: gzip.compress(body)[:-40]),
    "damaged": (200, "deflate", lambda body: b"\\x00\\x01" + zlib.compress(body)[9:]),
}


def test_a_rebuild_reads_the_bodies_that_the_crawl_has_read(tmp_path: Path) -> None:
    readable = {}
    with SinaSite(CATALOG) as site:
        kinds = READABLE | UNREADABLE
        for article, (name, (status, coding, encode)) in zip(CATALOG.articles, kinds.items(), strict=False):
            headers = {"Content-Type": "text/html; charset=utf-8"} | ({"Content-Encoding": coding} if coding else {})
            page = Page(status, headers, encode(render(article)))
            site.pages[article.url] = site.pages[article.list_url] = page
            if name in READABLE:
                readable[article.url] = name
        live = crawl(tmp_path / "live", "sina_gov", "sections=1689", gateway=site.url, RETRY_TIMES=0)
    stored = {row["url"] for row in DatasetSnapshot.read(live.data).rows}
    assert {name for url, name in readable.items() if url not in stored} == set(), live.log
    assert live.balance == {"seen": 10, "stored": 8, "failed": 2}
    assert sorted(entry["slug"] for entry in live.rejections) == ["damaged_body", "truncated_body"]
    made = rebuild(live.data / "raw", tmp_path / "made", "--workers", "1")
    assert {row["url"] for row in DatasetSnapshot.read(made.data).rows} == stored, made.log
    assert DatasetSnapshot.read(made.data).posts == DatasetSnapshot.read(live.data).posts
    (log,) = (made.data / "rejected").glob("*.jsonl")
    assert "damaged_body" in log.read_text("utf-8")
    assert "truncated_body" in log.read_text("utf-8")
