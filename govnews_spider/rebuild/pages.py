"""Pages of archives to finished articles: every stage that looks at one article alone, and the fingerprint of each text."""

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
from govnews_spider.rebuild.page_files import (
    SCHEMA,
    ExtractedArticle,
    open_index,
    write_article,
    write_keys,
    write_rejection,
)
from govnews_spider.rebuild.work_items import Checkpoint, output_database
from govnews_spider.rebuild.workspace import Workspace
from govnews_spider.sina.roll import complete

logger = logging.getLogger(__name__)

_BATCH_BYTES: Final = 1_500_000
"""Bytes of the pages of a batch: seventeen pages of usual size. Batches of twice that are no faster."""
_FIRST, *_OTHERS = STAGES.values()
"""Stages. After the first one, which cleans, an article no longer holds the parsed page, which takes a megabyte."""
T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Selection:
    """Articles that a rebuild keeps, and the partitions of the keys of their texts."""

    keyword: str | None
    topics: tuple[str, ...] | None
    key_bits: int
    """Leading bits of a key that are the number of its partition."""


def read_pages(space: Workspace, begin: int, end: int, selection: Selection, output: Path) -> None:
    """Makes the articles of the pages from ``begin`` below ``end``. An internal error is logged and rejects one page only."""
    stages: tuple[Stage, ...] = (*_OTHERS, Select(topics=selection.topics, keyword=selection.keyword))
    keys: list[tuple[int, int]] = []
    index = open_index(space)
    with output_database(output, SCHEMA) as db, Checkpoint(output) as checkpoint:
        step = _PageStep(db, checkpoint)
        archived = step(lambda page, _: index.read(page), ((page, None) for page in index.pages(begin, end)))
        for batch in _batches(archived):
            contexts = list(step(lambda page, first: (first, index.context(page)), batch))
            articles = list(step(lambda page, first: _extract(page, index, *first), contexts))
            for stage in stages:
                articles = list(step(partial(_apply, stage), articles))
            prints = list(step(lambda _, extracted: (extracted, fingerprint(extracted.article)), articles))
            written = step(lambda page, values: write_article(db, page, *values), prints)
            keys += ((key, page.number) for page, bands in written for key in bands)
        write_keys(db, keys, selection.key_bits)


def _batches(pages: Iterable[tuple[Page, ArchivedPage]]) -> Iterator[list[tuple[Page, ArchivedPage]]]:
    """The pages, :data:`_BATCH_BYTES` at a time."""
    batch: list[tuple[Page, ArchivedPage]] = []
    size = 0
    for page, archived in pages:
        batch.append((page, archived))
        size += len(archived.response.body)
        if size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    yield batch


class _PageStep:
    """Step of the work, done to all pages of a batch before the next step: it stays in the processor's caches, which saves a fifth."""

    def __init__(self, db: sqlite3.Connection, checkpoint: Checkpoint) -> None:
        self._db = db
        self._checkpoint = checkpoint

    def __call__(
        self, work: Callable[[Page, T], U | None], pages: Iterable[tuple[Page, T]]
    ) -> Iterator[tuple[Page, U]]:
        """The results of ``work`` for each page and its value, without the pages that are rejected or have none."""
        for page, value in pages:
            try:
                result = work(page, value) if self._checkpoint.enter(page.number) else _skip(page)
            except Rejected as rejected:
                write_rejection(self._db, page, rejected)
            except Exception as error:
                logger.exception("%s cannot be read", page.location)
                detail = f"{page.location}: {type(error).__name__}: {error}"
                write_rejection(self._db, page, Rejected("internal_error", detail))
            else:
                if result is not None:
                    yield page, result


def _skip(page: Page) -> NoReturn:
    cure = "look at what the archive has there"
    raise Rejected("worker_killed", f"{page.location}: the page ends every process that reads it; {cure}")


def _extract(page: Page, index: Index, first: ArchivedPage, context: Context | None) -> ExtractedArticle:
    """The article, as a crawl extracts and cleans it."""
    listed_at = context.row.ctime if context is not None else None
    article = read_article(first, partial(index.follow, page=page), listed_at=listed_at, is_whole=True)
    locators = fallbacks(article)
    if context is not None:
        article = complete(article, *context)
    article.spider = index.spider(page) or "rebuild"
    is_single = "pages" not in article.provenance  # the validator of one page says nothing of the others
    validators = (header(first.response.headers, name) if is_single else None for name in ("etag", "last-modified"))
    fetched = context.row.url if context is not None else page.canonical
    return ExtractedArticle(_FIRST(article), fetched, locators, *validators)


def _apply(stage: Stage, _: Page, extracted: ExtractedArticle) -> ExtractedArticle:
    return extracted._replace(article=stage(extracted.article))
