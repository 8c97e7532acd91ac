"""The order of the stages, once; and the stages over a stream of articles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from govnews_spider.article import Article, Rejected
from govnews_spider.core.stages.clean import clean
from govnews_spider.core.stages.describe import describe
from govnews_spider.core.stages.identify import identify
from govnews_spider.core.stages.normalize import normalize

Stage = Callable[[Article], Article]

STAGES: Final[dict[str, Stage]] = {
    "clean": clean,
    "normalize": normalize,
    "describe": describe,
    "identify": identify,
}
"""Each stage is pure and idempotent, and may raise :class:`Rejected`."""


def finish(article: Article) -> Article:
    """``article`` after every stage; raises :class:`Rejected`."""
    for stage in STAGES.values():
        article = stage(article)
    return article


def run(articles: Iterable[Article], *, on_reject: Callable[[Article, Rejected], None]) -> Iterator[Article]:
    """The stages over a stream, one article at a time; what is refused goes to ``on_reject`` and the others go on."""
    for article in articles:
        try:
            finished = finish(article)
        except Rejected as rejected:
            on_reject(article, rejected)
        else:
            yield finished
