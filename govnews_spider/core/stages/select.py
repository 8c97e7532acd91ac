"""Selection of the articles that a run asks for, by topics and keyword."""

from __future__ import annotations

from collections.abc import Collection

from govnews_spider.article import Article, Rejected


class Select:
    """A stage that lets through the articles of the wanted topics (None: all) that hold the keyword in title or text (None: all)."""

    def __init__(self, *, topics: Collection[str] | None = None, keyword: str | None = None) -> None:
        self.topics = frozenset(topics) if topics is not None else None
        self.keyword = keyword

    def __call__(self, article: Article) -> Article:
        """``article`` itself; raises ``Rejected("off_topic")``."""
        if self.topics is not None and self.topics.isdisjoint(article.topics):
            raise Rejected(
                "off_topic",
                f"{article.origin}: {article.title[:40]!r} has none of the topics {'、'.join(sorted(self.topics))}",
            )
        if self.keyword and self.keyword not in article.title and self.keyword not in article.text:
            raise Rejected("off_topic", f"{article.origin}: {article.title[:40]!r} does not hold {self.keyword!r}")
        return article
