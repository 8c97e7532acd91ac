"""One page -> one finished article, in one call."""

from __future__ import annotations

from govnews_spider.article import Article
from govnews_spider.core.extract.reading import read_page
from govnews_spider.core.stages import order


def extract(html: bytes, *, url: str, content_type: str | None = None) -> Article:
    """The finished article of one page: read, then every pure stage applied.

    ``url`` is the address it was asked for, "" when that is unknown; ``content_type`` the header's value. Raises :class:`Rejected`.
    """
    return order.finish(read_page(html, url=url, content_type=content_type))
