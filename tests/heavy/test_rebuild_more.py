"""Rebuilds of articles on several pages, of other lists and of ids that become known later: several crawls each."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.site import Page, SinaSite, SiteArticle
from tests.site.pages import render
from tests.support.crawls import Crawl, crawl
from tests.support.dataset_snapshot import DatasetSnapshot
from tests.support.rebuilds import CATALOG, LISTS, rebuild, rebuild_differences


def test_a_replay_of_the_same_archive_leaves_the_same(tmp_path: Path) -> None:
    with SinaSite(CATALOG) as site:
        live = crawl(tmp_path / "live", "sina_gov", *LISTS, gateway=site.url)
    replayed = crawl(tmp_path / "replayed", "sina_gov", *LISTS, GOVNEWS_REPLAY=live.data / "raw")
    made = rebuild(live.data / "raw", tmp_path / "made")
    assert (live.code, replayed.code, made.code) == (0, 0, 0)
    assert rebuild_differences(live.data, made.data) == []
    assert rebuild_differences(replayed.data, made.data) == []


def test_a_run_that_asked_other_lists_counts_its_articles_for_those(tmp_path: Path) -> None:
    with SinaSite(CATALOG) as site:
        crawl(tmp_path / "live", "sina_gov", *LISTS, gateway=site.url)
        both = next(one for one in CATALOG.articles if len(one.lids) == 2)
        site.publish(replace(both, title=f"{both.title}（更新）", original_title=None))
        done = crawl(tmp_path / "live", "sina_gov", "sections=1687", "revisit=9999d", gateway=site.url)
        assert done.balance["revised"] == 1
    made = rebuild(tmp_path / "live" / "raw", tmp_path / "made")
    assert (made.code, rebuild_differences(tmp_path / "live", made.data)) == (0, [])
    rows = [row for row in DatasetSnapshot.read(made.data).rows if row["article_id"] == f"sina:{both.docid}"]
    assert {row["revision"]: row["section"] for row in rows} == {1: "部委动态", 2: "宏观经济"}


NEXT = '<p class="page"><a href="{url}">下一页</a></p>'


def of_two_pages(article: SiteArticle, first: str, second: str) -> dict[str, bytes]:
    """The address of each page → the page; ``first`` and ``second`` stand in their texts."""
    further = article.url.replace(".shtml", "_2.shtml")
    end = "<!-- 编辑姓名及工作代码-->"
    html = render(article).decode()
    assert html.count(end) == 1
    link = NEXT.format(url=further)
    pages = {article.url: f"<p>{first}</p>{link}{end}", further: f"<p>{second}</p>{end}"}
    return {url: html.replace(end, said).encode() for url, said in pages.items()}


class Paged:
    """A site with one article of two pages, crawled again and again."""

    def __init__(self, site: SinaSite, data: Path) -> None:
        self.site, self.data = site, data
        self.article = next(one for one in CATALOG.articles if one.template == "finance" and one.encoding == "utf-8")
        self.further = self.article.url.replace(".shtml", "_2.shtml")

    def crawl(self, first: str, second: str | None) -> Crawl:
        """With these texts; None: the second page is gone."""
        for url, body in of_two_pages(self.article, first, second or "").items():
            gone = second is None and url == self.further
            page = (
                Page(404, {"Content-Type": "text/html"}, b"gone")
                if gone
                else Page(200, {"Content-Type": "text/html"}, body)
            )
            self.site.pages |= (
                dict.fromkeys((url, url.replace("https:", "http:"), self.article.list_url), page)
                if url == self.article.url
                else {url: page}
            )
        return crawl(self.data, "sina_gov", *LISTS, "revisit=9999d", gateway=self.site.url)


@pytest.fixture
def paged(tmp_path: Path) -> Iterator[Paged]:
    with SinaSite(CATALOG) as site:
        yield Paged(site, tmp_path / "live")


def test_an_article_of_two_pages_changes_with_either(paged: Paged, tmp_path: Path) -> None:
    texts = [("甲", "乙"), ("甲", "丙"), ("丁", "丙")]
    for first, second in texts:
        assert paged.crawl(f"第一页{first}", f"第二页{second}").code == 0
    assert paged.further in paged.site.requests
    done = rebuild(paged.data / "raw", tmp_path / "made")
    assert (done.code, rebuild_differences(paged.data, done.data)) == (0, [])
    rows = [row for row in DatasetSnapshot.read(done.data).rows if row["article_id"] == f"sina:{paged.article.docid}"]
    said = {
        row["revision"]: [line for line in row["text"].split("\n") if line[:3] in ("第一页", "第二页")] for row in rows
    }
    assert said == {number: [f"第一页{first}", f"第二页{second}"] for number, (first, second) in enumerate(texts, 1)}


def test_no_text_is_made_of_pages_of_two_runs(paged: Paged, tmp_path: Path) -> None:
    assert paged.crawl("第一页甲", None).balance["rejected"] == 1
    assert paged.crawl("第一页乙", "第二页丙").balance["stored"] >= 1
    assert paged.crawl("第一页丁", None).balance["rejected"] == 1
    done = rebuild(paged.data / "raw", tmp_path / "made")
    assert (done.code, rebuild_differences(paged.data, done.data)) == (0, [])
    (log,) = (done.data / "rejected").glob("*.jsonl")
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert [(line["slug"], line["url"]) for line in lines] == [("not_archived", paged.article.url)] * 2


def test_a_further_page_is_followed_as_the_crawl_did(paged: Paged, tmp_path: Path) -> None:
    moved = "https://news.sina.com.cn/moved_2.shtml"
    paged.site.fault(paged.further, "redirect", to=moved)
    paged.site.fault(moved, "truncated", times=1)
    paged.site.pages[moved] = Page(
        200, {"Content-Type": "text/plain"}, of_two_pages(paged.article, "", "第二页乙")[paged.further]
    )
    live = paged.crawl("第一页甲", "第二页乙")
    assert (live.code, moved in paged.site.requests) == (0, True)
    done = rebuild(paged.data / "raw", tmp_path / "made")
    assert (done.code, rebuild_differences(paged.data, done.data)) == (0, [])


def test_an_article_whose_docid_becomes_known_keeps_its_id(tmp_path: Path) -> None:
    with SinaSite(CATALOG) as site:
        url = "https://finance.sina.com.cn/china/20211001/10001234567.shtml"
        article = next(one for one in CATALOG.articles if one.encoding == "utf-8")
        site.add_row(1687, url=url, title="通知", ctime=int(article.published.timestamp()))
        for text, docid in (("初稿", None), ("二稿", "kpubaaa0000001"), ("三稿", "kpubaaa0000001")):
            body = render(replace(article, title=f"一份没有编号的通知{text}", original_title=None)).decode()
            body = (
                body.replace(article.docid, docid)
                if docid
                else body.replace(article.docid, "").replace("publishid", "x")
            )
            site.pages[url] = Page(200, {"Content-Type": "text/html"}, body.encode())
            done = crawl(tmp_path / "live", "sina_gov", *LISTS, "revisit=9999d", gateway=site.url)
            assert done.code == 0
    with closing(sqlite3.connect(tmp_path / "live" / "ledger.sqlite")) as db:
        assert db.execute("SELECT count(*) FROM aliases").fetchone()[0] == 1, "it is known under two ids"
    made = rebuild(tmp_path / "live" / "raw", tmp_path / "made")
    assert (made.code, rebuild_differences(tmp_path / "live", made.data)) == (0, [])
