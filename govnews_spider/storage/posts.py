"""One front-matter document an article, in the seeds' format, under ``posts/``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from urllib.parse import quote

from govnews_spider.article import Article
from govnews_spider.core.documents.front_matter import STYLES, dumps
from govnews_spider.storage.atomic import Stage


class FrontMatterWriter:
    """Writes ``posts/2021/11/20211125-sina-ktzscyx1234567.md``; a reprint has no post. ``anew`` as :class:`Stage` has it."""

    def __init__(self, data: Path, *, anew: bool = False) -> None:
        self._data = data
        self._stage = Stage(data, anew=anew)
        self.weight = 0

    def write(self, day: date, articles: Sequence[Article]) -> None:
        """A post for each article; a reprint's, from before it was known as one, goes."""
        for article in articles:
            path = self._data / post(day, article.article_id)
            if article.duplicate_of is None:
                self._stage.put(path, partial(_document, article))
                self.weight += 6 * len(article.text)
            else:
                self._stage.drop(path)

    def remove(self, day: date, article_ids: Collection[str]) -> None:
        """Deletes the posts of articles that are no longer of this day."""
        for article_id in article_ids:
            self._stage.drop(self._data / post(day, article_id))

    def flush(self) -> None:
        """Writes and deletes the posts."""
        self.weight = 0
        self._stage.commit()

    def close(self) -> None:
        """Nothing is held open."""


def post(day: date, article_id: str) -> str:
    """Where the post of an article that was published on that day stands, below the data folder."""
    key = quote(article_id.replace(":", "-"), safe="")  # an id is read from a page: no "/" of it may lead elsewhere
    return f"posts/{day:%Y}/{day:%m}/{day:%Y%m%d}-{key}.md"


def _document(article: Article) -> bytes:
    return dumps(article, style=STYLES[0]).encode()
