"""The stand-in is only worth something while it behaves like Sina; here it is asked by urllib alone, and its truth is put to the test."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from html import unescape
from itertools import combinations
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import HTTPRedirectHandler, build_opener

import pytest
from selectolax.lexbor import LexborHTMLParser

from govnews_spider.archive.lookup import ArchiveLookup
from govnews_spider.core import extract
from govnews_spider.core.dedup.compare import ComparableText, compare_texts
from govnews_spider.core.dedup.fingerprint import band_keys, normalized_text, sketch
from tests.site import Block, Catalog, Page, SinaSite, SiteArticle, demo_catalog
from tests.site.furniture import QR_IMAGE
from tests.site.model import SHANGHAI
from tests.site.pages import render
from tests.support.crawls import ROOT

LISTS = [1686, 1687, 1688, 1689, 1690]
DAYS = [date(2021, 11, day) for day in (23, 24, 25)]
ROLL = "https://feed.mix.sina.com.cn/api/roll/get"


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


OPENER = build_opener(_NoRedirect)


def catalog(count: int = 60, seed: int = 7) -> Catalog:
    return Catalog.generate(seed=seed, lists=LISTS, days=DAYS, count=count)


def repeating(count: int, seed: int = 7) -> Catalog:
    return Catalog.generate(seed=seed, lists=LISTS, days=DAYS, count=count, reprints=6)


def get(site: SinaSite, url: str) -> bytes:
    with OPENER.open(f"{site.url}/{url}", timeout=5) as answer:
        return bytes(answer.read())


def listed(site: SinaSite, lid: int, **query: object) -> dict[str, Any]:
    extra = "".join(f"&{name}={value}" for name, value in query.items())
    result: dict[str, Any] = json.loads(get(site, f"{ROLL}?pageid=155&lid={lid}{extra}"))["result"]
    return result


@pytest.fixture
def site() -> Iterator[SinaSite]:
    with SinaSite(catalog()) as running:
        yield running


@pytest.fixture
def article() -> SiteArticle:
    return catalog().articles[0]


def test_the_same_seed_gives_byte_identical_pages_and_another_seed_others() -> None:
    first, again, other = ([render(a) for a in catalog(30, seed).articles] for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_a_longer_catalog_begins_with_the_shorter_one() -> None:
    assert catalog(40).articles[:25] == catalog(25).articles


def test_generated_articles_are_no_near_copies_of_one_another() -> None:
    shingles = [{a.text[i : i + 5] for i in range(len(a.text) - 4)} for a in catalog(200).articles]
    worst = max(len(one & other) / len(one | other) for i, one in enumerate(shingles) for other in shingles[:i])
    assert worst < 0.3


def test_a_longer_catalog_with_repeats_begins_with_the_shorter_one_and_repeats_none_without_being_asked() -> None:
    assert repeating(90).articles[:70] == repeating(70).articles
    assert [a for a in repeating(60).articles if a.repeats is None][:5] == catalog(5).articles
    assert catalog(300).reprints() == {}


def test_reprints_stand_on_other_days_and_in_other_lists_and_come_out_before_what_they_repeat_now_and_then() -> None:
    made = repeating(300).articles
    by_docid = {a.docid: a for a in made}
    pairs = [(a, by_docid[a.repeats]) for a in made if a.repeats]
    sizes = Counter(Counter(a.repeats or a.docid for a in made).values())
    assert sizes.keys() == {1, 2, 3, 4}
    assert {a.published < first.published for a, first in pairs} == {True, False}
    assert {a.published.date() == first.published.date() for a, first in pairs} == {True, False}
    assert {bool({*a.lids} & {*first.lids}) for a, first in pairs} == {True, False}
    assert {a.title == first.title for a, first in pairs} == {True, False}
    assert {a.text == first.text for a, first in pairs} == {True, False}
    assert any(a.original_title == first.title for a, first in pairs)
    assert len({a.docid for a in made}) == len({a.url for a in made}) == len(made)


def test_the_truth_of_a_group_is_the_first_that_was_published_whichever_was_made_first() -> None:
    made = repeating(300)
    published = {f"sina:{a.docid}": (a.published, f"sina:{a.docid}") for a in made.articles}
    root = {f"sina:{a.docid}": f"sina:{a.repeats or a.docid}" for a in made.articles}
    truth = made.reprints()
    assert len(truth) == sum(a.repeats is not None for a in made.articles) > 30
    assert not truth.keys() & {*truth.values()}
    assert all(root[other] == root[first] and published[first] < published[other] for other, first in truth.items())
    assert any(root[other] == other for other in truth)


def test_what_the_truth_calls_reprints_are_judged_to_be_and_no_sibling_and_nothing_else_is() -> None:
    """By the pairs that keys on disk would find: all of each group, and none across."""
    made = repeating(200).articles
    found: dict[int, list[int]] = {}
    for number, article in enumerate(made):
        minima = sketch(normalized_text(article.text))
        assert minima is not None
        for key in band_keys(minima):
            found.setdefault(key, []).append(number)
    pairs = {pair for numbers in found.values() for pair in combinations(numbers, 2)}
    groups = [a.repeats or a.docid for a in made]
    wanted = {pair for pair in combinations(range(len(made)), 2) if groups[pair[0]] == groups[pair[1]]}
    texts = {number: ComparableText.of(made[number].text) for pair in pairs for number in pair}
    kinds = {pair: compare_texts(texts[pair[0]], texts[pair[1]]).kind for pair in pairs}
    assert {pair for pair, kind in kinds.items() if kind == "reprint"} == wanted
    assert "sibling" in kinds.values()


def test_pages_of_reprints_and_siblings_are_read_back_as_they_are_expected() -> None:
    for made in repeating(120).articles:
        truth = made.expected
        read = extract(render(made), url=made.url)
        assert [(image.url, image.caption) for image in read.images] == truth.pop("images")
        assert {name: getattr(read, name) for name in truth} == truth


def test_ids_and_titles_are_unique_and_every_list_has_every_day() -> None:
    made = catalog(300)
    assert len({a.docid for a in made.articles}) == len({a.title for a in made.articles}) == 300
    assert {(lid, a.published.date()) for a in made.articles for lid in a.lids} == {(x, d) for x in LISTS for d in DAYS}
    assert any(len(a.lids) == 2 for a in made.articles)


def test_the_catalog_holds_every_trap_that_it_promises() -> None:
    made = catalog(200).articles
    titles, texts = "".join(a.title for a in made), "".join(a.text for a in made)
    assert all(mark in titles for mark in ("“", '"', "&", "《", " ", "｜"))
    assert {a.template for a in made} == {"finance", "news"}
    assert {a.encoding for a in made} == {"utf-8", "gb18030"}
    assert {block.kind for a in made for block in a.blocks} == {"p", "subhead", "image", "table"}
    assert any("?cre=" in a.list_url for a in made)
    assert any(a.list_url.startswith("http:") for a in made)
    assert any(a.published.hour in (0, 23) for a in made)
    assert any(a.reporter and "、" in a.reporter for a in made)
    assert any(a.editor is None for a in made)
    assert any(a.editor and " SF" in a.editor for a in made)
    assert any(a.stocks for a in made)
    assert any(a.docid.startswith("i") for a in made)
    assert "{" not in titles + texts


def test_paging_gives_every_article_of_a_list_exactly_once_newest_first(site: SinaSite) -> None:
    for lid in LISTS:
        wanted = [f"comos:{a.docid}" for a in catalog().of(lid)]
        pages = [listed(site, lid, num=5, page=number) for number in range(1, len(wanted) // 5 + 2)]
        assert [row["docid"] for page in pages for row in page["data"]] == wanted
        assert {page["total"] for page in pages} == {len(wanted)}


def test_a_page_past_the_end_is_empty_and_no_page_holds_more_than_fifty() -> None:
    with SinaSite(Catalog.generate(seed=1, lists=[1686], days=DAYS, count=70)) as site:
        assert len(listed(site, 1686, num=500)["data"]) == 50
        past = listed(site, 1686, num=50, page=3)
        assert (past["data"], past["total"], past["status"]["code"]) == ([], 70, 0)
        assert listed(site, 1686, num=50, page=0) == listed(site, 1686, num=50, page=1)


@pytest.mark.parametrize("day", DAYS)
def test_the_day_archive_gives_that_days_rows_only(site: SinaSite, day: date) -> None:
    start = int(datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).timestamp())
    end = start + 86400
    for lid in LISTS:
        result = listed(site, lid, num=50, etime=start, stime=end, ctime=end, date=day.isoformat())
        wanted = [f"comos:{a.docid}" for a in catalog().of(lid) if a.published.date() == day]
        assert [row["docid"] for row in result["data"]] == wanted
        assert result["total"] == len(wanted) > 0


@pytest.mark.parametrize("value", ["NaN", "0", ""])
def test_a_window_without_numbers_is_no_window(site: SinaSite, value: str) -> None:
    assert listed(site, 1686, etime=value, stime=value, ctime=value, date="day") == listed(site, 1686)


def test_a_named_callback_gives_the_jsonp_form_and_an_empty_one_bare_json(site: SinaSite) -> None:
    bare = get(site, f"{ROLL}?pageid=155&lid=1686&callback=")
    wrapped = get(site, f"{ROLL}?pageid=155&lid=1686&callback=jQuery11_1")
    assert json.loads(bare)["result"]["status"] == {"code": 0, "msg": "succ"}
    assert wrapped == b"try{jQuery11_1(" + bare + b");}catch(e){};"


@pytest.mark.parametrize("query", ["pageid=153&lid=1686", "pageid=155&lid=2516", "lid=1686", "pageid=155&lid=x"])
def test_an_unregistered_pair_is_code_11_with_status_200(site: SinaSite, query: str) -> None:
    assert json.loads(get(site, f"{ROLL}?{query}"))["result"]["status"]["code"] == 11


def test_rows_have_the_types_of_the_real_answer(site: SinaSite) -> None:
    raw = get(site, "http://feed.sina.com.cn/api/roll/get?pageid=155&lid=1686&num=50")
    rows = json.loads(raw)["result"]["data"]
    assert b"https:\\/\\/" in raw
    assert raw.isascii()
    for row, source in zip(rows, catalog().of(1686), strict=True):
        assert row["ctime"] == str(int(source.published.timestamp()))
        assert (row["url"], json.loads(row["urls"])) == (source.list_url, [source.list_url])
        assert (row["title"], row["media_name"]) == (source.title, source.media)
        assert row["keywords"] == ",".join(source.keywords)
        assert row["img"] == (row["images"][0] if source.images else [])


def test_pages_parse_and_hold_what_is_expected(site: SinaSite) -> None:
    for made in catalog().articles:
        body = get(site, made.list_url)
        assert get(site, made.url) == body
        page, truth = LexborHTMLParser(body.decode(made.encoding)), made.expected
        assert [node.text() for node in page.css("h1.main-title")] == [truth["title"]]
        shown = page.css(".date-source .date")[0].text()
        created = page.css('meta[name="weibo: article:create_at"]')[0].attributes["content"] or ""
        assert shown == made.published.strftime("%Y年%m月%d日 %H:%M")
        assert datetime.fromisoformat(f"{created}+08:00") == truth["published_at"]
        assert page.css(".date-source .source")[0].text() == truth["source"]
        assert [node.text() for node in page.css("div.keywords a")] == truth["keywords"]
        editors = [node.text() for node in page.css("p.article-editor, p.show_author")]
        assert editors == ([f"责任编辑：{truth['editor']} "] if truth["editor"] else [])


def test_every_expected_line_and_picture_stands_in_the_body(site: SinaSite) -> None:
    for made in catalog().articles:
        page = LexborHTMLParser(get(site, made.url).decode(made.encoding))
        body = page.css("#artibody" if made.template == "finance" else "#article")[0]
        flat = body.text().replace("\n", "")
        assert all(line.replace("\t", "") in flat for line in made.expected["text"].split("\n"))
        assert all(row.count("\t") == 2 for row in made.text.split("\n") if "\t" in row)
        pictures = [
            f"https:{(node.attributes['src'] or '').removeprefix('https:')}" for node in body.css(".img_wrapper img")
        ]
        captions = [node.text() for node in body.css(".img_descr")]
        assert list(zip(pictures, captions, strict=True)) == made.expected["images"]
        assert (QR_IMAGE in (body.html or "")) == (made.template == "finance")


def test_a_percent_encoded_original_url_is_the_same_url(site: SinaSite, article: SiteArticle) -> None:
    assert get(site, quote(article.url, safe="")) == get(site, article.url)
    assert site.requests == [article.url, article.url]


def test_an_unknown_page_is_sinas_404_page(site: SinaSite) -> None:
    with pytest.raises(HTTPError, match="404") as caught:
        get(site, "https://finance.sina.com.cn/china/2021-11-25/doc-ikzzzzzz0000000.shtml")
    text = caught.value.read().decode()
    assert "页面没有找到" in text
    assert "5秒钟" in text


def test_topic_pages_and_empty_shells_have_no_expectation(article: SiteArticle) -> None:
    topic, shell = demo_catalog().articles[-1], article
    shell.template, shell.blocks = "shell", ()
    assert not LexborHTMLParser(render(topic).decode()).css("#artibody, #article, h1.main-title")
    lines = [node.text() for node in LexborHTMLParser(render(shell).decode()).css("#article p")]
    assert lines == [f"责任编辑：{shell.editor} "]
    for page in (topic, shell):
        with pytest.raises(ValueError, match="no_expectation"):
            _ = page.expected


def test_added_pages_and_rows_are_served(site: SinaSite) -> None:
    url = "https://k.sina.com.cn/article_1_2.html"
    site.pages[url] = Page(200, {"Content-Type": "text/html; charset=gbk"}, "国务院".encode("gbk"))
    site.add_row(1686, url=url, title="外来的一行", ctime=1637900000, media_name="某号")
    first = listed(site, 1686)["data"][0]
    assert get(site, url).decode("gbk") == "国务院"
    assert (first["title"], first["ctime"], first["media_name"]) == ("外来的一行", "1637900000", "某号")


def test_publishing_again_replaces_the_page_and_its_row(site: SinaSite, article: SiteArticle) -> None:
    before, rows = get(site, article.url), listed(site, article.lids[0], num=50)["total"]
    article.blocks = (*article.blocks, Block("p", "更正：文中日期有误，现已改正。"))
    site.publish(article)
    assert "现已改正" in get(site, article.url).decode()
    assert get(site, article.url) != before
    assert listed(site, article.lids[0], num=50)["total"] == rows


def test_robots_can_be_anything_for_all_hosts_or_one_for_a_while_or_for_good(site: SinaSite) -> None:
    urls = [f"https://{host}.sina.com.cn/robots.txt" for host in ("finance", "news")]
    assert [get(site, url) for url in urls] == [b"User-agent: *\nAllow: /\n"] * 2
    site.robots(404)
    site.robots(200, "User-agent: *\nDisallow: /", host="news.sina.com.cn")
    site.robots(503, "<html>busy</html>", content_type="text/html", host="news.sina.com.cn", times=2)
    statuses = []
    for url in [*urls, urls[1], urls[1]]:
        try:
            statuses.append(get(site, url).decode())
        except HTTPError as error:
            statuses.append(f"{error.code} {error.headers['Content-Type']}")
            error.close()
    assert statuses == ["404 text/plain", "503 text/html", "503 text/html", "User-agent: *\nDisallow: /"]


@pytest.mark.parametrize("status", [403, 404, 429, 502, 503])
def test_a_status_fault_strikes_as_often_as_it_says(site: SinaSite, article: SiteArticle, status: int) -> None:
    site.fault(article.url, status, times=2)
    for _ in range(2):
        with pytest.raises(HTTPError) as caught:
            get(site, article.list_url)
        assert caught.value.code == status
        assert caught.value.headers["Retry-After"] == ("1" if status == 429 else None)
        caught.value.close()
    assert get(site, article.url) == render(article)


def test_retry_after_can_be_set(site: SinaSite, article: SiteArticle) -> None:
    site.fault(article.url, 503, retry_after="Thu, 25 Nov 2021 11:11:45 GMT")
    with pytest.raises(HTTPError) as caught:
        get(site, article.url)
    assert caught.value.headers["Retry-After"] == "Thu, 25 Nov 2021 11:11:45 GMT"
    caught.value.close()


def test_a_slow_answer_is_right_but_late(site: SinaSite, article: SiteArticle) -> None:
    site.fault(article.url, "slow", seconds=0.2)
    start = time.perf_counter()
    assert get(site, article.url) == render(article)
    assert time.perf_counter() - start >= 0.2


def test_a_truncated_answer_promises_more_than_it_sends(site: SinaSite, article: SiteArticle) -> None:
    site.fault(article.url, "truncated")
    with pytest.raises(http.client.IncompleteRead) as caught:
        get(site, article.url)
    assert render(article).startswith(caught.value.partial)
    assert caught.value.expected


def test_a_reset_connection_gives_no_answer(site: SinaSite, article: SiteArticle) -> None:
    site.fault(article.url, "reset", times=1)
    with pytest.raises((ConnectionError, URLError)):
        get(site, article.url)
    assert get(site, article.url) == render(article)


@pytest.mark.parametrize(
    "to",
    [None, "https://finance.sina.com.cn/x.shtml", "https://example.com/", "file:///etc/passwd", "http://127.0.0.1:1/"],
)
def test_a_redirect_leads_where_it_is_told_and_without_that_in_a_loop(
    site: SinaSite, article: SiteArticle, to: str | None
) -> None:
    site.fault(article.url, "redirect", to=to)
    with pytest.raises(HTTPError) as caught:
        get(site, article.url)
    assert (caught.value.code, caught.value.headers["Location"]) == (302, to or article.url)
    caught.value.close()


def test_broken_lists_are_broken_in_the_way_that_was_asked_for(site: SinaSite) -> None:
    good = get(site, f"{ROLL}?pageid=155&lid=1686")
    answers = {}
    for kind in ("truncated_json", "html", "empty", "code11", "empty_list"):
        site.fault(lambda url: "lid=1686" in url, kind, times=1)
        answers[kind] = get(site, f"{ROLL}?pageid=155&lid=1686")
    assert answers["truncated_json"] == good[: len(good) // 2]
    assert answers["html"].startswith(b"<!DOCTYPE html>")
    assert answers["empty"] == b""
    assert json.loads(answers["code11"])["result"]["status"]["code"] == 11
    empty = json.loads(answers["empty_list"])["result"]
    assert (empty["status"]["code"], empty["total"], empty["data"]) == (0, 0, [])
    assert get(site, f"{ROLL}?pageid=155&lid=1686") == good


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_wrong_charset_header_stands_over_a_gb_page(site: SinaSite, encoding: str) -> None:
    made = next(a for a in catalog().articles if a.encoding == encoding)
    site.fault(made.url, "wrong_charset_header")
    with OPENER.open(f"{site.url}/{made.url}") as answer:
        body, header = answer.read(), answer.headers["Content-Type"]
    assert header == "text/html; charset=utf-8"
    assert b"charset=gb2312" in body
    assert made.title in unescape(body.decode("gb18030"))
    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")


def test_an_unknown_fault_names_the_known_ones(site: SinaSite) -> None:
    with pytest.raises(ValueError, match=r"unknown_fault: 'slwo'.*slow, truncated"):
        site.fault("https://finance.sina.com.cn/", "slwo")


def test_a_kept_alive_connection_carries_many_requests_and_does_not_delay_the_end(article: SiteArticle) -> None:
    site = SinaSite(catalog())
    connection = http.client.HTTPConnection(site.url.removeprefix("http://"), timeout=5)
    ports = set()
    for _ in range(3):
        connection.request("GET", f"/{article.url}")
        assert connection.getresponse().read() == render(article)
        ports.add(connection.sock.getsockname()[1])
    assert len(ports) == 1
    site.fault(article.url, "slow", seconds=60)
    connection.request("GET", f"/{article.url}")
    start = time.perf_counter()
    site.stop()
    connection.close()
    assert time.perf_counter() - start < 1
    assert not [thread for thread in threading.enumerate() if "sina-site" in thread.name]


def test_requests_of_many_clients_at_once_are_all_counted(site: SinaSite) -> None:
    urls = [a.url for a in catalog().articles]
    threads = [threading.Thread(target=get, args=(site, url)) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(site.requests) == Counter(urls)


def test_a_failure_of_the_site_itself_is_not_taken_for_the_crawlers() -> None:
    site = SinaSite()
    site.fault(lambda url: bool(1 // 0), 404)
    with pytest.raises((URLError, ConnectionError, http.client.HTTPException)):
        get(site, "https://finance.sina.com.cn/")
    with pytest.raises(RuntimeError, match=r"site_failed: .*ZeroDivisionError"):
        site.stop()


def test_the_demo_has_40_articles_in_all_five_lists_11_of_them_reprints_and_one_topic_page() -> None:
    demo = demo_catalog()
    articles = [a for a in demo.articles if a.is_article]
    assert (len(articles), len(demo.articles), len(demo.reprints())) == (40, 41, 11)
    assert {lid for a in articles for lid in a.lids} == set(LISTS)
    assert {a.published.date() for a in articles} > set(DAYS)
    assert len({a.docid for a in demo.articles}) == 41
    assert len({a.title for a in articles if a.repeats is None}) == 29
    assert {a.template for a in demo.articles} == {"finance", "news", "topic"}
    assert all(f"记者 {a.reporter}）" in a.text for a in articles if a.reporter)
    assert all(2 <= sum(block.kind == "p" for block in a.blocks) <= 4 for a in articles)
    assert demo.expected()[0]["published_at"].utcoffset() == timedelta(0)


def test_the_archive_of_the_demo_holds_what_the_demo_site_answers() -> None:
    """Made by `python -m tests.site --archive examples/demo.warc.gz`; to be made anew where the site changes."""
    path = ROOT / "examples" / "demo.warc.gz"
    assert path.stat().st_size < 300_000
    with ArchiveLookup([path]) as kept, SinaSite(demo_catalog()) as site:
        for article in demo_catalog().articles:
            found = kept.find(article.list_url.replace("http:", "https:"), unpacked=True) or kept.find(
                article.url, unpacked=True
            )
            assert found is not None, article.url
            with OPENER.open(f"{site.url}/{found.response.url}") as answer:
                assert answer.read() == found.response.body, article.url
