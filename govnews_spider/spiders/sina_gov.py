"""Spider of Sina's lists, page by page or day by day, and of the articles that they link."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from functools import cached_property
from operator import itemgetter
from typing import Any, Final, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import CloseSpider, DontCloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from govnews_spider.archive.exchange import RecordLocation
from govnews_spider.article import Rejected
from govnews_spider.core.extract.multipage import ArticleReader, PageSource
from govnews_spider.core.extract.truncation import RETRYABLE_SLUGS
from govnews_spider.downloads.capture import ARCHIVED
from govnews_spider.downloads.errors import INTERRUPTED, NOT_ARCHIVED, download_failure
from govnews_spider.downloads.replay import FETCHED_AT
from govnews_spider.extensions.run_report import ARTICLE_DONE
from govnews_spider.ledger.captured import CapturedArticle, ListedRow
from govnews_spider.ledger.identities import NO_VALIDATORS, Validators
from govnews_spider.runs.options import Options
from govnews_spider.runs.run import SAMPLE_SHOWN, SAMPLED
from govnews_spider.sina.roll import complete, home, list_url, read_rows
from govnews_spider.sina.sections import Section, find
from govnews_spider.spiders.arguments import SinaArguments, read_arguments
from govnews_spider.spiders.base import NewsSpider
from govnews_spider.spiders.list_reader import ListReader

NOT_MODIFIED: Final = 304


class SinaGov(NewsSpider[SinaArguments]):
    """``scrapy crawl sina_gov``; its arguments are those of :mod:`govnews_spider.spiders.arguments`."""

    name = "sina_gov"

    def __init__(self, name: str | None = None, **given: str) -> None:
        super().__init__(name, **given)
        self.expects_news = self.arguments.since is None
        self._gaps_wanted = self.arguments.fill_gaps

    @classmethod
    def read(cls, given: dict[str, str]) -> SinaArguments:
        """Raises ValueError."""
        return read_arguments(given)

    @cached_property
    def lists(self) -> ListReader:
        """The reading of the lists in this run."""
        reader = ListReader(self.report, self.arguments.max_pages, self.arguments.revisit)
        self.crawler.signals.connect(reader.article_done, signal=ARTICLE_DONE)
        return reader

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """As Scrapy calls it."""
        spider: Self = super().from_crawler(crawler, *args, **kwargs)
        if Options.read(crawler.settings).replay:
            spider.replays, spider.expects_news = True, False
        crawler.signals.connect(spider.fill_gaps, signal=signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """The first page of each list, or of each list's every day that was not read whole before."""
        for section in self.arguments.sections:
            self.report.stats_of_list(section.name)
        if self.arguments.since is None:
            for section in self.arguments.sections:
                yield self._list_request(section, 1, None)
        for day in self.arguments.days():
            for section in self.arguments.sections:
                if self.lists.is_read(section, day):
                    self.report.stats_of_list(section.name).days_known += 1
                else:
                    self.report.run.days += 1
                    yield self._list_request(section, 1, day)

    def fill_gaps(self) -> None:
        """Reads the archives of the days that may have rows which were never read; once, when all else is done.

        Raises DontCloseSpider where there are such days.
        """
        if not self._gaps_wanted:
            return
        self._gaps_wanted = False
        gaps = [(day, section) for section in self.arguments.sections for day in self.lists.gap_days(section)]
        for day, section in sorted(gaps, key=itemgetter(0)):
            self.crawler.engine.crawl(self._list_request(section, 1, day))
        if gaps:
            raise DontCloseSpider

    def parse_list(self, response: Response, section: Section, page: int, day: date | None) -> Iterator[Request]:
        """The articles of a page that are not known yet, and the next page."""
        self._stop_when_shown()
        try:
            answer = read_rows(response.body, url=response.url)
            if day is None and page == 1:
                answer.expect_rows(response.url)
            scan = self.lists.scan(section, day)
            scan.check(answer, page, response.url, asked_before="retry_times" in response.meta)
        except Rejected as rejected:
            yield from self._list_broken(rejected, response)
            return
        rows, goes_on = self.lists.on_page(answer, scan, page, response.url)
        for row in rows:
            yield self._article_request(row.url, ListedRow(section.name, row), day)
        if goes_on:
            yield self._list_request(section, page + 1, day)

    def parse_article(
        self,
        response: Response,
        listed: ListedRow,
        day: date | None,
        reader: ArticleReader | None = None,
        location: RecordLocation | None = None,
    ) -> Iterator[CapturedArticle | Request]:
        """The article in its envelope, or a request for its next page. ``reader`` and ``location`` come from the pages before."""
        self._stop_when_shown()
        if response.status == NOT_MODIFIED:
            self.report.stats_of_list(listed.list_name).fetched += 1
            self.report.not_modified(listed.row.url, listed.list_name)
            return
        if reader is None:
            reader = ArticleReader(origin=listed.row.url, listed_at=listed.row.ctime)
            location = response.meta.get(ARCHIVED)
        pages_before = len(reader.pages)
        try:
            following = reader.read(PageSource(response.body, response.url, _header(response, "Content-Type")))
        except Rejected as rejected:
            yield from self._article_broken(rejected, response, listed)
            return
        if len(reader.pages) > pages_before:
            self.report.read(reader.pages[-1], response.url)
        if following is not None:
            yield self._article_request(following, listed, day, reader, location)
            return
        self.report.stats_of_list(listed.list_name).fetched += 1
        yield self._captured(reader, response, listed, location)

    def _captured(
        self, reader: ArticleReader, response: Response, listed: ListedRow, location: RecordLocation | None
    ) -> CapturedArticle:
        section = home(listed.row, find(listed.list_name), self.arguments.sections)
        is_one = len(reader.pages) == 1  # one page's validator says nothing of the others
        validators = Validators(_header(response, "ETag"), _header(response, "Last-Modified"))
        return CapturedArticle(
            article=complete(reader.article(), listed.row, section),
            origin=listed.row.url,
            captured_at=response.meta.get(FETCHED_AT) or datetime.now(UTC),
            rows=self.lists.rows_of(listed.row.url),
            validators=validators if is_one else NO_VALIDATORS,
            location=location,
        )

    def list_failed(self, failure: Failure) -> None:
        """Counts a page of a list that was not answered."""
        request: Request = failure.request  # type: ignore[attr-defined]
        slug, detail, _ = download_failure(failure.value, request.url)  # type: ignore[arg-type]
        if slug == NOT_ARCHIVED and request.cb_kwargs["page"] > 1:
            self.lists.page_failed(request.cb_kwargs["section"], request.cb_kwargs["day"])
        elif slug != INTERRUPTED:
            self._list_failed(request, slug, detail)

    def article_failed(self, failure: Failure) -> None:
        """Counts an article whose page was not answered."""
        request: Request = failure.request  # type: ignore[attr-defined]
        slug, detail, outcome = download_failure(failure.value, request.url)  # type: ignore[arg-type]
        if slug != INTERRUPTED:
            self._reject(Rejected(slug, detail), request.cb_kwargs["listed"], failed=outcome == "failed")

    def _list_request(self, section: Section, page: int, day: date | None) -> Request:
        return Request(
            list_url(section, page, day),
            callback=self.parse_list,
            errback=self.list_failed,
            cb_kwargs={"section": section, "page": page, "day": day},
            priority=_priority(day),
            dont_filter=True,
        )

    def _article_request(
        self,
        url: str,
        listed: ListedRow,
        day: date | None,
        reader: ArticleReader | None = None,
        location: RecordLocation | None = None,
    ) -> Request:
        ledger = self.report.ledger
        validators = ledger.validators(listed.row.url) if ledger is not None and reader is None else NO_VALIDATORS
        headers = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
        return Request(
            url,
            headers={name: value for name, value in headers.items() if value},
            meta={"handle_httpstatus_list": [NOT_MODIFIED]} if any(validators) else {},
            callback=self.parse_article,
            errback=self.article_failed,
            cb_kwargs={"listed": listed, "day": day, "reader": reader, "location": location},
            priority=_priority(day),
            dont_filter=True,  # rows are told apart here; the filter would drop a request without a word
        )

    def _list_failed(self, request: Any, slug: str, detail: str) -> None:
        section = request.cb_kwargs["section"]
        self.lists.page_failed(section, request.cb_kwargs["day"])
        self.report.list_failed(section.name, slug, detail, request.url)

    def _list_broken(self, rejected: Rejected, response: Response) -> Iterator[Request]:
        again = self._again(rejected, response)
        if again is not None:
            yield again
        else:
            self._list_failed(response.request, rejected.slug, rejected.detail)

    def _article_broken(self, rejected: Rejected, response: Response, listed: ListedRow) -> Iterator[Request]:
        again = self._again(rejected, response)
        if again is not None:
            yield again
        else:
            self.report.unread(rejected, response.url)
            self._reject(rejected, listed, failed=rejected.slug in RETRYABLE_SLUGS)

    def _reject(self, rejected: Rejected, listed: ListedRow, *, failed: bool) -> None:
        url = listed.row.url
        self.report.reject(rejected, url=url, origin=url, failed=failed, list_name=listed.list_name)

    def _again(self, rejected: Rejected, response: Response) -> Request | None:
        request: Any = response.request
        return (
            get_retry_request(request, spider=self, reason=rejected.slug) if rejected.slug in RETRYABLE_SLUGS else None
        )

    def _stop_when_shown(self) -> None:
        if self.sample is not None and self.report.run.outcomes[SAMPLED] >= self.sample:
            raise CloseSpider(SAMPLE_SHOWN)


def _priority(day: date | None) -> int:
    """Earlier days of a backfill first, with all their articles, so that what is finished is finished whole."""
    return -day.toordinal() if day is not None else 0


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None
