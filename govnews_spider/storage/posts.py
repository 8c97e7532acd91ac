"""Posts: one front-matter document an article, in the seeds' format, under ``posts/``."""

from __future__ import annotations

from datetime import date

from govnews_spider.article import Article
from govnews_spider.core.documents.front_matter import STYLES, dumps
from govnews_spider.storage.layout import post_file
from govnews_spider.storage.writer import ArticleFiles


class FrontMatterWriter(ArticleFiles):
    """Writes ``posts/2021/11/20211125-sina-ktzscyx1234567.md``; a reprint has no post."""

    pattern = "posts/**/*.md"
    noun = "post"

    def file_of(self, day: date, article_id: str) -> str:
        """The post of an article."""
        return post_file(day, article_id)

    def includes(self, article: Article) -> bool:
        """Whether it is no reprint."""
        return article.duplicate_of is None

    def encode(self, article: Article) -> bytes:
        """The document; raises :class:`Rejected` for an article that none can hold."""
        return dumps(article, style=STYLES[0]).encode()
