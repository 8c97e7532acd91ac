"""The main job against the stand-in for Sina: everything once, as it is, whatever the site does on the way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

import pytest

from govnews_spider.archive.exchange import RecordLocation
from govnews_spider.archive.reader import Record, http_response, record_at
from govnews_spider.article import SHANGHAI
from govnews_spider.sina.roll import list_url
from govnews_spider.sina.sections import find
from govnews_spider.spiders.arguments import read_arguments
from govnews_spider.storage.dataset import open_articles
from tests.site import Catalog, Page, SinaSite, SiteArticle
from tests.support.crawls import Crawl, crawl

LIDS = [1686, 1687, 1688, 1689, 1690]
DAYS = [date(2021, 11, 23), date(2021, 11, 24), date(2021, 11, 25)]
LARGE = Catalog.generate(seed=11, lists=LIDS, days=DAYS, count=200)
SMALL = Catalog.generate(seed=12, lists=[1689], days=DAYS, count=8)
ARTICLES = [article.url for article in SMALL.articles]
PERIOD = ("since=2021-11-23", "until=2021-11-25")
FIELDS = ("url", "title", "original_title", "published_at", "source", "author", "editor", "keywords", "text")


@pytest.fixture(scope="module")
def large() -> Iterator[SinaSite]:
    with SinaSite(LARGE) as site:
        yield site


@pytest.fixture
def small() -> Iterator[SinaSite]:
    with SinaSite(SMALL) as site:
        yield site


def rows(done: Crawl) -> dict[str, dict[str, Any]]:
    found = open_articles(done.data).to_table().to_pylist()
    assert len({row["article_id"] for row in found}) == len(found)
    return {row["article_id"]: row for row in found}


def run(tmp_path: Path, site: SinaSite, *arguments: str, **settings: object) -> Crawl:
    return crawl(tmp_path, "sina_gov", "sections=1689", *arguments, gateway=site.url, **settings)


def asked(site: SinaSite, part: str) -> int:
    return sum(part in url for url in site.requests)


@pytest.mark.parametrize("arguments", [(), PERIOD], ids=["newest", "backfill"])
def test_every_article_arrives_once_as_the_site_made_it_and_a_second_run_asks_for_none(
    tmp_path: Path, large: SinaSite, arguments: tuple[str, ...]
) -> None:
    done = crawl(tmp_path, "sina_gov", *arguments, gateway=large.url)
    assert (done.code, done.balance) == (0, {"seen": 200, "stored": 200})
    found = rows(done)
    for expected in LARGE.expected():
        row = found[expected["article_id"]]
        assert {name: row[name] for name in FIELDS} == {name: expected[name] for name in FIELDS}
        assert [(image["url"], image["caption"]) for image in row["images"]] == expected["images"]
    before = len(large.requests)
    again = crawl(tmp_path, "sina_gov", *arguments, gateway=large.url)
    assert (again.code, again.balance) == (0, {} if arguments else {"seen": 200, "unchanged": 200})
    assert all("/api/roll/get" in url or "robots.txt" in url for url in large.requests[before:])
    assert again.posts == done.posts


def test_a_row_gives_the_section_and_says_where_it_came_from(tmp_path: Path, small: SinaSite) -> None:
    done = run(tmp_path, small)
    for row in rows(done).values():
        assert row["section"] == "部委动态"
        assert dict(row["provenance"])["section"] == "list:lid"
        assert row["spider"] == "sina_gov"
        place = RecordLocation.of(row["origin"])
        assert place is not None
        kept = record_at(done.data / "raw" / place.name, place)
        assert isinstance(kept, Record)
        found = http_response(kept.parsed())
        assert found is not None
        assert (found.url, found.status) == (row["url"], 200)


def test_the_section_is_the_first_list_asked_for_that_the_row_itself_names(tmp_path: Path) -> None:
    """Not the list that shows the row: which list answers first is chance."""
    article = SMALL.articles[0]
    with SinaSite() as site:
        site.publish(replace(article, lids=()))
        made = int(article.published.timestamp())
        site.add_row(1687, url=article.url, title=article.title, ctime=made, lids="1690,1689,1687")
        site.add_row(1689, url="https://finance.sina.com.cn/a.shtml", title="没有的页", ctime=made)
        done = crawl(tmp_path, "sina_gov", "sections=1689,1687", gateway=site.url)
    (row,) = rows(done).values()
    assert row["section"] == find("1689").name


def test_a_second_page_that_leads_back_to_the_first_ends_the_article(tmp_path: Path) -> None:
    first = "https://finance.sina.com.cn/roll/20111118/12345678901.shtml"
    second = first.replace(".shtml", "_2.shtml")
    body = (
        '<html><body><h1 id="artibodyTitle">一篇分页的文章</h1><span id="pub_date">2011年11月18日 12:34</span>'
        '<div class="blkContainerSblkCon" id="artibody"><p>第一页的正文，写在这里，没有第二页。</p>'
        f'<p class="page"><a href="{second}">下一页</a></p></div></body></html>'
    )
    with SinaSite() as site:
        site.pages[first] = Page(200, {"Content-Type": "text/html; charset=utf-8"}, body.encode())
        site.pages[second] = Page(301, {"Location": first})
        site.add_row(1689, url=first, title="一篇分页的文章", ctime=1321590840)
        done = run(tmp_path, site)
        assert [asked(site, first), asked(site, second)] == [2, 1], "the page, the next one, and where that leads to"
    assert done.code == 0, done.log
    (row,) = rows(done).values()
    assert row["text"].count("第一页的正文") == 1
    assert "pages" not in dict(row["provenance"])


def test_an_article_of_two_lists_is_seen_once_and_the_repeat_counted(tmp_path: Path, large: SinaSite) -> None:
    done = crawl(tmp_path, "sina_gov", gateway=large.url)
    listings = sum(len(article.lids) for article in LARGE.articles)
    assert done.report["repeats"] == listings - 200 > 0
    assert sum(account["rows"] for account in done.report["lists"].values()) == listings


def test_a_page_of_known_rows_ends_the_reading(tmp_path: Path) -> None:
    catalog = Catalog.generate(seed=13, lists=[1689], days=DAYS, count=170)
    with SinaSite(catalog) as site:
        run(tmp_path, site)
        assert asked(site, "/api/roll/get") == 4
        again = run(tmp_path, site)
        assert asked(site, "/api/roll/get") == 5
    assert again.report["lists"]["部委动态"]["pages"] == 1
    assert again.balance == {"seen": 50, "unchanged": 50}


def test_what_is_new_since_the_last_run_is_fetched_alone(tmp_path: Path, small: SinaSite) -> None:
    run(tmp_path, small)
    newer = Catalog.generate(seed=14, lists=[1689], days=[date(2021, 11, 26)], count=2)
    for article in newer.articles:
        small.publish(article)
    before = asked(small, "doc-i")
    done = run(tmp_path, small)
    assert done.balance == {"seen": 10, "stored": 2, "unchanged": 8}
    assert asked(small, "doc-i") == before + 2


LONG = Catalog.generate(seed=13, lists=[1689], days=DAYS, count=120)
NEWEST_FIRST = [article.url for article in sorted(LONG.articles, key=lambda article: article.published, reverse=True)]


@pytest.fixture
def long() -> Iterator[SinaSite]:
    with SinaSite(LONG) as site:
        yield site


def test_a_list_page_that_failed_is_read_by_the_next_run_and_so_is_all_behind_it(
    tmp_path: Path, long: SinaSite
) -> None:
    long.fault(lambda url: "api/roll/get" in url and url.endswith("page=2"), 502, times=3)
    first = run(tmp_path, long)
    assert (first.code, first.balance) == (5, {"seen": 50, "stored": 50})
    assert run(tmp_path, long).balance == {"seen": 120, "stored": 70, "unchanged": 50}
    assert run(tmp_path, long).balance == {"seen": 50, "unchanged": 50}


def test_an_article_that_failed_behind_pages_of_known_rows_arrives_with_the_next_run(
    tmp_path: Path, long: SinaSite
) -> None:
    long.fault(NEWEST_FIRST[-1], 502, times=3)
    assert run(tmp_path, long).code == 5
    assert run(tmp_path, long).balance == {"seen": 120, "stored": 1, "unchanged": 119}
    assert run(tmp_path, long).balance == {"seen": 50, "unchanged": 50}


def test_an_article_that_failed_is_a_gap_in_each_list_that_names_it(tmp_path: Path) -> None:
    with SinaSite() as site:
        for article in LONG.articles:
            site.publish(replace(article, lids=(1688, 1689)))
        site.fault(NEWEST_FIRST[-1], 502, times=3)
        assert crawl(tmp_path, "sina_gov", "sections=1688,1689", gateway=site.url).code == 5
        for lid in (1688, 1689):
            done = crawl(tmp_path, "sina_gov", f"sections={lid}", gateway=site.url)
            assert done.balance["seen"] == 120
        assert done.balance == {"seen": 120, "unchanged": 120}


def test_what_max_pages_left_out_arrives_without_it(tmp_path: Path, long: SinaSite) -> None:
    assert run(tmp_path, long, "max_pages=1").balance == {"seen": 50, "stored": 50}
    assert run(tmp_path, long).balance == {"seen": 120, "stored": 70, "unchanged": 50}


def test_an_article_missing_on_each_page_does_not_keep_the_reading_going(tmp_path: Path, long: SinaSite) -> None:
    for place in (10, 60, 110):
        long.fault(NEWEST_FIRST[place], 404)
    assert run(tmp_path, long).balance == {"seen": 120, "stored": 117, "rejected": 3}
    before = len(long.requests)
    assert run(tmp_path, long).balance == {"seen": 50, "unchanged": 50}
    assert sum("robots" not in url for url in long.requests[before:]) == 1


def test_what_was_off_topic_is_fetched_again_only_for_another_choice(tmp_path: Path, long: SinaSite) -> None:
    word = LONG.articles[0].title[:6]
    dropped = run(tmp_path, long, f"keyword={word}").balance["off_topic"]
    before = asked(long, "doc-i")
    again = run(tmp_path, long, f"keyword={word}")
    assert (asked(long, "doc-i"), again.balance) == (before, {"seen": 50, "unchanged": 50})
    assert run(tmp_path, long).balance == {"seen": 120, "stored": dropped, "unchanged": 120 - dropped}


def test_a_list_that_repeats_its_last_page_for_ever_ends(tmp_path: Path, small: SinaSite) -> None:
    whole = json.loads(small._answer(list_url(find("1689"), 1)).body)
    del whole["result"]["total"]
    for page in range(1, 10):
        small.pages[list_url(find("1689"), page)] = Page(body=json.dumps(whole).encode())
    done = run(tmp_path, small)
    assert (done.code, done.balance) == (0, {"seen": 8, "stored": 8})
    assert done.report["lists"]["部委动态"]["pages"] == 2


def test_max_pages_ends_each_list(tmp_path: Path, large: SinaSite) -> None:
    done = crawl(tmp_path, "sina_gov", "max_pages=1", "sections=1686,1687", gateway=large.url)
    assert [account["pages"] for account in done.report["lists"].values()] == [1, 1]


def test_a_backfill_asks_for_its_days_alone(tmp_path: Path, small: SinaSite) -> None:
    done = run(tmp_path, small, "since=2021-11-24", "until=2021-11-24")
    days = {row["published_at"].astimezone(SHANGHAI).date() for row in rows(done).values()}
    assert days == {date(2021, 11, 24)}
    assert asked(small, "date=2021-11-24") == asked(small, "/api/roll/get") == 1


def test_a_keyword_keeps_the_articles_that_hold_it(tmp_path: Path, small: SinaSite) -> None:
    word = SMALL.articles[0].title[:6]
    holding = [item for item in SMALL.expected() if word in item["title"] or word in item["text"]]
    done = run(tmp_path, small, f"keyword={word}")
    assert done.code == 0
    assert {row["title"] for row in rows(done).values()} == {item["title"] for item in holding}
    assert done.balance["off_topic"] == 8 - len(holding)


def test_topics_keep_the_articles_of_any_of_them(tmp_path: Path, large: SinaSite) -> None:
    found = rows(crawl(tmp_path, "sina_gov", "sections=1689", "topics=医保,营商环境", gateway=large.url))
    assert found
    assert all({"医保", "营商环境"} & set(row["topics"]) for row in found.values())


def test_a_sample_shows_that_many_and_touches_nothing(tmp_path: Path, small: SinaSite) -> None:
    done = run(tmp_path / "data", small, "sample=3")
    assert done.code == 0
    assert not done.data.exists()
    assert sum(article.title in done.out for article in SMALL.articles) == 3


@pytest.mark.parametrize("fault", ["truncated_json", "html", "empty", 502, "reset", "truncated"])
def test_a_list_answer_that_is_bad_once_is_asked_for_again(tmp_path: Path, small: SinaSite, fault: str | int) -> None:
    small.fault("https://feed.mix.sina.com.cn/api", fault, times=1)
    assert run(tmp_path, small).balance == {"seen": 8, "stored": 8}


@pytest.mark.parametrize(
    ("fault", "slug", "outcome", "code"),
    [
        (403, "http_403", "failed", 5),
        (404, "http_404", "rejected", 0),
        (429, "http_429", "failed", 5),
        (502, "http_502", "failed", 5),
        ("truncated", "truncated_body", "failed", 5),
        ("cut", "truncated_body", "failed", 5),
        ("empty", "empty_answer", "failed", 5),
        ("reset", "connection_lost", "failed", 5),
        ("slow", "timeout", "failed", 5),
    ],
)
def test_an_article_that_cannot_be_fetched_is_named_and_the_others_arrive(
    tmp_path: Path, small: SinaSite, fault: str | int, slug: str, outcome: str, code: int
) -> None:
    fault = "truncated_json" if fault == "cut" else fault  # half of a body, with its right length
    small.fault(ARTICLES[0], fault, **({"seconds": 4.0} if fault == "slow" else {}))
    patience = {"DOWNLOAD_TIMEOUT": 2, "RETRY_TIMES": 0} if fault == "slow" else {}
    done = run(tmp_path, small, GOVNEWS_WAIT_MAX=0.05, **patience)
    assert (done.code, done.balance) == (code, {"seen": 8, "stored": 7, outcome: 1})
    assert [(line["slug"], line["outcome"], line["url"]) for line in done.rejections] == [(slug, outcome, ARTICLES[0])]


@pytest.mark.parametrize("fault", [429, 502, "truncated", "truncated_json", "empty", "reset"])
def test_an_article_that_fails_once_is_asked_for_again(tmp_path: Path, small: SinaSite, fault: str | int) -> None:
    small.fault(ARTICLES[0], fault, times=1)
    assert run(tmp_path, small).balance == {"seen": 8, "stored": 8}


def test_an_article_that_failed_arrives_with_the_next_run(tmp_path: Path, small: SinaSite) -> None:
    small.fault(ARTICLES[0], 502, times=3)
    assert run(tmp_path, small).code == 5
    assert run(tmp_path, small).balance == {"seen": 8, "stored": 1, "unchanged": 7}


def test_a_wrong_charset_header_does_not_spoil_a_page(tmp_path: Path, small: SinaSite) -> None:
    small.fault(lambda url: "doc-i" in url, "wrong_charset_header")
    found = rows(run(tmp_path, small))
    assert {item["article_id"]: item["title"] for item in SMALL.expected()} == {
        name: row["title"] for name, row in found.items()
    }


def test_rows_that_are_no_articles_are_accounted_for(tmp_path: Path, small: SinaSite) -> None:
    now = int(datetime(2021, 11, 25, 20, tzinfo=SHANGHAI).timestamp())
    small.add_row(1689, url="https://example.org/a.html", title="别家的页", ctime=now)
    small.add_row(1689, url="", title="没有地址", ctime=now)
    small.add_row(1688, url="https://example.org/a.html", title="别家的页", ctime=now)
    small.add_row(1689, url="https://finance.sina.com.cn/gone/doc-igone1234567.shtml", title="已撤", ctime=now)
    done = crawl(tmp_path, "sina_gov", "sections=1689,1688", gateway=small.url)
    assert (done.balance, done.report["repeats"]) == ({"seen": 11, "stored": 8, "rejected": 3}, 1)
    assert done.report["slugs"] == {"http_404": 1, "offsite_url": 1, "row_without_url": 1}


def test_a_mobile_row_and_a_desktop_row_are_one_article(tmp_path: Path, small: SinaSite) -> None:
    article = SMALL.articles[0]
    small.add_row(1689, url=article.wap_url, title=article.title, ctime=int(article.published.timestamp()) - 1)
    done = run(tmp_path, small)
    assert (done.balance, done.report["repeats"]) == ({"seen": 8, "stored": 8}, 1)


def test_arguments_are_read_into_values() -> None:
    read = read_arguments({"sections": "部委动态，1688", "since": "2021-11-24", "until": "2021-11-25", "sample": "3"})
    assert read.sections == (find("1689"), find("1688"))
    assert list(read.days()) == [date(2021, 11, 24), date(2021, 11, 25)]
    assert (read.sample, read.max_pages, read.keyword, read.topics) == (3, None, None, None)


def test_a_backfill_ends_today_at_most() -> None:
    today = datetime.now(SHANGHAI).date()
    since = today - timedelta(days=1)
    assert list(read_arguments({"since": since.isoformat()}).days()) == [since, today]
    assert list(read_arguments({"since": since.isoformat(), "until": "2999-01-01"}).days()) == [since, today]
    with pytest.raises(ValueError, match="empty_period"):
        read_arguments({"since": "2999-01-01"})


def test_a_keyword_or_a_day_that_says_nothing_is_named() -> None:
    with pytest.raises(ValueError, match="empty_argument: keyword"):
        read_arguments({"keyword": " "})
    with pytest.raises(ValueError, match="before_sina: since=0001-01-01"):
        read_arguments({"since": "0001-01-01"})


def page_of(article: SiteArticle, body: str, following: str | None) -> Page:
    """A page in the article's template whose body is ``body``, with a pager to ``following``."""
    pager = f"<p class='page'><span class='cur'>1</span><a href='{following}'>下一页</a></p>" if following else ""
    shown = article.published.astimezone(SHANGHAI)
    html = (
        f"<meta charset='utf-8'><meta name='publishid' content='{article.docid}'><h1 class='main-title'>{escape(article.title)}</h1>"
        f"<div class='date-source'><span class='date'>{shown:%Y年%m月%d日 %H:%M}</span><a class='source'>{article.media}</a></div>"
        f"<div class='article' id='artibody'>{body}{pager}</div></body></html>"
    )
    return Page(body=html.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


def test_an_article_on_three_pages_is_one_article(tmp_path: Path, small: SinaSite) -> None:
    article = SMALL.articles[0]
    parts = [article.url.replace(".shtml", ending) for ending in (".shtml", "_2.shtml", "_3.shtml")]
    for number, url in enumerate(parts):
        following = parts[number + 1] if number < 2 else None
        small.pages[url] = page_of(article, f"<p>这是第{number + 1}页的正文。</p>", following)
    done = run(tmp_path, small)
    assert done.balance == {"seen": 8, "stored": 8}
    row = rows(done)[f"sina:{article.docid}"]
    assert row["text"] == "这是第1页的正文。\n这是第2页的正文。\n这是第3页的正文。"
    assert dict(row["provenance"])["pages"] == "3"
    assert row["url"] == article.url.replace("http://", "https://")


def test_an_article_whose_second_page_is_missing_is_not_half_stored(tmp_path: Path, small: SinaSite) -> None:
    article = SMALL.articles[0]
    small.pages[article.url] = page_of(article, "<p>第一页。</p>", article.url.replace(".shtml", "_2.shtml"))
    done = run(tmp_path, small)
    assert done.balance == {"seen": 8, "stored": 7, "rejected": 1}
    assert f"sina:{article.docid}" not in rows(done)
    assert done.rejections[0]["url"] == article.url.replace("http://", "https://")


def test_a_changed_template_is_an_alarm_that_names_the_pages(tmp_path: Path, small: SinaSite) -> None:
    for article in SMALL.articles[:6]:
        small.pages[article.url] = Page(
            body="<h1 class='headline'>新模板</h1><div id='artibody'>正文</div>".encode()
            + b"x" * 200
            + b"</body></html>"
        )
    done = run(tmp_path, small)
    assert done.code == 5
    assert done.balance == {"seen": 8, "stored": 2, "rejected": 6}
    assert done.report["layouts"]["none"] == done.report["drifted"] == 6
    assert len(done.report["drifted_pages"]) == 6
    assert "layout drift: 6 of 8 pages (75%)" in done.out
    assert run(tmp_path / "other", small, GOVNEWS_DRIFT_LIMIT=1).code == 0


def test_a_page_without_a_time_takes_its_rows(tmp_path: Path, small: SinaSite) -> None:
    article = SMALL.articles[0]
    page = page_of(article, "<p>正文。</p>", None)
    small.pages[article.url] = Page(
        body=re.sub(rb"<span class='date'>.*?</span>", b"", page.body), headers=page.headers
    )
    row = rows(run(tmp_path, small))[f"sina:{article.docid}"]
    assert (row["published_at"], row["published_from"]) == (article.published, "list:ctime")
