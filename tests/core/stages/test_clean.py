"""Bodies without furniture: safe, canonical, and nothing of the article lost."""

from __future__ import annotations

from typing import Any

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govnews_spider.article import Article, Image, Rejected
from govnews_spider.core.stages.clean import _SANITIZE, clean, picture_url

TAGS = [
    "p",
    "div",
    "br",
    "b",
    "strong",
    "em",
    "a",
    "span",
    "ul",
    "ol",
    "li",
    "table",
    "tr",
    "td",
    "h2",
    "font",
    "center",
    "section",
    "img",
]


def text_of(article: Any, html: str) -> str:
    return str(clean(article(body_html=html)).text)


def test_paragraphs_and_line_breaks_are_lines_without_indents(article: Any) -> None:
    assert (
        text_of(article, "<p>　　第一段。</p>\n<p>&nbsp;第二段<br/>换行。</p>裸露的文字")
        == "第一段。\n第二段\n换行。\n裸露的文字"
    )


def test_inline_tags_never_put_spaces_into_words(article: Any) -> None:
    assert text_of(article, "<p>跨<b>省</b><font>通</font><span>办</span></p>") == "跨省通办"


def test_a_linked_stock_name_is_text_and_its_quote_is_not(article: Any) -> None:
    html = '<p>投资<span id="stock_sh601899"><a class="keyword" href="https://a.sina.com.cn/x">紫金矿业</a></span><span id="quote_sh601899">(9.1, 1%)</span>等。</p>'
    assert text_of(article, html) == "投资紫金矿业等。"


def test_comments_scripts_and_styles_leave_nothing(article: Any) -> None:
    html = "<!--article_adlist[<p>整段广告</p><img src='//n.sinaimg.cn/x.jpg'>]article_adlist--><style>.a{}</style><script>var s='<p>假</p>'</script><p>正文</p>"
    cleaned = clean(article(body_html=html))
    assert (cleaned.text, cleaned.images, cleaned.body_html) == ("正文", [], "<p>正文</p>")


@pytest.mark.parametrize(
    "furniture",
    [
        '<div class="clearfix appendQr_wrap"><img src="https://n.sinaimg.cn/finance/cece9e13/20200514/343233024.png"><p>海量资讯、精准解读，尽在新浪财经APP</p></div>',
        '<div class="app-kaihu-qr"><p>开户</p></div>',
        '<div class="ct_hqimg"><p>点击查看最新行情</p></div>',
        '<div id="left_hzh_ad"><p>广告</p></div>',
        '<p class="page"><a href="https://a.sina.com.cn/2.shtml">下一页</a></p>',
        '<p class="article-notice">特别声明：以上文章内容仅代表作者本人观点，不代表新浪看点观点或立场。</p>',
        "<p>进入【新浪财经股吧】讨论</p>",
        "<p>THE_END</p>",
        "<p>声明：新浪网独家稿件，未经授权禁止转载。</p>",
        '<img src="data:image/gif;base64,R0lGOD"><img src="https://picsum.photos/400/300?random=3"><img src="//image.sinajs.cn/newchart/min/n/sh000001.gif">',
    ],
)
def test_furniture_is_dropped_and_its_neighbours_stay(article: Any, furniture: str) -> None:
    cleaned = clean(article(body_html=f"<p>之前</p>{furniture}<p>之后</p>"))
    assert (cleaned.text, cleaned.images) == ("之前\n之后", [])


@pytest.mark.parametrize(
    "line",
    [
        "投资有风险，入市须谨慎。",
        "他说，进入【新浪财经股吧】讨论的人很多。",
        "记者了解到，声明：此事属实。",
        "更多居民请进入政务大厅办理社保、医保等事项。",
        "我要反馈问题的市民可拨打12345热线。",
        "下一条快讯将在五分钟后播出",
        "炒股开户享福利的骗局近日被警方侦破，三名嫌疑人落网，涉案金额超过两千万元，警方提醒市民谨慎投资。",
        "编辑：这次改革有什么亮点？",
        "编辑：王蒙",
    ],
)
def test_sentences_that_only_look_like_promotion_stay(article: Any, line: str) -> None:
    assert text_of(article, f"<p>{line}</p>") == line


