"""Articles on several pages: the next page, and the end."""

from __future__ import annotations

import pytest

from govnews_spider.html.locators import Page
from govnews_spider.sina.pager import next_page, page_number

FIRST = "http://tech.sina.com.cn/s/2012-01-12/17066632680.shtml"
SECOND = "https://tech.sina.com.cn/s/2012-01-12/17066632680_2.shtml"


def page(url: str, href: str, text: str = "下一页") -> Page:
    return Page(f"<p class='page'><span>上一页</span><span class='cur'>1</span><a href='{href}'>{text}</a></p>", url)


@pytest.mark.parametrize(
    ("url", "href", "following"),
    [
        (FIRST, "http://tech.sina.com.cn/s/2012-01-12/17066632680_2.shtml", SECOND),
        (FIRST, "17066632680_2.shtml", SECOND),
        (SECOND, "17066632680_3.shtml", SECOND.replace("_2", "_3")),
        (SECOND, "17066632680.shtml", None),
        (SECOND, "17066632680_2.shtml", None),
        (FIRST, "http://tech.sina.com.cn/s/2012-01-12/17066632681_2.shtml", None),
        (FIRST, "http://evil.example.org/s/2012-01-12/17066632680_2.shtml", None),
        (FIRST, "javascript:;", None),
    ],
)
def test_the_next_page_is_the_same_article_further_on(url: str, href: str, following: str | None) -> None:
    assert next_page(page(url, href)) == following


def test_another_link_of_the_pager_is_not_followed() -> None:
    assert next_page(page(FIRST, "17066632680_2.shtml", "2")) is None


@pytest.mark.parametrize(
    ("url", "number"),
    [(FIRST, 1), (SECOND, 2), ("https://finance.sina.cn/2016-01-01/detail-ifxneef1234567_3.d.html", 3), ("", 1)],
)
def test_the_number_of_a_page_stands_in_its_address(url: str, number: int) -> None:
    assert page_number(url) == number
