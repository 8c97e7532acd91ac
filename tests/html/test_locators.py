"""Locators of page layouts: the value of each, None where the page does not have it, and the name for the provenance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govnews_spider.html.locators import (
    Attribute,
    Fragment,
    Inner,
    Meta,
    MetaList,
    Outers,
    Page,
    Text,
    Texts,
    children,
    has,
    name_of,
)
from govnews_spider.html.text import squash

PAGE = Page(
    '<head><meta name="keywords" content="医保, 社保，医保,"><meta property="og:title" content=" 题 "></head>'
    '<h1> 甲\u3000乙 </h1><p class="a" data-x=" 1 ">一</p><p class="a">二</p><p class="a"></p><div id="b"><i>丙</i></div>'
    '<div id="bar"><b class="t">一</b><b class="t"> 二 </b><b class="t">一</b></div><div id="empty"></div>'
    '<div id="body">甲<p>乙</p>end<!-- share --><!-- end --><p>丁</p><!-- end --></div>',
    "",
)


@pytest.mark.parametrize(
    ("locator", "value", "name"),
    [
        (Text("h1"), "甲 乙", "text:h1"),
        (Text("h2"), None, "text:h2"),
        (Texts(".a"), ["一", "二"], "texts:.a"),
        (Texts(".none"), None, "texts:.none"),
        (Text(".t", within="#bar"), "一", "text:#bar .t"),
        (Text(".a", within="#bar"), None, "text:#bar .a"),
        (Text(".t", within="#none"), None, "text:#none .t"),
        (Text("#empty"), None, "text:#empty"),
        (Texts(".t", within="#bar"), ["一", "二"], "texts:#bar .t"),
        (Texts(".a", within="#none"), None, "texts:#none .a"),
        (Meta("og:title"), "题", "meta:og:title"),
        (Meta("none"), None, "meta:none"),
        (MetaList("keywords"), ["医保", "社保"], "meta:keywords"),
        (Attribute(".a", "data-x"), "1", "data-x:.a"),
        (Attribute(".none", "x"), None, "x:.none"),
        (Attribute(".a", "none"), None, "none:.a"),
        (MetaList("none"), None, "meta:none"),
        (Inner("#b"), "<i>丙</i>", "html:#b"),
        (Inner("#none"), None, "html:#none"),
        (Inner("#empty"), None, "html:#empty"),
        (Inner("#body", until="end"), "甲<p>乙</p>end<!-- share -->", "html:#body"),
        (Inner("#b", until="end"), "<i>丙</i>", "html:#b"),
        (Outers("p.none"), None, "html:p.none"),
        (Outers("p.a"), '<p class="a" data-x=" 1 ">一</p>\n<p class="a">二</p>\n<p class="a"></p>', "html:p.a"),
    ],
)
def test_a_locator_gives_its_value_or_none_and_says_its_name(locator: object, value: object, name: str) -> None:
    assert locator(PAGE) == value  # type: ignore[operator]
    assert name_of(locator) == name  # type: ignore[arg-type]


def test_the_html_of_a_body_keeps_the_nodes_that_it_was_read_from() -> None:
    inner, outers = Inner("#body", until="end")(PAGE), Outers("p.a")(PAGE)
    assert isinstance(inner, Fragment)
    assert [node.tag for node in inner.nodes] == ["-text", "p", "-text", "-comment"]
    assert isinstance(outers, Fragment)
    assert [node.attributes["class"] for node in outers.nodes] == ["a"] * 3


def test_the_children_of_an_element_are_its_nodes_in_order_and_those_of_none_are_none() -> None:
    assert [node.tag for node in children(PAGE.first("#b"))] == ["i"]
    assert list(children(None)) == list(children(PAGE.first("#empty"))) == []


def test_the_first_meta_of_a_name_counts_and_those_of_the_body_do_not() -> None:
    page = Page(
        '<head><meta name="author" content=" 甲 "><meta name="author" content="乙"><meta property="a" content="1">'
        '<meta content="2"><meta name="b"></head><body><p>文</p><meta name="c" content="3"></body>',
        "",
    )
    assert page.metas == {"author": "甲", "a": "1", "b": ""}


def test_a_mark_is_a_selector_or_a_locator() -> None:
    assert has(PAGE, "#b")
    assert has(PAGE, Meta("og:title"))
    assert not has(PAGE, "#none")
    assert not has(PAGE, Meta("none"))


def test_a_plain_function_is_a_locator() -> None:
    def odd(page: Page) -> str | None:
        return page.url

    assert name_of(odd) == "function:odd"


@given(st.text())
def test_squashed_text_has_no_controls_no_double_spaces_and_no_ends(text: str) -> None:
    squashed = squash(text)
    assert squash(squashed) == squashed
    assert "  " not in squashed
    assert squashed == squashed.strip()
    assert not any(sign < " " or "\x7f" <= sign <= "\x9f" for sign in squashed)