@pytest.mark.parametrize(
    ("line", "editor"),
    [
        ("责任编辑：李昂 ", "李昂"),
        ("责任编辑：支全明 SF099", "支全明 SF099"),
        ("（编辑：SN064）", "SN064"),
        ("(责编： 山水)", "山水"),
        ("【责任编辑：王婧】", "王婧"),
        ("责任编辑 王蒙", "王蒙"),
        ("责任编辑：王蒙、李四；校对：赵六", "王蒙、李四"),
    ],
)
def test_the_editor_leaves_the_text_and_is_never_the_author(article: Any, line: str, editor: str) -> None:
    cleaned = clean(article(body_html=f'<p>正文。</p><p class="article-editor">{line}</p>'))
    assert (cleaned.text, cleaned.editor, cleaned.author) == ("正文。", editor, None)
    assert cleaned.provenance["editor"].startswith("text:")


@pytest.mark.parametrize(
    "html", ['<p class="article-editor">责任编辑： </p>', '<p class="show_author"></p>', "<p>责任编辑：</p>"]
)
def test_an_editors_line_without_a_name_leaves_the_text_too(article: Any, html: str) -> None:
    cleaned = clean(article(body_html=f"<p>正文。</p>{html}"))
    assert (cleaned.text, cleaned.editor) == ("正文。", None)


def test_the_editor_in_brackets_at_the_end_of_a_paragraph_leaves_it(article: Any) -> None:
    cleaned = clean(article(body_html="<p>正文的<strong>结尾。</strong>（责任编辑：王蒙）</p>"))
    assert (cleaned.text, cleaned.editor) == ("正文的结尾。", "王蒙")
    assert cleaned.body_html == "<p>正文的<strong>结尾。</strong></p>"


def test_what_stands_before_the_editor_in_brackets_may_be_furniture_itself(article: Any) -> None:
    html = "<p>正文。</p><p>分享到: （责任编辑：王蒙）</p><p>（责任编辑：王蒙）（责任编辑：李四）</p>"
    assert text_of(article, html) == "正文。"


def test_the_responsible_editor_is_named_before_any_other(article: Any) -> None:
    cleaned = clean(article(body_html="<p>正文。</p><p>（编辑：张三）</p><p>责任编辑：李四</p>"))
    assert (cleaned.text, cleaned.editor) == ("正文。", "李四")


def test_a_pager_that_says_something_is_none(article: Any) -> None:
    html = '<p class="page">这一段是正文。</p><p class="page"><span>上一页</span><a href="#">2</a> 下一页</p>'
    assert text_of(article, html) == "这一段是正文。"


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("原标题：国务院通知（全文）", "国务院通知（全文）"),
        ("（原标题：国务院通知（全文））", "国务院通知（全文）"),
        ("【原标题：甲】", "甲"),
    ],
)
def test_the_brackets_of_an_original_title_are_its_own(article: Any, line: str, title: str) -> None:
    assert clean(article(body_html=f"<p>{line}</p><p>正文。</p>")).original_title == title


@pytest.mark.parametrize(
    "line", ["原标题：两部门延长缓税期限", "（原标题：两部门延长缓税期限）", "原标题 两部门延长缓税期限"]
)
def test_the_original_title_leaves_the_text(article: Any, line: str) -> None:
    cleaned = clean(article(body_html=f"<p>　　{line}</p><p>正文。</p>"))
    assert (cleaned.text, cleaned.original_title) == ("正文。", "两部门延长缓税期限")


def test_a_line_of_a_paragraph_can_be_furniture_alone(article: Any) -> None:
    cleaned = clean(article(body_html="<p>正文。<br>责任编辑：李昂</p>"))
    assert (cleaned.text, cleaned.editor, cleaned.body_html) == ("正文。", "李昂", "<p>正文。</p>")


