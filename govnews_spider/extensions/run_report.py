"""The run report: every part of a crawl tells it what happened; at the end it says so, to people and to programs."""

from __future__ import annotations

import json
import logging
import os
import secrets
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Literal, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings
from twisted.python.failure import Failure

from govnews_spider.archive.exchange import Exchange, RecordLocation
from govnews_spider.archive.writer import ArchiveWriter
from govnews_spider.article import Article, Rejected
from govnews_spider.core.extract.drift import DRIFT_SLUGS, fallbacks
from govnews_spider.ledger.identities import Validators
from govnews_spider.ledger.ledger import Ledger
from govnews_spider.ledger.refusal_scopes import Scopes
from govnews_spider.runs.dataset_card import write_card
from govnews_spider.runs.options import NAMES, Options
from govnews_spider.runs.rejections import RejectedLog, Rejection
from govnews_spider.runs.run import ListStats, Run, exit_code
from govnews_spider.runs.summary import show
from govnews_spider.sina.roll import Row
from govnews_spider.storage.atomic import replace_files
from govnews_spider.storage.errors import StorageError, storage_error

logger = logging.getLogger(__name__)


def is_ours(crawler: Crawler) -> bool:
    """Whether the crawl's spider is one of this project, which accounts for what it reads."""
    return hasattr(crawler.spider, "arguments")


