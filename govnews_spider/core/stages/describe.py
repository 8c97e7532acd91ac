"""Stage ``describe``: topics and regions of an article, from its title and text."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from govnews_spider.article import Article
from govnews_spider.core.regions.resolve import regions_of
from govnews_spider.core.stages.topics import topics_of

READ: Final = 20_000
"""Characters of a text that are read: what an article is about stands in its beginning, and a yearbook costs no more than an article."""


def describe(article: Article) -> Article:
    """``article`` with ``topics`` and ``regions`` set; what they held before plays no part."""
    beginning = article.text[:READ]
    return replace(
        article,
        topics=topics_of(article.title, beginning),
        regions=regions_of(article.title, beginning),
    )
