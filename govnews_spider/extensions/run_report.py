"""Run report: the counts of a crawl, printed for people and saved for programs when it ends."""

from __future__ import annotations

import json
import logging
import os
import secrets
import sqlite3
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Final, Literal, Self

from itemadapter import ItemAdapter
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings
from scrapy.utils.spider import DefaultSpider
from twisted.python.failure import Failure

from govnews_spider import __version__
from govnews_spider.archive.exchange import Exchange, RecordLocation
from govnews_spider.archive.writer import ArchiveWriter
from govnews_spider.article import Article, Rejected
from govnews_spider.core.extract.drift import DRIFT_SLUGS, fallbacks
from govnews_spider.ledger.captured import CapturedArticle, ListedRow
from govnews_spider.ledger.ledger import Ledger
from govnews_spider.ledger.refusal_scopes import RefusalScopes
from govnews_spider.runs.dataset_card import write_card
from govnews_spider.runs.options import NAMES, Options
from govnews_spider.runs.rejections import RejectedLog, Rejection
from govnews_spider.runs.run import ListStats, Run, exit_code
from govnews_spider.runs.saved_runs import write_run_report
from govnews_spider.runs.summary import show
from govnews_spider.storage.errors import StorageError, storage_error
from govnews_spider.storage.layout import DataFolder

logger = logging.getLogger(__name__)


ARTICLE_DONE: Final = object()
"""Signal that an article has come to its end, with its ``origin`` and ``outcome``."""