def test_the_source_line_in_an_ad_comment_is_found(article: Any) -> None:
    cleaned = clean(
        article(body_html="<p>正文。</p><!--article_adlist[<p>来源：江城市人民政府发布</p>]article_adlist-->")
    )
    assert (cleaned.source, cleaned.provenance["source"]) == ("江城市人民政府发布", "comment:article_adlist")


def test_a_source_that_the_page_shows_is_not_replaced(article: Any) -> None:
    cleaned = clean(article(source="江城日报", body_html="<p>正文。</p><p>来源：新华社</p>"))
    assert (cleaned.source, cleaned.text) == ("江城日报", "正文。\n来源：新华社")


def test_captions_stand_apart_from_the_text(article: Any) -> None:
    html = '<div class="img_wrapper"><img src="//n.sinaimg.cn/a.jpg" alt="x"><span class="img_descr"> 会场。<b>记者</b> 摄</span></div><p>正文。</p>'
    cleaned = clean(article(body_html=html))
    assert (cleaned.text, cleaned.images) == (
        "正文。",
        [Image(url="https://n.sinaimg.cn/a.jpg", caption="会场。记者 摄")],
    )


def test_the_caption_of_a_picture_that_is_none_goes_with_it(article: Any) -> None:
    html = '<div class="img_wrapper"><img src="data:image/png;base64,AA"><span class="img_descr">扫码下载</span></div><p>正文。</p>'
    assert text_of(article, html) == "正文。"


def test_pictures_are_https_and_in_order(article: Any) -> None:
    html = '<p>甲<img src="http://n.sinaimg.cn/1.jpg">乙</p><p><img src="https://cors.zfour.workers.dev/?http://lain.example.org/2.jpg"></p>'
    cleaned = clean(article(body_html=html))
    assert [image.url for image in cleaned.images] == ["https://n.sinaimg.cn/1.jpg", "https://lain.example.org/2.jpg"]
    assert cleaned.text == "甲\n乙"
    assert cleaned.body_html.count('referrerpolicy="no-referrer"') == 2


def test_a_table_of_data_is_a_table_and_tab_separated_lines(article: Any) -> None:
    html = "<table><tr><th colspan='2'>地区</th><td>数量</td></tr><tr><td>甲</td><td>乙<br>丙</td><td> 3 </td></tr></table>"
    cleaned = clean(article(body_html=html))
    assert cleaned.text == "地区\t数量\n甲\t乙 丙\t3"
    assert '<th colspan="2">地区</th>' in cleaned.body_html


def test_a_table_that_only_lays_out_is_paragraphs(article: Any) -> None:
    assert (
        clean(article(body_html="<table><tr><td><p>甲</p><p>乙</p></td></tr></table>")).body_html
        == "<p>甲</p>\n<p>乙</p>"
    )


def test_a_table_keeps_its_caption_its_spanned_rows_and_its_cells_as_data(article: Any) -> None:
    html = (
        "<table><caption>表1 各地指标</caption><tr><th rowspan='3'>出口</th><td>来源：海关总署</td></tr><tr></tr>"
        "<tr><td>编辑：赵</td><td><img src='//n.sinaimg.cn/a.jpg'>丙</td></tr><tr><td colspan='99999'>丁</td></tr></table>"
    )
    cleaned = clean(article(body_html=html))
    assert cleaned.text == "表1 各地指标\n出口\t来源：海关总署\n编辑：赵\t丙\n丁"
    assert (cleaned.source, cleaned.editor) == (None, None)
    assert [image.url for image in cleaned.images] == ["https://n.sinaimg.cn/a.jpg"]
    assert "99999" not in cleaned.body_html


def test_lists_and_headings_stay(article: Any) -> None:
    cleaned = clean(article(body_html="<h1>总则</h1><ol><li>一</li><li><p>二</p></li></ol>"))
    assert (cleaned.body_html, cleaned.text) == ("<h2>总则</h2>\n<ol><li>一</li><li>二</li></ol>", "总则\n一\n二")


