"""Item pipelines of Scrapy: the stages, one class each, in the order of ``core/stages/order.py``; then the store.

A stage that rejects an article counts it in the run report and drops it; any other exception is an internal error.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from copy import copy
from datetime import UTC, datetime
from itertools import takewhile
from time import monotonic
from typing import Any, ClassVar, Final, Self

from itemadapter import ItemAdapter
from rich.console import Console
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem, NotConfigured
from scrapy.pipelines import ItemPipelineManager
from scrapy.utils.spider import DefaultSpider
from twisted.internet.task import LoopingCall

from govnews_spider.article import SHANGHAI, Article, Rejected
from govnews_spider.core.items import holds_all, to_article, update_item
from govnews_spider.core.stages.order import STAGES, Stage
from govnews_spider.core.stages.select import Select
from govnews_spider.extensions.run_report import RunReport
from govnews_spider.ledger.captured import CapturedArticle
from govnews_spider.ledger.export import export
from govnews_spider.ledger.flush_policy import FlushClock
from govnews_spider.ledger.ledger import Ledger
from govnews_spider.runs.run import SAMPLED
from govnews_spider.storage.atomic import clear_parts
from govnews_spider.storage.errors import StorageError, storage_error
from govnews_spider.storage.layout import DataFolder
from govnews_spider.storage.writer import Writer
from govnews_spider.storage.writers import WRITERS

logger = logging.getLogger(__name__)

_TICK: Final = 1.0
"""Seconds between two looks at the clock where no article comes."""


class Pipelines(ItemPipelineManager):
    """Scrapy's manager, but what fails while pipelines open or close is told to the run report: Scrapy only logs it.

    And a crawl that was asked to stop ends: of items that come from ``start()``, Scrapy 2.19 does not notice that the
    last one is done, and waits for ever.
    """

    async def process_item_async(self, item: Any) -> Any:
        """The item after all pipelines."""
        try:
            return await super().process_item_async(item)
        finally:
            # Later, for the scraper counts the item as done only after this returns.
            asyncio.get_running_loop().call_later(0.05, self._let_close)

    def _let_close(self) -> None:
        scraper = self.crawler.engine.scraper if self.crawler and self.crawler.engine else None
        if scraper and scraper.slot and scraper.slot.closing and not scraper.slot.closing.called:
            scraper._check_if_closing()

    async def open_spider_async(self) -> None:
        """Raises what a pipeline raised."""
        try:
            await super().open_spider_async()
        except Exception as error:
            self._tell(error)
            raise

    async def close_spider_async(self) -> None:
        """Raises what a pipeline raised."""
        try:
            await super().close_spider_async()
        except Exception as error:
            self._tell(error)
            raise

    def _tell(self, error: Exception) -> None:
        if self.crawler is not None:
            report = report_of(self.crawler)
            report.fault(error) if isinstance(error, StorageError) else report.error(error)


def report_of(crawler: Crawler) -> RunReport:
    """The crawl's run report; raises LookupError where the settings left it out, NotConfigured in ``scrapy fetch`` and the like."""
    report = crawler.get_extension(RunReport)
    if isinstance(crawler.spider, DefaultSpider):
        raise NotConfigured
    if report is None:
        raise LookupError(
            "no_run_report: EXTENSIONS does not name govnews_spider.extensions.run_report.RunReport; add it with order 0"
        )
    return report


