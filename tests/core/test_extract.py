"""Pages that are read, pages that are refused, and what the record says of how it was read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govnews_spider.article import Article, Rejected
from govnews_spider.core import extract
from govnews_spider.core.extract import read_page

PAGE = (Path(__file__).parents[1] / "pages/finance_2018_artibody/stocks.html").read_text("utf-8")
URL = "https://finance.sina.com.cn/china/bwdt/2022-02-10/doc-ikyakumy5000001.shtml"


def without(text: str, replacement: str = "") -> bytes:
    assert text in PAGE
    return PAGE.replace(text, replacement).encode()


@pytest.mark.parametrize(
    ("html", "slug"),
    [
        (b"", "unknown_layout"),
        (
            b"<html><title>\xe9\xa1\xb5\xe9\x9d\xa2\xe6\xb2\xa1\xe6\x9c\x89\xe6\x89\xbe\xe5\x88\xb0</title></html>",
            "unknown_layout",
        ),
        (without('<span class="date">2022年02月10日 08:05</span>'), "no_time"),
        (without("2022年02月10日 08:05", "2022年02月10日"), "bad_time"),
        (without(">三部门联合部署“春季开工” 财政资金提前下达</h1>", "></h1>"), "no_title"),
        (without(">三部门联合部署“春季开工” 财政资金提前下达</h1>", ">三部门\ufffd部署</h1>"), "garbled_title"),
        (PAGE[: PAGE.index("<p>　　本报讯")].encode(), "empty_body"),
    ],
)
def test_a_page_that_lacks_a_mandatory_field_is_rejected(html: bytes, slug: str) -> None:
    with pytest.raises(Rejected) as caught:
        extract(html, url=URL)
    assert caught.value.slug == slug
    assert URL in str(caught.value)


def test_seconds_come_from_a_meta_that_agrees_with_the_minute_shown() -> None:
    assert extract(PAGE.encode(), url=URL).published_at == datetime(2022, 2, 10, 0, 5, 44, tzinfo=UTC)
    later = extract(without("2022-02-10 08:05:44", "2022-02-10 08:06:01"), url=URL)
    assert later.published_at == datetime(2022, 2, 10, 0, 5, tzinfo=UTC)
    assert "published_seconds" not in later.provenance


def test_every_field_says_where_it_came_from() -> None:
    provenance = extract(PAGE.encode(), url=URL).provenance
    assert provenance["title"] == "text:h1.main-title"
    assert provenance["published_at"] == "text:.date-source .date"
    assert provenance["published_seconds"] == "meta:weibo: article:create_at"
    assert provenance["source"] == "text:.date-source .source"
    assert provenance["author"] == "text:记者"
    assert provenance["editor"] == "text:责任编辑"
    assert provenance["body_html"] == "html:#artibody"
    assert provenance["article_id"] == "function:docid_in_url"
    assert provenance["encoding"] == "utf-8: bytes"


def test_a_saved_page_without_an_address_finds_its_own() -> None:
    article = extract(PAGE.encode(), url="")
    assert (article.url, article.article_id) == (URL, "sina:kyakumy5000001")
    assert article.provenance["url"] == "meta:og:url"


def test_the_same_page_in_gb18030_under_a_wrong_header_is_the_same_article() -> None:
    gb = extract(
        PAGE.replace('charset="utf-8"', 'charset="gb2312"').encode("gb18030"),
        url=URL,
        content_type="text/html; charset=utf-8",
    )
    assert (gb.title, gb.text) == (extract(PAGE.encode(), url=URL).title, extract(PAGE.encode(), url=URL).text)
    assert gb.provenance["encoding"] == "gb18030: bytes; header says utf-8"


def test_the_shell_and_the_library_read_the_same() -> None:
    from govnews_spider.core.stages import finish

    assert finish(read_page(PAGE.encode(), url=URL)) == extract(PAGE.encode(), url=URL)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_page_gives_an_article_or_a_rejection(data: st.DataObject) -> None:
    raw = bytearray(PAGE.encode())
    for _ in range(data.draw(st.integers(1, 20))):
        at = data.draw(st.integers(0, len(raw) - 1))
        match data.draw(st.sampled_from(["flip", "cut", "copy"])):
            case "flip":
                raw[at] = data.draw(st.integers(0, 255))
            case "cut":
                del raw[at : at + data.draw(st.integers(1, 500))]
            case "copy":
                raw[at:at] = raw[: data.draw(st.integers(1, 500))]
        if len(raw) < 2:
            break
    try:
        article = extract(bytes(raw), url=URL)
    except Rejected:
        return
    assert isinstance(article, Article)
    assert article.title
    assert article.text
    assert article.published_at.tzinfo is UTC