@pytest.mark.parametrize(
    "attack",
    [
        '<p onclick="x()">正文</p>',
        '<p><a href="javascript:alert(1)">正文</a></p>',
        '<p>正文</p><img src="https://n.sinaimg.cn/a.jpg" onerror="x()">',
        "<p>正文</p><svg><script>x()</script></svg><math><mtext></p><img src=x onerror=x()>",
        '<p>正文</p><iframe src="https://evil.example.org"></iframe><noscript><p title="</noscript><img src=x onerror=x()>">',
    ],
)
def test_nothing_that_runs_survives(article: Any, attack: str) -> None:
    html = clean(article(body_html=attack)).body_html
    assert not any(sign in html for sign in ("onclick", "onerror", "javascript", "<script", "<iframe", "<svg"))


def test_a_body_without_text_is_rejected(article: Any) -> None:
    with pytest.raises(Rejected) as caught:
        clean(article(body_html='<img src="data:image/png;base64,AA"><p>责任编辑：李昂</p>'))
    assert caught.value.slug == "empty_body"


def test_a_body_of_pictures_alone_is_a_gallery(article: Any) -> None:
    cleaned = clean(
        article(body_html='<div class="img_wrapper"><img src="//n.sinaimg.cn/a.jpg"></div><p>责任编辑：李昂</p>')
    )
    assert (cleaned.kind, cleaned.text, len(cleaned.images), cleaned.editor) == ("gallery", "", 1, "李昂")


def test_a_video_may_have_no_text(article: Any) -> None:
    assert clean(article(kind="video", body_html='<div id="Video_Cont"></div>')).text == ""


def test_ten_thousand_nested_blocks_are_read(article: Any) -> None:
    assert text_of(article, "<div>" * 10_000 + "深处" + "</div>" * 10_000) == "深处"


def test_a_picture_that_is_loaded_late_is_the_picture(article: Any) -> None:
    html = '<p>正文。</p><img src="//i0.sinaimg.cn/home/c.gif" data-src="//n.sinaimg.cn/a b.jpg?x=&quot;1&quot;">'
    assert [image.url for image in clean(article(body_html=html)).images] == [
        "https://n.sinaimg.cn/a%20b.jpg?x=%221%22"
    ]


def test_the_sanitizer_alone_stops_what_must_not_be_in_a_post() -> None:
    raw = (
        '<p onclick="x()">甲<script>x()</script><a href="javascript:x()">乙</a>'
        '<img src="https://a.cn/b.jpg" onerror="x()"><div class="evil">丙</div></p>'
    )
    html = _SANITIZE.clean(raw)
    assert "甲" in html
    assert not any(sign in html for sign in ("onclick", "onerror", "javascript", "script", "evil"))


@pytest.mark.parametrize(
    ("html", "links"),
    [
        ('<a href="//a.sina.com.cn/x y">甲</a>', 1),
        ('<a href="https://evil">甲</a>', 0),
        ('<a href="javascript:x()">甲</a>', 0),
        ('<a href="https://a.sina.com.cn/1">甲<b>乙<a href="https://b.sina.com.cn/2">丙</a></b></a>', 2),
    ],
)
def test_a_link_is_kept_where_it_leads_somewhere(article: Any, html: str, links: int) -> None:
    cleaned = clean(article(body_html=f"<p>{html}</p>"))
    assert cleaned.body_html.count("<a href=") == links
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    "src",
    [
        "",
        "https://a.cnd3x.800/b.jpg",
        "/relative.jpg",
        "x",
        "https://n.sinaimg.cn/finance/cece9e13/20200514/343233024.png",
    ],
)
def test_what_is_no_picture_has_no_address(src: str) -> None:
    assert picture_url(src) is None


