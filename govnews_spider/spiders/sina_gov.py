"""The main job: Sina's lists, page by page or day by day, and the articles that they link."""

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

from govnews_spider.article import Article, Rejected
from govnews_spider.core.extract.multipage import join
from govnews_spider.core.extract.reading import Reading
from govnews_spider.core.extract.truncation import RETRYABLE_SLUGS, check_complete
from govnews_spider.downloads.capture import ARCHIVED
from govnews_spider.downloads.errors import INTERRUPTED, NOT_ARCHIVED, download_failure
from govnews_spider.downloads.replay import FETCHED_AT
from govnews_spider.ledger.identities import Validators
from govnews_spider.runs.options import Options
from govnews_spider.runs.run import SAMPLE_SHOWN, SAMPLED
from govnews_spider.sina.pager import MOST_PAGES
from govnews_spider.sina.roll import Row, complete, home, list_url, read_rows
from govnews_spider.sina.sections import Section
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
    def rows(self) -> ListReader:
        """The rows met in this run."""
        return ListReader(self.report, self.arguments.max_pages, self.arguments.revisit)

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
            self.report.account(section.name)
        if self.arguments.since is None:
            for section in self.arguments.sections:
                yield self._list_request(section, 1, None)
        for day in self.arguments.days():
            for section in self.arguments.sections:
                if self.rows.is_read(section, day):
                    self.report.account(section.name).days_known += 1
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
        gaps = [(day, section) for section in self.arguments.sections for day in self.rows.gap_days(section)]
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
            part = self.rows.part(section, day)
            part.check(answer, page, response.url, asked_before="retry_times" in response.meta)
        except Rejected as rejected:
            yield from self._list_broken(rejected, response)
            return
        rows, goes_on = self.rows.turn(answer, part, page, response.url)
        for row in rows:
            yield self._article_request(row, home(row, section, self.arguments.sections), day)
        if goes_on:
            yield self._list_request(section, page + 1, day)

    def parse_article(
        self, response: Response, row: Row, section: Section, day: date | None, pages: tuple[Article, ...] = ()
    ) -> Iterator[Article | Request]:
        """The article with what its row knows; or its next page, where it goes on there. ``pages`` are those before."""
        self._stop_when_shown()
        if response.status == NOT_MODIFIED:
            self.report.fetched(row.url)
            self.report.not_modified(row.url)
            return
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1") or None
        try:
            check_complete(response.body, response.url)
            reading = Reading(
                response.body, url=response.url, content_type=content_type, origin=row.url, listed_at=row.ctime
            )
            pages = (*pages, reading.article())
        except Rejected as rejected:
            yield from self._article_broken(rejected, response, row)
            return
        self.report.read(pages[-1], response.url)
        if len(pages) == 1 and ARCHIVED in response.meta:
            self.report.places[row.url] = response.meta[ARCHIVED]
        following = reading.next_page()
        if following is not None and len(pages) < MOST_PAGES:
            yield self._article_request(row, section, day, following, pages)
            return
        self.report.fetched(row.url)
        article = join(pages)
        article.fetched_at = response.meta.get(FETCHED_AT) or datetime.now(UTC)
        if len(pages) == 1:  # one page's validator says nothing of the others
            self.report.validators[row.url] = Validators(
                *(_header(response, name) for name in ("ETag", "Last-Modified"))
            )
        yield complete(article, row, section)

    def list_failed(self, failure: Failure) -> None:
        """Accounts for a page of a list that was not answered."""
        request: Request = failure.request  # type: ignore[attr-defined]
        slug, detail, _ = download_failure(failure.value, request.url)  # type: ignore[arg-type]
        if slug == NOT_ARCHIVED and request.cb_kwargs["page"] > 1:
            self.rows.broke(request.cb_kwargs["section"], request.cb_kwargs["day"])
        elif slug != INTERRUPTED:
            self._list_failed(request, slug, detail)

    def article_failed(self, failure: Failure) -> None:
        """Accounts for an article whose page was not answered."""
        request: Request = failure.request  # type: ignore[attr-defined]
        slug, detail, outcome = download_failure(failure.value, request.url)  # type: ignore[arg-type]
        url = request.cb_kwargs["row"].url
        if slug != INTERRUPTED:
            self.report.refuse(Rejected(slug, detail), url=url, origin=url, failed=outcome == "failed")

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
        self, row: Row, section: Section, day: date | None, url: str = "", pages: tuple[Article, ...] = ()
    ) -> Request:
        known = self.report.ledger.validators(row.url) if self.report.ledger is not None and not pages else Validators()
        headers = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
        return Request(
            url or row.url,
            headers={name: value for name, value in headers.items() if value},
            meta={"handle_httpstatus_list": [NOT_MODIFIED]} if any(known) else {},
            callback=self.parse_article,
            errback=self.article_failed,
            cb_kwargs={"row": row, "section": section, "day": day, "pages": pages},
            priority=_priority(day),
            dont_filter=True,  # rows are told apart here; the filter would drop a request without a word
        )

    def _list_failed(self, request: Any, slug: str, detail: str) -> None:
        section = request.cb_kwargs["section"]
        self.rows.broke(section, request.cb_kwargs["day"])
        self.report.list_failed(section.name, slug, detail, request.url)

    def _list_broken(self, rejected: Rejected, response: Response) -> Iterator[Request]:
        again = self._again(rejected, response)
        if again is not None:
            yield again
        else:
            self._list_failed(response.request, rejected.slug, rejected.detail)

    def _article_broken(self, rejected: Rejected, response: Response, row: Row) -> Iterator[Request]:
        again = self._again(rejected, response)
        if again is not None:
            yield again
        else:
            self.report.unread(rejected, response.url)
            self.report.refuse(rejected, url=row.url, origin=row.url, failed=rejected.slug in RETRYABLE_SLUGS)

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
