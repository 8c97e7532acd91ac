"""One spelling, and titles restored only where their 原标题 line proves them."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govnews_spider.article import Image, Rejected
from govnews_spider.core.documents.format import DEFAULT_CATEGORIES, MANGLED
from govnews_spider.core.stages.normalize import content_hash, normalize, restore


@pytest.mark.parametrize(
    ("title", "original", "restored"),
    [
        ("十四家开发区_牵手_，事项将_通办_", "十四家开发区“牵手”，事项将“通办”", "十四家开发区“牵手”，事项将“通办”"),
        (
            "江城扩大朋友圈 七省九市_通办_开启",
            "江城扩大朋友圈，七省九市“通办”开启",
            "江城扩大朋友圈 七省九市“通办”开启",
        ),
        ("坚决防止_一刀切_", "《坚决防止“一刀切”》", "坚决防止“一刀切”"),
        ("比例为 3_4_ 谁来定", "比例为3:4?谁来定", "比例为 3:4? 谁来定"),
        ("A_B 计划", "A_B 计划", "A_B 计划"),
        ("江城 七省_通办_", "江城，　七省“通办”", "江城 七省“通办”"),
        ("江城 、七省_通办_", "江城、七省“通办”", "江城 、七省“通办”"),
        ("江城_通办_", "  江 城“通　　办” ", "江城“通办”"),
        ("江城 通办_", "江城通办”", "江城 通办”"),
    ],
)
def test_a_title_is_restored_where_the_original_agrees(title: str, original: str, restored: str) -> None:
    assert restore(title, original) == restored


@pytest.mark.parametrize(
    "original", [None, "", "另一条标题“牵手”", "开发区“牵手”了", "开发区甲牵手乙", "开发区“牵手", "开发区牵手"]
)
def test_a_title_that_nothing_proves_stays_as_it_is(original: str | None) -> None:
    assert restore("开发区_牵手_", original) == "开发区_牵手_"


@given(st.text(alphabet="京津冀联盟“”:?*[]|甲乙 1", min_size=1, max_size=30))
def test_every_mangled_title_is_restored_from_itself(original: str) -> None:
    mangled = "".join("_" if sign in MANGLED else sign for sign in original)
    assert restore(mangled, original) == original


def test_title_marks_around_an_original_are_left_out_where_they_hold_all_of_it() -> None:
    assert restore("_一刀切_", "《“一刀切”》") == "“一刀切”"
    assert restore("《甲》和《乙》_", "《甲》和《乙》？") == "《甲》和《乙》_", (
        "they belong to it; and ？ is written as it is"
    )
    assert restore("《甲》和《乙》_", "《甲》和《乙》?") == "《甲》和《乙》?"


def test_a_restored_title_says_where_it_came_from(article: Any) -> None:
    assert normalize(article(title="开发区_牵手_", original_title="开发区“牵手”")).provenance["title"] == "text:原标题"


@pytest.mark.parametrize("suffix", ["_新浪财经_新浪网", "_新浪新闻", "|新浪财经", "-新浪网"])
def test_a_site_suffix_is_no_title(article: Any, suffix: str) -> None:
    assert normalize(article(title=f"  财政部：\u3000资金已下达{suffix} ")).title == "财政部： 资金已下达"


def test_one_spelling(article: Any) -> None:
    shown = datetime(2021, 11, 25, 18, 57, tzinfo=timezone(timedelta(hours=8)))
    images = [Image(url="https://n.sinaimg.cn/a.jpg", caption=" 图 "), Image(url="https://n.sinaimg.cn/b.jpg")]
    normal = normalize(
        article(published_at=shown, source=" 新京报\u3000", author="", keywords=["医保", " 医保 ", ""], images=images)
    )
    assert (normal.published_at, normal.published_at.tzinfo) == (shown, UTC)
    assert (normal.source, normal.author, normal.keywords) == ("新京报", None, ["医保"])
    assert (normal.headimg, normal.images[0].caption) == ("https://n.sinaimg.cn/a.jpg", "图")
    assert normalize(normal) == normal


@pytest.mark.parametrize(
    ("title", "slug"), [("", "no_title"), ("\u3000", "no_title"), ("朱\ufffd基谈财税", "garbled_title")]
)
def test_a_title_that_cannot_be_one_is_rejected(article: Any, title: str, slug: str) -> None:
    with pytest.raises(Rejected) as caught:
        normalize(article(title=title))
    assert caught.value.slug == slug


@pytest.mark.parametrize(
    ("unreadable", "length", "rejected"), [(3, 9, False), (4, 9, True), (10, 1000, False), (11, 1000, True)]
)
def test_a_text_may_have_three_unreadable_signs_or_one_in_a_hundred(
    article: Any, unreadable: int, length: int, rejected: bool
) -> None:
    garbled = article(text="\ufffd" * unreadable + "税" * (length - unreadable))
    if not rejected:
        assert normalize(garbled).text == garbled.text
        return
    with pytest.raises(Rejected, match=f"{unreadable} signs of the text") as caught:
        normalize(garbled)
    assert caught.value.slug == "garbled_text"


@pytest.mark.parametrize(
    ("shown", "source"),
    [
        ("来源：新京报", "新京报"),
        ("文章来源: 新京报", "新京报"),
        ("稿件来自：新京报 ", "新京报"),
        ("2021年11月25日 18:57 新京报", "新京报"),
        ("新京报 2021-11-25 18:57:03", "新京报"),
        ("1921年的来信", "1921年的来信"),
        ("新京报：", "新京报"),
        ("来源：", None),
        ("2021/11/25 18:57", None),
        ("责任编辑：何思远", None),
        (None, None),
    ],
)
def test_a_source_is_the_medium_without_its_label_and_the_time(
    article: Any, shown: str | None, source: str | None
) -> None:
    assert normalize(article(source=shown)).source == source


def test_what_is_not_given_is_the_default_and_what_the_document_says_of_its_picture_does_not_count(
    article: Any,
) -> None:
    normal = normalize(article(headimg="https://n.sinaimg.cn/qr.png", provenance={"headimg": "key:thumbnail"}))
    assert (normal.headimg, normal.categories) == (None, list(DEFAULT_CATEGORIES))
    assert normal.provenance == {"categories": "default"}
    assert normalize(article(categories=["金融"])).categories == ["金融"]
    assert normalize(article(categories=["金融"])).provenance == {}


@given(st.text() | st.text(alphabet="ﾊﾞｶ゙がｱ゙e\u0301é한ᄒ\u1161\u11abＡ１①㎏，。甲 "))
def test_texts_are_compared_in_nfkc(text: str) -> None:
    assert content_hash(text, "") == content_hash(unicodedata.normalize("NFKC", text), "")
    assert (
        content_hash("", text)
        == sha256(b"\n" + "".join(unicodedata.normalize("NFKC", text).split()).encode()).hexdigest()
    )


def test_the_content_hash_changes_with_the_content_only() -> None:
    assert content_hash("医保 ＡＰＰ", "第１段。\n第2段") == content_hash("医保APP", "第1段。 第2段")
    assert content_hash("医保", "第1段。") != content_hash("医保", "第2段。")
    assert content_hash("甲乙", "丙") != content_hash("甲", "乙丙")
