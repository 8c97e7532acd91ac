"""What an article is about: topics and regions, read off its title and text."""

from __future__ import annotations

from dataclasses import replace

from govnews_spider.article import Article
from govnews_spider.core.regions import regions_of
from govnews_spider.core.topics import topics_of


def describe(article: Article) -> Article:
    """``article`` with ``topics`` and ``regions`` set; what they held before plays no part."""
    return replace(
        article,
        topics=topics_of(article.title, article.text),
        regions=regions_of(article.title, article.text),
    )