def test_a_spacer_is_known_by_the_address_that_would_be_written() -> None:
    assert picture_url("//i0.sinaimg.cn/home/c.gif央行") == picture_url("//i0.sinaimg.cn/home/c.gif%E5%A4%AE") == ""


def test_a_spacer_does_not_come_between_a_picture_and_its_caption(article: Any) -> None:
    html = '<center><img src="//n.sinaimg.cn/a.jpg"><br><img src="http://i0.sinaimg.cn/home/c.gif"><br>会场<br></center><p>正文。</p>'
    cleaned = clean(article(body_html=html))
    assert (cleaned.text, cleaned.images) == ("正文。", [Image(url="https://n.sinaimg.cn/a.jpg", caption="会场")])


@pytest.mark.parametrize(
    "caption",
    [
        '<p style="text-align: center;">市民在窗口办事</p>',
        '<p align="center">市民在窗口办事</p>',
        "<p>图为市民在窗口办事。</p>",
        "<p>市民在窗口办事。（江城日报 李木 摄）</p>",
        "<p>市民在窗口办事（图源：江城发布）</p>",
        "<p>市民 在窗口办事</p>",
    ],
)
def test_a_paragraph_that_speaks_of_the_picture_above_it_is_its_caption(article: Any, caption: str) -> None:
    cleaned = clean(
        article(body_html=f'<p><img src="//n.sinaimg.cn/a.jpg" alt="市民 在窗口办事"></p>{caption}<p>正文。</p>')
    )
    assert cleaned.text == "正文。"
    assert "办事" in cleaned.images[0].caption


@pytest.mark.parametrize(
    "paragraph",
    [
        '<p align="center"><strong>小标题</strong></p>',
        '<p align="center">附件：名单</p>',
        "<p>资料图书馆开放时间延长，市民可以预约。</p>",
        "<p>这是正文的第一段。</p>",
        f'<p align="center">{"长" * 161}</p>',
        "<h2>图为何而来</h2>",
    ],
)
def test_a_paragraph_of_the_text_is_no_caption(article: Any, paragraph: str) -> None:
    cleaned = clean(article(body_html=f'<p><img src="//n.sinaimg.cn/a.jpg"></p>{paragraph}'))
    assert (cleaned.images[0].caption, bool(cleaned.text)) == ("", True)


fragments = st.recursive(
    st.sampled_from(
        [
            "跨省通办",
            "　　",
            " ",
            "责任编辑：李昂",
            "原标题：甲",
            "a&b<c",
            "\u200b",
            "来源：新华社",
            "图为会场",
            "{x}",
            "“引”",
        ]
    ),
    lambda inner: st.tuples(
        st.sampled_from(TAGS),
        st.sampled_from(
            [
                "",
                ' class="img_descr"',
                ' align="center"',
                ' class="img_wrapper"',
                ' href="//a.sina.com.cn/"',
                ' src="//n.sinaimg.cn/a.jpg" alt="图"',
                ' src="data:image/png;base64,AA"',
            ]
        ),
        st.lists(inner, max_size=4),
    ).map(lambda made: f"<{made[0]}{made[1]}>{''.join(made[2])}</{made[0]}>"),
    max_leaves=25,
)


def cleaned_or_none(article: Article) -> Article | None:
    try:
        return clean(article)
    except Rejected:
        return None


@settings(max_examples=300)
@given(html=fragments | st.text(max_size=80))
def test_cleaning_twice_is_cleaning_once_and_what_is_left_is_safe(html: str) -> None:
    from datetime import UTC, datetime

    raw = Article(
        title="题",
        published_at=datetime(2021, 1, 1, tzinfo=UTC),
        published_raw="",
        published_from="",
        body_html=html,
        layout="",
        origin="",
    )
    once = cleaned_or_none(raw)
    if once is not None:
        assert clean(once) == once
        assert _SANITIZE.clean(once.body_html) == once.body_html
        assert nh3.is_html(once.body_html)
        assert once.char_count == len(once.text)
        assert all(line == line.strip() and line for line in once.text.split("\n")) or once.kind == "gallery"
