"""What layouts are made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govnews_spider.html.locators import Attribute, Inner, Meta, MetaList, Outers, Page, Text, Texts, name_of
from govnews_spider.html.text import squash

PAGE = Page(
    '<head><meta name="keywords" content="医保, 社保，医保,"><meta property="og:title" content=" 题 "></head>'
    '<h1> 甲\u3000乙 </h1><p class="a" data-x=" 1 ">一</p><p class="a">二</p><p class="a"></p><div id="b"><i>丙</i></div>',
    "",
)


@pytest.mark.parametrize(
    ("locator", "value", "name"),
    [
        (Text("h1"), "甲 乙", "text:h1"),
        (Text("h2"), None, "text:h2"),
        (Texts(".a"), ["一", "二"], "texts:.a"),
        (Texts(".none"), None, "texts:.none"),
        (Meta("og:title"), "题", "meta:og:title"),
        (Meta("none"), None, "meta:none"),
        (MetaList("keywords"), ["医保", "社保"], "meta:keywords"),
        (Attribute(".a", "data-x"), "1", "data-x:.a"),
        (Attribute(".none", "x"), None, "x:.none"),
        (Inner("#b"), "<i>丙</i>", "html:#b"),
        (Outers("p.a"), '<p class="a" data-x=" 1 ">一</p>\n<p class="a">二</p>\n<p class="a"></p>', "html:p.a"),
    ],
)
def test_a_locator_gives_its_value_or_none_and_says_its_name(locator: object, value: object, name: str) -> None:
    assert locator(PAGE) == value  # type: ignore[operator]
    assert name_of(locator) == name  # type: ignore[arg-type]


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