class RunReport:
    """Keeps the :class:`Run` and the log of rejections; at the end writes ``runs/<run_id>.json``, prints the balance.

    A run with ``sample`` writes neither.
    """

    def __init__(self, crawler: Crawler) -> None:
        spider: Any = crawler.spider
        self.options = Options.read(crawler.settings)
        self.sample: int | None = spider.sample
        started = datetime.now(UTC)
        self.run = Run(
            run_id=f"{started:%Y%m%dT%H%M%SZ}-{spider.name}-{secrets.token_hex(2)}",
            spider=spider.name,
            arguments=spider.given,
            settings=_given(crawler.settings),
            started=started,
            stale_after=self.options.stale_after if spider.expects_news else None,
            drift_limit=self.options.drift_limit,
        )
        self.ledger: Ledger | None = None
        """Open from before the first request until the account is closed; None in a run with ``sample``."""
        self.owners: dict[str, ListStats] = {}
        """Address of each article that is being fetched → the list that named it first."""
        self.validators: dict[str, Validators] = {}
        """Address of each article that is on its way to the store → what the server said to know it by."""
        self.places: dict[str, RecordLocation] = {}
        """Address of each article that is on its way to the store → where its page was archived."""
        self.on_settled: Callable[[str, str], None] = lambda address, outcome: None
        """Called with the address, or other origin, of every article that has come to its end, and its outcome."""
        self.scopes = Scopes(crawler.settings["PROJECT_VERSION"], spider.keyword, spider.topics)
        self._crawler = crawler
        self._began = monotonic()
        self._log = RejectedLog(self.options.data, self.run.run_id)
        bot, sections = crawler.settings["BOT_NAME"], getattr(spider.arguments, "sections", ())
        about = {
            "software": f"{bot}/{crawler.settings['PROJECT_VERSION']}",
            "spider": spider.name,
            "sections": ",".join(section.name for section in sections),
        }
        self._archive = ArchiveWriter(self.options.data / "raw", self.run.run_id, about)
        self._archives = self.options.archive and self.sample is None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As Scrapy calls it; raises NotConfigured for a spider of another project, such as that of ``scrapy fetch``."""
        if not is_ours(crawler):
            raise NotConfigured
        report = cls(crawler)
        crawler.signals.connect(report.item_error, signal=signals.item_error)
        crawler.signals.connect(report.spider_error, signal=signals.spider_error)
        crawler.signals.connect(report.spider_closed, signal=signals.spider_closed)
        return report

    def account(self, name: str) -> ListStats:
        """The account of that list."""
        return self.run.lists.setdefault(name, ListStats())

    def refuse(self, rejected: Rejected, *, url: str | None, origin: str, failed: bool = False) -> None:
        """Accounts for one article that is not stored; an off-topic one is counted, any other is logged as well.

        What is final is remembered under ``origin``, where that is the address of an article: it is not asked again.
        """
        outcome = "failed" if failed else "off_topic" if rejected.slug == "off_topic" else "rejected"
        if outcome == "off_topic":
            self.run.slugs["off_topic"] += 1
        else:
            self._write(rejected, url, origin, "failed" if failed else "rejected")
        if failed:
            self.run.failed.add(origin)
        elif self.ledger is not None and url is not None and origin.startswith("https://"):
            self.ledger.refuse(origin, rejected.slug, self.scopes.of(rejected.slug))
        self.settle(origin, outcome)

    def settle(self, origin: str, outcome: str) -> None:
        """An article has come to its end: counts it, for the run and for the list that named it."""
        self.validators.pop(origin, None)
        self.places.pop(origin, None)
        self.count(self.owners.pop(origin, None), outcome)
        self.on_settled(origin, outcome)

    def fetched(self, address: str) -> None:
        """Counts an article that has come in, for the list that named it."""
        if address in self.owners:
            self.owners[address].fetched += 1

    def archive(self, exchange: Exchange) -> RecordLocation | None:
        """Keeps what went over the wire; None where nothing is kept: the run does not, or the disk takes nothing."""
        if not self._archives or self.ledger is None:
            return None
        try:
            place, former = self._archive.add(exchange, self.ledger.archived(exchange.url))
            self.ledger.archive(exchange.url, former)
        except (OSError, sqlite3.Error) as error:
            self.fault(storage_error(error, self.options.data))
            return None
        return place

    def not_modified(self, address: str) -> None:
        """The server says that the article of that address is what it was."""
        if self.ledger is not None:
            self.ledger.touch(address)
        self.settle(address, "unchanged")

    def count(self, account: ListStats | None, outcome: str) -> None:
        """Counts one article that ended so, under the list's account where a list named it."""
        self.run.outcomes[outcome] += 1
        if account is not None:
            account.outcomes[outcome] += 1

    def fault(self, fault: StorageError) -> None:
        """Accounts for what keeps committed rows from being stored; told once."""
        if str(fault) not in map(str, self.run.faults):
            logger.error("%s", fault)
            self.run.faults.append(fault)

    def refused(self, address: str) -> bool:
        """Whether the article of that address was refused before, for a reason that still holds."""
        ledger = self.ledger
        return ledger is not None and any(ledger.refused(address, scope) for scope in self.scopes)

    def read(self, article: Article, address: str) -> None:
        """Accounts for a page that a layout read."""
        self.run.page(address, article.layout, fallbacks(article))

    def unread(self, rejected: Rejected, address: str) -> None:
        """Accounts for a page that no layout read, where it looks like an article."""
        if rejected.slug in DRIFT_SLUGS:
            self.run.page(address, "", ())

    def list_failed(self, name: str, slug: str, detail: str, url: str) -> None:
        """Accounts for a page of a list that could not be read."""
        self.account(name).errors[slug] += 1
        self._write(Rejected(slug, f"{name}: {detail}"), url, url, "failed")

    def error(self, error: BaseException) -> None:
        """Accounts for an error of this program, or for what keeps it from its ledger."""
        if isinstance(error, sqlite3.Error):
            self.fault(storage_error(error, self.options.data / "ledger.sqlite"))
        elif (line := f"{type(error).__name__}: {error}".splitlines()[0]) not in self.run.errors:
            self.run.errors.append(line)

    def item_error(self, item: Article, failure: Failure) -> None:
        """A stage or the store raised."""
        self.refuse(self._internal(failure), url=item.url, origin=item.origin, failed=True)

    def spider_error(self, failure: Failure, response: Response | Failure | None) -> None:
        """A callback, an errback or ``start`` raised; an article whose page was being read has failed by it."""
        rejected = self._internal(failure)
        request = getattr(response, "request", None)  # of the page, or of the request that failed; none for start()
        row = request.cb_kwargs.get("row") if request is not None else None
        if isinstance(row, Row):
            self.refuse(rejected, url=row.url, origin=row.url, failed=True)

    def spider_closed(self, reason: str) -> None:
        """Ends the account; an error in here is one of the run's as well."""
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
            except Exception as error:
                logger.exception("The run's account is not whole")
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
        for name, account in self.run.lists.items():
            account.gaps = ledger.coverage.gaps(self.scopes.list_name(name))
        code, balance = exit_code(self.run)[0], self.run.balance
        ledger.end_run(self.run.run_id, self.run.finished or self.run.started, code, json.dumps(balance))
        ledger.close()

    def _save(self) -> None:
        if self.sample is not None:
            return
        path = self.options.data / "runs" / f"{self.run.run_id}.json"
        text = json.dumps(self.run.as_json(), ensure_ascii=False, indent=1) + "\n"
        content = text.encode("utf-8", "backslashreplace")  # a path of the arguments may be no UTF-8
        replace_files(self.options.data, {path: content})

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
