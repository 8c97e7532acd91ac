"""Pages of one article: read one after the other, joined, and ended where the site leads back."""

from __future__ import annotations

import pytest

from govnews_spider.article import Rejected
from govnews_spider.core.extract.multipage import ArticleReader, PageSource
from govnews_spider.sina.pager import MOST_PAGES

FIRST = "https://finance.sina.com.cn/roll/20111118/12345678901{}.shtml"


def address(number: int) -> str:
    return FIRST.format(f"_{number}" if number > 1 else "")


def page(number: int, *, follows: int | None = None, url: str = "", editor: str = "") -> PageSource:
    link = f'<p class="page"><a href="{address(follows)}">下一页</a></p>' if follows else ""
    credit = f"<p>(编辑：{editor})</p>" if editor else ""
    body = (
        f'<html><body><h1 id="artibodyTitle">一篇分页的文章</h1><span id="pub_date">2011年11月18日 12:34</span>'
        f'<div class="blkContainerSblkCon" id="artibody"><p>第{number}页的正文，写在这里。</p>{credit}{link}</div></body></html>'
    )
    return PageSource(body.encode(), url or address(number), "text/html; charset=utf-8")


def reader() -> ArticleReader:
    return ArticleReader(origin=address(1))


def test_pages_are_asked_for_one_after_the_other_and_joined_in_their_order() -> None:
    article_reader = reader()
    assert article_reader.read(page(1, follows=2)) == address(2)
    assert article_reader.read(page(2, follows=3)) == address(3)
    assert article_reader.read(page(3)) is None
    article = article_reader.article()
    assert [article.body_html.count(f"第{number}页") for number in (1, 2, 3)] == [1, 1, 1]
    assert article.body_html.index("第1页") < article.body_html.index("第3页")
    assert (article.provenance["pages"], article.origin) == ("3", address(1))


def test_an_article_of_one_page_says_nothing_of_pages() -> None:
    article_reader = reader()
    assert article_reader.read(page(1)) is None
    assert "pages" not in article_reader.article().provenance


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(page(1, follows=2, url=address(1)), id="redirected to page 1"),
        pytest.param(page(1, follows=2, url=address(2)), id="page 1 under the address of page 2"),
        pytest.param(page(1, follows=2, url=address(1).replace("https:", "http:")), id="redirected to page 1 by http"),
    ],
)
def test_an_article_ends_at_a_page_that_was_read_already(second: PageSource) -> None:
    article_reader = reader()
    assert article_reader.read(page(1, follows=2)) == address(2)
    assert article_reader.read(second) is None
    assert article_reader.article().body_html.count("第1页") == 1
    assert "pages" not in article_reader.article().provenance


def test_a_circle_of_three_pages_ends_at_its_beginning() -> None:
    article_reader = reader()
    article_reader.read(page(1, follows=2))
    article_reader.read(page(2, follows=3))
    article_reader.read(page(3, follows=4))
    assert article_reader.read(page(2, follows=3, url=address(2))) is None
    assert len(article_reader.pages) == 3


def test_a_pager_without_end_is_left_after_the_most_pages() -> None:
    article_reader = reader()
    following: str | None = address(1)
    number = 0
    while following is not None:
        number += 1
        following = article_reader.read(page(number, follows=number + 1))
    assert number == len(article_reader.pages) == MOST_PAGES


def test_a_truncated_page_counts_as_not_given_and_may_be_given_again() -> None:
    article_reader = reader()
    article_reader.read(page(1, follows=2))
    whole = page(2)
    with pytest.raises(Rejected, match="truncated_body"):
        article_reader.read(whole._replace(body=whole.body[:-20]))
    assert article_reader.read(whole) is None
    assert article_reader.article().provenance["pages"] == "2"
