"""Pages that are read, pages that are refused, and what the record says of how it was read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govnews_spider.article import Article, Rejected
from govnews_spider.core import extract
from govnews_spider.core.extract.reading import Reading, read_page

PAGE = (Path(__file__).parents[2] / "pages/finance_2018_artibody/stocks.html").read_text("utf-8")
URL = "https://finance.sina.com.cn/china/bwdt/2022-02-10/doc-ikyakumy5000001.shtml"


def without(text: str, replacement: str = "") -> bytes:
    assert text in PAGE
    return PAGE.replace(text, replacement).encode()


@pytest.mark.parametrize(
    ("html", "slug"),
    [
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
    from govnews_spider.core.stages.order import finish

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


CHROME = "<div>" + "新浪首页 新闻 财经 体育 娱乐 科技 博客 图片 专栏 更多 " * 4 + "</div>"


@pytest.mark.parametrize(
    ("html", "url", "slug"),
    [
        ("", "", "empty_page"),
        (
            "<html><head><script>var a = '很长的脚本';</script></head><body><div id='app'></div></body></html>",
            URL,
            "empty_page",
        ),
        (f"<title>页面没有找到</title>{CHROME}<p>5秒钟之后将会带您进入新浪首页!</p>", URL, "error_page"),
        (f"<title>春節就醫何處去？-新浪新聞中心</title><h1>春節就醫何處去？</h1>{CHROME}", "", "sister_site"),
        (f"<title>财经滚动新闻_新浪网</title><ul><li><a href='#'>一</a></li></ul>{CHROME}", "", "not_an_article"),
        (
            f"<title>新模板</title><div class='headline'>题</div><div id='artibody'>正文</div>{CHROME}",
            "",
            "unknown_layout",
        ),
        (f"<title>新模板</title><div class='headline'>题</div>{CHROME}", URL, "unknown_layout"),
    ],
)
def test_a_page_that_no_layout_reads_says_what_it_is_instead(html: str, url: str, slug: str) -> None:
    with pytest.raises(Rejected) as caught:
        extract(html.encode(), url=url)
    assert caught.value.slug == slug


def test_sources_of_time_that_disagree_by_more_than_a_day_are_told() -> None:
    html = without("2022-02-10T08:30:29+08:00", "2022-02-12T08:30:29+08:00")
    conflict = extract(html, url=URL).provenance["published_conflict"]
    assert conflict == "meta:article:published_time says 2022-02-12T08:30:29+08:00"
    assert "published_conflict" not in extract(PAGE.encode(), url=URL).provenance


@pytest.mark.parametrize(
    ("other", "conflicts"),
    [
        ("2022-02-09T08:05:00+08:00", False),
        ("2022-02-11T08:05:00+08:00", False),
        ("2022-02-11T08:05:01+08:00", True),
        ("2022-02-09T08:04:59+08:00", True),
    ],
)
def test_a_day_to_the_second_is_no_conflict_and_a_second_more_is_one(other: str, conflicts: bool) -> None:
    """Of the displayed minute, 08:05:00, where no other time gives its seconds."""
    html = without("2022-02-10 08:05:44", "2022-02-10 09:00:00").replace(b"2022-02-10T08:30:29+08:00", other.encode())
    says = extract(html, url=URL).provenance.get("published_conflict")
    assert says == (f"meta:article:published_time says {other}" if conflicts else None)


def test_the_time_in_an_old_address_is_compared_too() -> None:
    provenance = extract(PAGE.encode(), url="http://finance.sina.com.cn/china/20140301/024218372262.shtml").provenance
    assert provenance["published_conflict"] == "function:time_in_address says 2014-03-01T02:42:00+08:00"


def test_a_flash_of_the_live_feed_is_its_own_kind() -> None:
    assert (
        extract(PAGE.encode(), url="https://finance.sina.cn/7x24/2022-02-10/detail-ikyakumy5000001.d.html").kind
        == "live"
    )


@pytest.mark.parametrize(
    "data", ["", "{}", '{"images": "none"}', '{"images": [', '{"images": [1, {"download_img": 5}]}', "[]"]
)
def test_a_gallery_without_readable_pictures_is_no_gallery(data: str) -> None:
    with pytest.raises(Rejected):
        extract(f"<title>组图</title><script>var slide_data = {data};</script>{CHROME}".encode(), url="")


@pytest.mark.parametrize("value", ["0,0,0", ",", "x" * 400, "../../etc", "31,1", "<b>", "1,1,0"])
def test_a_publishid_that_is_none_identifies_nothing(value: str) -> None:
    html = without('content="kyakumy5000001"', f'content="{value}"').replace(b"doc-ikyakumy5000001", b"x")
    assert extract(html, url="").article_id.startswith(("url:", "text:"))


def test_control_characters_reach_no_field() -> None:
    html = without("三部门联合部署", "三\x01部\x7f门联合部署").replace("会议要求".encode(), "会议\x08要\x81求".encode())
    article = extract(html, url=URL)
    assert article.title.startswith("三部门联合部署")
    assert "会议要求" in article.text
    assert not any(sign < " " and sign != "\n" for sign in article.body_html)


def test_a_text_that_cannot_be_read_is_rejected_and_one_broken_sign_is_not() -> None:
    assert "\ufffd" in extract(without("会议要求", "会议\ufffd求"), url=URL).text
    with pytest.raises(Rejected) as caught:
        extract(without("会议要求", "会议" + "\ufffd" * 9), url=URL)
    assert caught.value.slug == "garbled_text"


@pytest.mark.parametrize(
    ("html", "slug"),
    [
        ("<div>" * 4000, "too_deep"),
        ("<ul><li>" * 2000, "too_deep"),
        ("<i></i>" * 30_000, "too_large"),
        (PAGE.replace("<p>　　本报讯", f"<p>{'长' * 300_000}</p><p>　　本报讯"), "too_large"),
    ],
)
def test_a_page_that_would_cost_too_much_is_refused(html: str, slug: str) -> None:
    with pytest.raises(Rejected) as caught:
        extract(html.encode(), url=URL)
    assert caught.value.slug == slug


MOBILE = "https://finance.sina.cn/2022-02-10/detail-ikyakumy5000001.d.html"


def test_a_mobile_page_that_names_its_desktop_address_has_that_one() -> None:
    article = extract(PAGE.encode(), url=MOBILE)
    assert (article.url, article.article_id, article.provenance["url"]) == (URL, "sina:kyakumy5000001", "meta:og:url")
    other = extract(without("doc-ikyakumy5000001", "doc-ikyakumy5000002"), url=MOBILE)
    assert (other.url, other.article_id) == (MOBILE, "sina:kyakumy5000001")


def test_a_mobile_page_that_names_no_desktop_address_keeps_the_one_that_was_asked_for() -> None:
    html = "\n".join(line for line in PAGE.splitlines() if "og:url" not in line and "canonical" not in line)
    article = extract(html.encode(), url=MOBILE)
    assert (article.url, article.provenance["url"]) == (MOBILE, "request")
    saved = extract(PAGE.encode(), url="")
    assert (saved.url, saved.provenance["url"]) == (URL, "meta:og:url")


def test_a_page_in_utf_16_that_would_cost_too_much_is_refused_too() -> None:
    html = "<html><head><title>深</title></head><body>" + "<div>" * 4000
    with pytest.raises(Rejected) as caught:
        extract(html.encode("utf-16"), url=URL)
    assert caught.value.slug == "too_deep"


@pytest.mark.parametrize("shown", ["来源：市场观察报", "2022年02月10日 08:05 市场观察报", "文章来源: 市场观察报"])
def test_a_source_is_the_medium_alone(shown: str) -> None:
    html = without(
        '<span class="source ent-source">市场观察报</span>', f'<span class="source ent-source">{shown}</span>'
    )
    assert extract(html, url=URL).source == "市场观察报"


def test_an_author_beside_the_time_is_not_the_editor_and_not_the_medium() -> None:
    def read(span: str) -> str | None:
        html = without("08:05</span>", f"08:05</span>{span}").replace(
            "（记者 何知秋、段怀远 通讯员 白鹭）".encode(), b""
        )
        return extract(html, url=URL).author

    assert read('<span class="date">作者：王小明 编辑：李四</span>') == "王小明"
    assert read('<a data-sudaclick="content_author_p">周慕白</a>') == "周慕白"
    assert read('<a data-sudaclick="content_author_p">新浪财经</a>') is None


def test_the_time_of_the_list_stands_in_where_the_page_shows_none() -> None:
    listed = datetime(2022, 2, 10, 0, 5, 7, tzinfo=UTC)
    html = without('<span class="date">2022年02月10日 08:05</span>')
    article = Reading(html, url=URL, listed_at=listed).article()
    assert (article.published_at.replace(second=0), article.published_from) == (listed.replace(second=0), "list:ctime")
    shown = Reading(PAGE.encode(), url=URL, listed_at=listed + timedelta(days=3)).article()
    assert shown.published_from == "text:.date-source .date"
    assert shown.provenance["published_conflict"] == "list:ctime says 2022-02-13T00:05:07+00:00"
