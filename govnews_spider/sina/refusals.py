"""Pages that no layout reads: what they are instead of an article, as far as they say so themselves."""

from __future__ import annotations

import re
from typing import Final

from govnews_spider.html.locators import Page, Text
from govnews_spider.html.text import squash
from govnews_spider.sina import urls

ERROR_PAGE: Final = re.compile(
    r"页面没有找到|5秒钟之后将会带您进入新浪首页|抱歉，您要访问的页面不存在|^(?:404|403|50\d)\b"
)
"""Texts of Sina's error pages, which are served with status 200 as well."""
SISTER_SITE: Final = re.compile(r"新浪網|新浪新聞|sina\.com\.(?:tw|hk)|香港新浪|台灣新浪")
"""Names of the sites for Taiwan and Hong Kong, which are other sites with other templates."""
ARTICLE_MARKS: Final = ("#artibody", "#article", "#artibodyTitle", 'meta[name="publishid"]', 'meta[property="og:type"]')
"""What articles have and other pages have not: with one of these, an unread page is a template that we do not know."""
EMPTY: Final = 80
"""Characters of visible text; a page with less is a shell."""


def refusal(page: Page) -> tuple[str, str]:
    """The slug and what the page is, for a page without the markers of any layout.

    ``error_page``, ``empty_page``, ``sister_site``, ``not_an_article`` (a list, a topic, a quote or a home page), or ``unknown_layout``:
    an article, by its marks or its address, of a template that is not in the table.
    """
    title = Text("title")(page) or ""
    text = visible_text(page)
    if ERROR_PAGE.search(title) or ERROR_PAGE.search(text[:2000]):
        return "error_page", f"an error page ({title[:40]!r})"
    if len(text) < EMPTY:
        return "empty_page", f"nothing but {len(text)} characters of text"
    if SISTER_SITE.search(title) or SISTER_SITE.search(text[:500]):
        return "sister_site", f"a page of a sister site ({title[:40]!r})"
    if urls.is_article_url(page.url) or any(page.first(mark) is not None for mark in ARTICLE_MARKS):
        return (
            "unknown_layout",
            f"no layout's markers are in it ({title[:40]!r}); its template needs an entry in sina/layouts.py",
        )
    return "not_an_article", f"a list, a topic or a home page ({title[:40]!r})"


def visible_text(page: Page) -> str:
    """The text of the page without scripts and styles, white space squashed."""
    body = page.tree.body
    if body is None:
        return ""
    hidden = {"script", "style", "noscript", "template"}
    texts = (
        node.text_content or ""
        for node in body.traverse(include_text=True)
        if node.tag == "-text" and _parent(node) not in hidden
    )
    return squash(" ".join(texts))


def _parent(node: object) -> str:
    parent = getattr(node, "parent", None)
    return getattr(parent, "tag", None) or ""