class StagePipeline:
    """One stage of the core, for any item that itemadapter knows: the item comes back in its kind, with the stage's fields set.

    Without a run report, in another project, a rejected item is dropped with its slug, and counted as ``govnews/rejected/<slug>``.
    """

    stage: ClassVar[str]
    """Its name in ``core/stages/order.py``."""

    def __init__(self, crawler: Crawler) -> None:
        self._report = crawler.get_extension(RunReport)
        self._stats = crawler.stats
        self._apply = self.function(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As Scrapy calls it."""
        return cls(crawler)

    def function(self, crawler: Crawler) -> Stage:
        """The stage itself."""
        return STAGES[self.stage]

    def process_item(self, item: Any) -> Any:
        """The item after the stage; raises DropItem."""
        try:
            if isinstance(item, CapturedArticle):
                item.article = self._apply(item.article)
                return item
            return self._apply(item) if isinstance(item, Article) else self._process_foreign(item)
        except Rejected as rejected:
            self._reject(rejected, item)
            raise DropItem(str(rejected)) from rejected

    def _process_foreign(self, item: Any) -> Any:
        """A class that has not declared every field loses what earlier stages made: as they are idempotent, they are applied again."""
        article = to_article(item)
        before = copy(article)
        if not holds_all(item):
            for name in takewhile(lambda name: name != self.stage, STAGES):
                article = STAGES[name](article)
        update_item(item, self._apply(article), before)
        return item

    def _reject(self, rejected: Rejected, item: Any) -> None:
        if self._report is None:
            self._stats.inc_value(f"govnews/rejected/{rejected.slug}")
        elif isinstance(item, CapturedArticle):
            self._report.reject_captured(rejected, item)
        else:
            adapter = ItemAdapter(item)
            origin = str(adapter.get("origin") or adapter.get("url"))
            self._report.reject(rejected, url=adapter.get("url"), origin=origin)


class Clean(StagePipeline):
    """Body HTML → safe HTML and its text."""

    stage = "clean"


class Normalize(StagePipeline):
    """One spelling for titles, sources and times; the content hash."""

    stage = "normalize"


class Describe(StagePipeline):
    """Topics and regions."""

    stage = "describe"


class Identify(StagePipeline):
    """Identity of the article."""

    stage = "identify"


class Choose(StagePipeline):
    """Only the articles that the run's arguments ask for."""

    stage = "select"

    def function(self, crawler: Crawler) -> Stage:
        """The selection by the spider's ``topics`` and ``keyword``, where it has them."""
        spider = crawler.spider
        return Select(topics=getattr(spider, "topics", None), keyword=getattr(spider, "keyword", None))


class Store:
    """Commits each article to the ledger, and exports the ledger's outbox to the files.

    The outbox is exported when the run begins (what an interrupted run left), when :class:`FlushClock` says so, and
    when the run ends. In a run with ``sample`` nothing of this is touched: the articles are printed instead.
    A ledger that takes no article ends the run: what it fetches from then on would be lost.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._stopping: asyncio.Future[None] | None = None
        self._report = report_of(crawler)
        self._replays = getattr(crawler.spider, "replays", False)
        self._ledger: Ledger | None = None
        self._writers: list[Writer] = []
        options = self._report.options
        self._clock = FlushClock(options.flush_rows, options.flush_seconds)
        self._timer = LoopingCall(self._tick)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As Scrapy calls it."""
        return cls(crawler)

    def open_spider(self) -> None:
        """Opens the ledger and the writers, and exports what an earlier run left."""
        if self._report.sample is not None:
            return
        data, run = self._report.options.data, self._report.run
        self._ledger = self._report.ledger = Ledger(DataFolder(data).ledger, self._report.fault)
        self._ledger.on_enqueued = self._clock.add
        clear_parts(data)
        run.after = self._ledger.begin_run(run.run_id, run.spider, run.started)
        self._writers = [writer(data) for writer in WRITERS.values()]
        self._flush()
        self._timer.start(_TICK, now=False)

    def process_item(self, item: Any) -> Any:
        """The item, which is now safe; an envelope gives back its article. Raises DropItem where the ledger does not take it."""
        if isinstance(item, CapturedArticle):
            self._accept(item)
            return item.article
        article = item if isinstance(item, Article) else to_article(item)
        now = datetime.now(UTC)
        self._accept(CapturedArticle(article=article, origin=article.origin, captured_at=article.fetched_at or now))
        if article is not item:
            update_item(item, article)
        return item

    def _accept(self, captured: CapturedArticle) -> None:
        article, run, ledger = captured.article, self._report.run, self._ledger
        article.spider, article.run_id, article.fetched_at = run.spider, run.run_id, captured.captured_at
        if ledger is None:
            self._show(captured)
            return
        article.origin = str(captured.location or captured.origin)
        try:
            outcome = ledger.accept(
                article, replayed=self._replays, fetched=captured.origin, validators=captured.validators
            )
        except (sqlite3.Error, OSError) as error:
            fault = storage_error(error, ledger.path)
            self._report.fault(fault)
            self._report.reject_captured(Rejected(fault.slug, fault.detail), captured, failed=True)
            self._stop()
            raise DropItem(str(fault)) from error
        self._report.finish(captured.origin, outcome.value, captured.list_name)
        self._tick()

    def close_spider(self) -> None:
        """Exports what is left; the run report closes the ledger."""
        if self._timer.running:
            self._timer.stop()
        if self._ledger is not None:
            self._flush()
        for writer in self._writers:
            writer.close()

    def _flush_when_due(self) -> None:
        if self._clock.due:
            self._flush()

    def _tick(self) -> None:
        """Flushes when it is time; an error of ours here belongs to no article, and leaves all in the outbox."""
        try:
            self._flush_when_due()
        except Exception as error:
            logger.exception("The outbox cannot be exported")
            self._report.error(error)

    def _flush(self) -> None:
        if self._ledger is None:
            return
        begun = monotonic()
        try:
            for fault in export(self._ledger, self._writers):
                self._report.fault(fault)
        except sqlite3.Error as error:
            self._report.fault(storage_error(error, self._ledger.path))
        self._clock.exported(monotonic() - begun)

    def _stop(self) -> None:
        engine = self._crawler.engine
        if engine is not None and self._stopping is None:
            self._stopping = asyncio.ensure_future(engine.close_spider_async(reason="store_failed"))

    def _show(self, captured: CapturedArticle) -> None:
        run, article = self._report.run, captured.article
        self._report.finish(captured.origin, SAMPLED, captured.list_name)
        if run.outcomes[SAMPLED] > (self._report.sample or 0):
            return
        shown = f"{article.published_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
        lines = (
            article.title,
            f"{shown}  {article.source or '-'}  {article.url or article.origin}",
            article.text[:200],
        )
        Console(highlight=False).print(*lines, "", sep="\n", markup=False, soft_wrap=True)
