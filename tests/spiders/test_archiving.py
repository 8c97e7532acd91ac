"""Archives of crawls: every response that was fetched, and rows that name the record of their page."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from fastwarc.warc import ArchiveIterator

from govnews_spider.archive.exchange import RecordLocation
from govnews_spider.archive.reader import HttpResponse, Record, http_response, records
from tests.site import Catalog, Page, SinaSite
from tests.site.pages import render
from tests.support.crawls import Crawl, crawl

CATALOG = Catalog.generate(seed=5, lists=[1687, 1689], days=[date(2021, 11, 24), date(2021, 11, 25)], count=12)
LISTS = ("sections=1687,1689",)


def run(data: Path, site: SinaSite, *arguments: str, **settings: Any) -> Crawl:
    return crawl(data, "sina_gov", *LISTS, *arguments, gateway=site.url, **settings)


def kept(data: Path) -> list[tuple[str, HttpResponse]]:
    """Kind of record and answer, in the order of the archives."""
    found: list[tuple[str, HttpResponse]] = []
    for path in sorted((data / "raw").glob("*.warc.gz"), key=lambda path: path.stat().st_mtime_ns):
        for one in records(path):
            assert isinstance(one, Record), one
            record = one.parsed()
            assert one.is_intact(record)
            told = http_response(record) if record.headers["WARC-Type"] in ("response", "revisit") else None
            if told is not None:
                found.append((str(record.headers["WARC-Type"]), told))
    return found


def test_every_answer_is_kept_with_its_original_address_lists_and_robots_too(tmp_path: Path) -> None:
    with SinaSite(CATALOG) as site:
        done = run(tmp_path, site)
        asked = Counter(site.requests)
    assert done.code == 0
    told = kept(tmp_path)
    assert Counter(one.url for _, one in told) == asked
    assert {kind for kind, _ in told} == {"response"}
    assert {one.status for _, one in told} == {200}
    pages = {article.url for article in CATALOG.articles}
    assert pages <= {one.url.partition("?")[0].replace("http:", "https:") for _, one in told}
    assert any(one.url.endswith("/robots.txt") for _, one in told)
    (path,) = (tmp_path / "raw").glob("*.warc.gz")
    assert path.name == f"{done.report['run_id']}-00000.warc.gz"
    assert sum(1 for _ in ArchiveIterator(str(path), parse_http=False)) == 2 * len(told) + 1
    assert len(path.with_name(path.name.replace(".warc.gz", ".cdxj")).read_text("utf-8").splitlines()) == len(told)


def test_the_archives_pass_the_check_of_warcio(tmp_path: Path) -> None:
    with SinaSite(CATALOG) as site:
        run(tmp_path, site)
        run(tmp_path, site, "revisit=9999d")
    paths = [str(path) for path in (tmp_path / "raw").glob("*.warc.gz")]
    assert len(paths) == 2
    command = [sys.executable, "-m", "warcio.cli", "check", "--verbose", *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("digest pass") >= 2 * 12
    assert "digest failed" not in done.stdout


def test_a_page_that_is_fetched_again_and_has_not_changed_refers_to_the_one_before(tmp_path: Path) -> None:
    with SinaSite(CATALOG) as site:
        run(tmp_path, site)
        again = run(tmp_path, site, "revisit=9999d")
    assert again.balance["unchanged"] == 12
    pages = [(kind, one) for kind, one in kept(tmp_path) if "doc-i" in one.url]
    assert Counter(kind for kind, _ in pages) == {"response": 12, "revisit": 12}
    assert all(not one.body for kind, one in pages if kind == "revisit")


def test_a_body_is_kept_packed_as_it_was_sent(tmp_path: Path) -> None:
    article = next(one for one in CATALOG.articles if one.list_url == one.url)
    sent = gzip.compress(render(article))
    with SinaSite(CATALOG) as site:
        site.pages[article.url] = Page(headers={"Content-Type": "text/html", "Content-Encoding": "gzip"}, body=sent)
        done = run(tmp_path, site)
    assert done.balance["stored"] == 12, "the crawl itself has unpacked it"
    packed = [one for _, one in kept(tmp_path) if dict(one.headers).get("Content-Encoding") == "gzip"]
    assert [(one.url, one.body) for one in packed] == [(article.url, sent)]
    assert all(one.body for _, one in kept(tmp_path))


def test_nothing_is_kept_where_it_is_not_wanted_or_only_shown(tmp_path: Path) -> None:
    with SinaSite(CATALOG) as site:
        done = run(tmp_path / "off", site, GOVNEWS_ARCHIVE=0)
        run(tmp_path / "sample", site, "sample=2")
    assert done.code == 0
    assert not list(tmp_path.rglob("raw"))
    assert len(done.posts) == 12


def test_an_archive_that_cannot_be_written_is_named_and_the_articles_are_stored(tmp_path: Path) -> None:
    (tmp_path / "raw").write_text("in the way", "utf-8")
    with SinaSite(CATALOG) as site:
        done = run(tmp_path, site)
    assert done.code == 1
    assert done.balance["stored"] == 12
    assert done.report["faults"][0].startswith("in_the_way: ")


def test_an_origin_that_is_no_archive_names_no_place() -> None:
    assert RecordLocation.of("https://finance.sina.com.cn/a.shtml#12") is None
    assert RecordLocation.of("warc:a.warc.gz") is None
    assert RecordLocation.of("warc:data#1.warc.gz#42") == RecordLocation("data#1.warc.gz", 42)
    assert RecordLocation.of("a.md") is None
