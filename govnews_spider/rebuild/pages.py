"""Archived pages -> finished articles: every stage that looks at one article alone, and what each text is compared by."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, NoReturn, TypeVar

from govnews_spider.archive.exchange import header
from govnews_spider.archive.pages import ArchivedPage, read_article
from govnews_spider.article import Rejected
from govnews_spider.core.dedup.identity import fingerprint
from govnews_spider.core.extract.drift import fallbacks
from govnews_spider.core.stages.order import STAGES, Stage
from govnews_spider.core.stages.select import Select
from govnews_spider.rebuild.index import Context, Index, Page
from govnews_spider.rebuild.page_files import SCHEMA, Made, index_of, keep, keep_keys, refuse
from govnews_spider.rebuild.work_items import Checkpoint, table_file
from govnews_spider.rebuild.workspace import Workspace
from govnews_spider.sina.roll import complete

logger = logging.getLogger(__name__)

_TOGETHER: Final = 1_500_000
"""Bytes of pages that are worked on together: seventeen of usual size. Twice as many are no faster."""
_FIRST, *_OTHERS = STAGES.values()
"""Stages. After the first one, which cleans, an article no longer holds the page as it was parsed: that takes a megabyte."""
T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which articles a rebuild keeps, and into how many parts the keys of their texts are put."""

    keyword: str | None
    topics: tuple[str, ...] | None
    key_bits: int
    """Leading bits of a key that name its part."""


def read_pages(space: Workspace, begin: int, end: int, wanted: Wanted, output: Path) -> None:
    """Makes the articles of the pages from ``begin`` below ``end``. An exception of ours is one page's, and is told."""
    steps: tuple[Stage, ...] = (*_OTHERS, Select(topics=wanted.topics, keyword=wanted.keyword))
    keys: list[tuple[int, int]] = []
    index = index_of(space)
    with table_file(output, SCHEMA) as db, Checkpoint(output) as step:
        each = _Each(db, step)
        whole = each(lambda page, _: index.read(page), ((page, None) for page in index.pages(begin, end)))
        for found in _together(whole):
            told = list(each(lambda page, first: (first, index.context(page)), found))
            made = list(each(lambda page, told: _made(page, index, *told), told))
            for stage in steps:
                made = list(each(partial(_staged, stage), made))
            traced = list(each(lambda _, made: (made, fingerprint(made.article)), made))
            kept = each(lambda page, traced: keep(db, page, *traced), traced)
            keys += ((key, page.number) for page, bands in kept for key in bands)
        keep_keys(db, keys, wanted.key_bits)


def _together(found: Iterable[tuple[Page, ArchivedPage]]) -> Iterator[list[tuple[Page, ArchivedPage]]]:
    """The pages, :data:`_TOGETHER` at a time."""
    some: list[tuple[Page, ArchivedPage]] = []
    size = 0
    for page, first in found:
        some.append((page, first))
        size += len(first.response.body)
        if size >= _TOGETHER:
            yield some
            some, size = [], 0
    yield some


class _Each:
    """A step of the work on pages, for some in a row: what it needs then stays in the processor's caches, and all takes a fifth less."""

    def __init__(self, db: sqlite3.Connection, step: Checkpoint) -> None:
        self._db = db
        self._step = step

    def __call__(
        self, work: Callable[[Page, T], U | None], pages: Iterable[tuple[Page, T]]
    ) -> Iterator[tuple[Page, U]]:
        """What ``work`` makes of each page and what is known of it; without those of which it makes nothing, or that are refused."""
        for page, known in pages:
            try:
                made = work(page, known) if self._step.may(page.number) else _left_out(page)
            except Rejected as rejected:
                refuse(self._db, page, rejected)
            except Exception as error:
                logger.exception("%s cannot be read", page.place)
                refuse(self._db, page, Rejected("internal_error", f"{page.place}: {type(error).__name__}: {error}"))
            else:
                if made is not None:
                    yield page, made


def _left_out(page: Page) -> NoReturn:
    raise Rejected(
        "worker_killed", f"{page.place}: the page ends every process that reads it; look at what the archive has there"
    )


def _made(page: Page, index: Index, first: ArchivedPage, context: Context | None) -> Made:
    """The article, as a crawl makes it, cleaned."""
    listed_at = context.row.ctime if context is not None else None
    article = read_article(first, partial(index.follow, page=page), listed_at=listed_at, is_whole=True)
    taken = fallbacks(article)
    if context is not None:
        article = complete(article, *context)
    article.spider = index.spider(page) or "rebuild"
    is_one = "pages" not in article.provenance  # one page's validator says nothing of the others
    said = (header(first.response.headers, name) if is_one else None for name in ("etag", "last-modified"))
    fetched = context.row.url if context is not None else page.canonical
    return Made(_FIRST(article), fetched, taken, *said)


def _staged(stage: Stage, _: Page, made: Made) -> Made:
    return made._replace(article=stage(made.article))
