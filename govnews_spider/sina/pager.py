"""Articles on several pages: ``…/17066632680.shtml``, ``…/17066632680_2.shtml`` and so on, linked by ``<p class="page">``."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urljoin

from govnews_spider.html.locators import Page
from govnews_spider.html.text import squash
from govnews_spider.sina import urls

MOST_PAGES: Final = 50
"""Pages of one article; a pager that leads further leads in a circle."""

_NEXT: Final = frozenset({"下一页", "下页"})
_NUMBER: Final = re.compile(r"_(\d+)(?:\.d)?\.s?html$")


def next_page(page: Page) -> str | None:
    """The address of the article's next page; None on its last one, and where the link leads to another article."""
    if (
        page.first(".page, .pagebox") is None
    ):  # of nearly every page, and found out for a fraction of looking for the links
        return None
    for link in page.tree.css(".page a, .pagebox a"):
        address = urls.canonical(urljoin(page.url, link.attributes.get("href") or ""))
        if squash(link.text()) in _NEXT and urls.is_sina(address) and _stem(address) == _stem(urls.canonical(page.url)):
            return address if page_number(address) > page_number(page.url) else None
    return None


def page_number(url: str) -> int:
    """2 for ``…_2.shtml``; 1 for an address without such an ending."""
    match = _NUMBER.search(url)
    return int(match[1]) if match else 1


def _stem(url: str) -> str:
    return _NUMBER.sub("", url).removesuffix(".shtml").removesuffix(".html").removesuffix(".d")