class RunReport:
    """Keeps the :class:`Run` and the log of rejections; at the end writes ``runs/<run_id>.json``, prints the balance.

    A run with ``sample`` writes neither. Another project's spider has no arguments of ours: nothing is expected of it, and an article
    of it is counted as seen when it has come to its end.
    """

    def __init__(self, crawler: Crawler) -> None:
        spider: Any = crawler.spider
        self.options = Options.read(crawler.settings)
        self.sample: int | None = getattr(spider, "sample", None)
        started = datetime.now(UTC)
        self.run = Run(
            run_id=f"{started:%Y%m%dT%H%M%SZ}-{spider.name}-{secrets.token_hex(2)}",
            spider=spider.name,
            arguments=getattr(spider, "given", {}),
            settings=_given(crawler.settings),
            started=started,
            stale_after=self.options.stale_after if getattr(spider, "expects_news", False) else None,
            drift_limit=self.options.drift_limit,
        )
        self.ledger: Ledger | None = None
        """Open from before the first request until the report is closed; None in a run with ``sample``."""
        self.scopes = RefusalScopes(__version__, getattr(spider, "keyword", None), getattr(spider, "topics", None))
        self._crawler = crawler
        self._counts_seen = not hasattr(spider, "arguments")
        self._began = monotonic()
        self._log = RejectedLog(self.options.data, self.run.run_id)
        sections = getattr(getattr(spider, "arguments", None), "sections", ())
        about = {
            "software": f"govnews_spider/{__version__}",
            "spider": spider.name,
            "sections": ",".join(section.name for section in sections),
        }
        self._archive = ArchiveWriter(DataFolder(self.options.data).raw, self.run.run_id, about)
        self._archives = self.options.archive and self.sample is None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As Scrapy calls it; raises NotConfigured where there is nothing to report, as in ``scrapy fetch``."""
        if isinstance(crawler.spider, DefaultSpider):
            raise NotConfigured
        report = cls(crawler)
        crawler.signals.connect(report.item_error, signal=signals.item_error)
        crawler.signals.connect(report.spider_error, signal=signals.spider_error)
        crawler.signals.connect(report.spider_closed, signal=signals.spider_closed)
        return report

    def stats_of_list(self, name: str) -> ListStats:
        """The counts of that list."""
        return self.run.lists.setdefault(name, ListStats())

    def reject(
        self, rejected: Rejected, *, url: str | None, origin: str, failed: bool = False, list_name: str | None = None
    ) -> None:
        """Counts one article that is not stored, for the list that named it; unless it is off-topic, it is logged as well.

        A final rejection is remembered under ``origin``, where that is the address of an article: it is not asked for again.
        """
        outcome = "failed" if failed else "off_topic" if rejected.slug == "off_topic" else "rejected"
        if outcome == "off_topic":
            self.run.slugs["off_topic"] += 1
        else:
            self._write(rejected, url, origin, "failed" if failed else "rejected")
        if failed:
            self.run.failed_addresses.add(origin)
        elif self.ledger is not None and url is not None and origin.startswith("https://"):
            self.ledger.skip(origin, rejected.slug, self.scopes.cache_key(rejected.slug))
        self.finish(origin, outcome, list_name)

    def finish(self, origin: str, outcome: str, list_name: str | None = None) -> None:
        """Counts an article that has come to its end, and sends :data:`ARTICLE_DONE`."""
        self.run.seen += self._counts_seen
        self.count(outcome, self.stats_of_list(list_name) if list_name is not None else None)
        results = self._crawler.signals.send_catch_log(ARTICLE_DONE, origin=origin, outcome=outcome)
        for _, result in results:
            if isinstance(result, Failure):
                self.error(result.value or RuntimeError("unknown"))

    def archive(self, exchange: Exchange) -> RecordLocation | None:
        """Keeps what went over the wire; None where nothing is kept: the run does not, or the disk takes nothing."""
        if not self._archives or self.ledger is None:
            return None
        try:
            location, capture = self._archive.add(exchange, self.ledger.previous_capture(exchange.url))
            self.ledger.note_capture(exchange.url, capture)
        except (OSError, sqlite3.Error) as error:
            self.fault(storage_error(error, self.options.data))
            return None
        return location

    def not_modified(self, address: str, list_name: str) -> None:
        """Counts an article that is unchanged by what the server says."""
        if self.ledger is not None:
            self.ledger.mark_seen(address)
        self.finish(address, "unchanged", list_name)

    def count(self, outcome: str, stats: ListStats | None) -> None:
        """Counts one article, for the run and for the list that named it."""
        self.run.outcomes[outcome] += 1
        if stats is not None:
            stats.outcomes[outcome] += 1

    def fault(self, fault: StorageError) -> None:
        """Accounts for what keeps committed rows from being stored; told once."""
        if str(fault) not in map(str, self.run.storage_errors):
            logger.error("%s", fault)
            self.run.storage_errors.append(fault)

    def is_skipped(self, address: str) -> bool:
        """Whether the article of that address was rejected before, for a reason that still holds."""
        ledger = self.ledger
        return ledger is not None and any(ledger.skipped(address, scope) for scope in self.scopes)

    def read(self, article: Article, address: str) -> None:
        """Counts a page that a layout read."""
        self.run.page(address, article.layout, fallbacks(article))

    def unread(self, rejected: Rejected, address: str) -> None:
        """Counts a page that no layout read, where it looks like an article."""
        if rejected.slug in DRIFT_SLUGS:
            self.run.page(address, "", ())

    def list_failed(self, name: str, slug: str, detail: str, url: str) -> None:
        """Counts a page of a list that could not be read."""
        self.stats_of_list(name).errors[slug] += 1
        self._write(Rejected(slug, f"{name}: {detail}"), url, url, "failed")

    def error(self, error: BaseException) -> None:
        """Notes an error of this program or of its ledger, once."""
        if isinstance(error, sqlite3.Error):
            self.fault(storage_error(error, DataFolder(self.options.data).ledger))
        elif (line := f"{type(error).__name__}: {error}".splitlines()[0]) not in self.run.internal_errors:
            self.run.internal_errors.append(line)

    def item_error(self, item: Any, failure: Failure) -> None:
        """Counts an article for which a stage or the store raised."""
        rejected = self._internal(failure)
        if isinstance(item, CapturedArticle):
            self.reject_captured(rejected, item, failed=True)
        else:
            adapter = ItemAdapter(item)
            origin = str(adapter.get("origin") or adapter.get("url"))
            self.reject(rejected, url=adapter.get("url"), origin=origin, failed=True)

    def reject_captured(self, rejected: Rejected, captured: CapturedArticle, *, failed: bool = False) -> None:
        """Counts one article that came in and is not stored."""
        url, list_name = captured.article.url, captured.list_name
        self.reject(rejected, url=url, origin=captured.origin, failed=failed, list_name=list_name)

    def spider_error(self, failure: Failure, response: Response | Failure | None) -> None:
        """Notes that a callback, an errback or ``start`` raised; the article whose page was being read has failed by it."""
        rejected = self._internal(failure)
        request = getattr(response, "request", None)  # of the page, or of the request that failed; none for start()
        listed = request.cb_kwargs.get("listed") if request is not None else None
        if isinstance(listed, ListedRow):
            url = listed.row.url
            self.reject(rejected, url=url, origin=url, failed=True, list_name=listed.list_name)

    def spider_closed(self, reason: str) -> None:
        """Closes the report; an error in here is one of the run's as well."""
        self.run.finished = datetime.now(UTC)
        self.run.seconds = round(monotonic() - self._began, 3)
        self.run.reason = reason
        self.run.requests = _requests(self._crawler.stats.get_stats())
        for name in ("seen", "repeats"):
            self._crawler.stats.set_value(f"govnews/{name}", getattr(self.run, name))
        for name, count in self.run.outcomes.items():
            self._crawler.stats.set_value(f"govnews/{name}", count)
        for step in (self._log.close, self._archive.close, self._card, self._close_ledger, self._save):
            try:
                step()
            except (OSError, sqlite3.Error) as error:
                self.fault(storage_error(error, self.options.data))
            except StorageError as error:
                self.fault(error)
            except Exception as error:
                logger.exception("The run report is incomplete")
                self.error(error)
        show(self.run)

    def _internal(self, failure: Failure) -> Rejected:
        error = failure.value or RuntimeError("unknown")
        self.error(error)
        return Rejected("internal_error", f"{type(error).__name__}: {error}")

    def _card(self) -> None:
        if self.ledger is not None:  # and so the folder is this run's
            write_card(self.options.data)

    def _close_ledger(self) -> None:
        ledger, self.ledger = self.ledger, None
        if ledger is None:
            return
        self.run.marked = ledger.marked
        for name, stats in self.run.lists.items():
            stats.gaps = ledger.coverage.gaps(self.scopes.list_name(name))
        code, balance = exit_code(self.run)[0], self.run.balance
        ledger.end_run(self.run.run_id, self.run.finished or self.run.started, code, json.dumps(balance))
        ledger.close()

    def _save(self) -> None:
        if self.sample is None:
            write_run_report(self.options.data, self.run)

    def _write(self, rejected: Rejected, url: str | None, origin: str, outcome: Literal["rejected", "failed"]) -> None:
        self.run.slugs[rejected.slug] += 1
        logger.info("%s: %s", outcome, rejected)
        if self.sample is None:
            slug, detail = rejected.slug, rejected.detail
            line = Rejection(slug=slug, detail=detail, url=url, origin=origin, outcome=outcome)
            try:
                self._log.add(line)
            except OSError as error:  # what is counted stays counted
                self.fault(storage_error(error, self.options.data))


def _requests(stats: dict[str, Any]) -> dict[str, Any]:
    """The downloader's counts: requests, responses by status, bytes."""
    kept = ("downloader/request_count", "downloader/response_status_count", "downloader/response_bytes", "retry/count")
    return {key: value for key, value in sorted(stats.items()) if key.startswith(kept)}


def _given(settings: BaseSettings) -> dict[str, str]:
    """The settings from the command line or the environment that say how and of what the run was made.

    Not the folder, nor who asked and through whom: that decides no row, and may hold a password.
    """
    names = sorted(NAMES - {"GOVNEWS_DATA", "GOVNEWS_GATEWAY", "GOVNEWS_CONTACT"})
    of_line = SETTINGS_PRIORITIES["cmdline"]
    return {name: str(settings[name]) for name in names if name in os.environ or settings.getpriority(name) == of_line}
