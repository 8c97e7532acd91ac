"""The main job: Sina's lists, page by page or day by day, and the articles that they link."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from scrapy import Request
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from govnews_spider.article import Article, Rejected
from govnews_spider.core.extract import Reading
from govnews_spider.core.join import join
from govnews_spider.failures import INTERRUPTED, reason
from govnews_spider.runs import SAMPLE_SHOWN, SAMPLED
from govnews_spider.sina.pager import MOST_PAGES
from govnews_spider.sina.roll import Row, complete, list_url, read_rows
from govnews_spider.sina.sections import Section
from govnews_spider.spiders.answers import BROKEN, check_whole
from govnews_spider.spiders.arguments import SinaArguments, read_arguments
from govnews_spider.spiders.base import NewsSpider
from govnews_spider.spiders.rows import Rows


class SinaGov(NewsSpider[SinaArguments]):
    """``scrapy crawl sina_gov``; its arguments are those of :mod:`govnews_spider.spiders.arguments`."""

    name = "sina_gov"

    def __init__(self, name: str | None = None, **given: str) -> None:
        super().__init__(name, **given)
        self.expects_news = self.arguments.since is None

    @classmethod
    def read(cls, given: dict[str, str]) -> SinaArguments:
        """Raises ValueError."""
        return read_arguments(given)

    @cached_property
    def rows(self) -> Rows:
        """The rows met in this run."""
        return Rows(self.report, self.arguments.max_pages)

    async def start(self) -> AsyncIterator[Request]:
        """The first page of each list, or of each list's every day."""
        for section in self.arguments.sections:
            self.report.account(section.name)
        days: list[date | None] = [*self.arguments.days()]
        for day in days or [None]:
            for section in self.arguments.sections:
                if day is None:
                    self.rows.begin(section)
                yield self._list_request(section, 1, day)

    def parse_list(self, response: Response, section: Section, page: int, day: date | None) -> Iterator[Request]:
        """The articles of a page that are not known yet, and the next page."""
        self._stop_when_shown()
        try:
            answer = read_rows(response.body, url=response.url)
            if day is None and page == 1:
                answer.expect_rows(response.url)
        except Rejected as rejected:
            yield from self._list_broken(rejected, response, section)
            return
        self.report.account(section.name).pages += 1
        for refused in answer.refused:
            self.rows.refuse(refused, response.url)
        for row in answer.rows:
            if self.rows.is_new(row, section):
                yield self._article_request(row, section)
        if self.rows.goes_on(answer, section, page, day):
            yield self._list_request(section, page + 1, day)

    def parse_article(
        self, response: Response, row: Row, section: Section, pages: tuple[Article, ...] = ()
    ) -> Iterator[Article | Request]:
        """The article with what its row knows; or its next page, where it goes on there. ``pages`` are those before."""
        self._stop_when_shown()
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1") or None
        try:
            check_whole(response.body, response.url)
            reading = Reading(
                response.body, url=response.url, content_type=content_type, origin=row.url, listed_at=row.ctime
            )
            pages = (*pages, reading.article())
        except Rejected as rejected:
            yield from self._article_broken(rejected, response, row)
            return
        self.report.read(pages[-1], response.url)
        following = reading.next_page()
        if following is not None and len(pages) < MOST_PAGES:
            yield self._article_request(row, section, following, pages)
            return
        article = join(pages)
        article.fetched_at = datetime.now(UTC)
        yield complete(article, row, section)

    def list_failed(self, failure: Failure) -> None:
        """Accounts for a page of a list that was not answered."""
        request: Request = failure.request  # type: ignore[attr-defined]
        slug, detail, _ = reason(failure.value, request.url)  # type: ignore[arg-type]
        if slug != INTERRUPTED:
            self.report.list_failed(request.cb_kwargs["section"].name, slug, detail, request.url)

    def article_failed(self, failure: Failure) -> None:
        """Accounts for an article whose page was not answered."""
        request: Request = failure.request  # type: ignore[attr-defined]
        slug, detail, outcome = reason(failure.value, request.url)  # type: ignore[arg-type]
        url = request.cb_kwargs["row"].url
        if slug != INTERRUPTED:
            self.report.refuse(Rejected(slug, detail), url=url, origin=url, failed=outcome == "failed")

    def _list_request(self, section: Section, page: int, day: date | None) -> Request:
        return Request(
            list_url(section, page, day),
            callback=self.parse_list,
            errback=self.list_failed,
            cb_kwargs={"section": section, "page": page, "day": day},
            dont_filter=True,
        )

    def _article_request(self, row: Row, section: Section, url: str = "", pages: tuple[Article, ...] = ()) -> Request:
        return Request(
            url or row.url,
            callback=self.parse_article,
            errback=self.article_failed,
            cb_kwargs={"row": row, "section": section, "pages": pages},
            dont_filter=True,  # rows are told apart here; the filter would drop a request without a word
        )

    def _list_broken(self, rejected: Rejected, response: Response, section: Section) -> Iterator[Request]:
        again = self._again(rejected, response)
        if again is not None:
            yield again
        else:
            self.report.list_failed(section.name, rejected.slug, rejected.detail, response.url)

    def _article_broken(self, rejected: Rejected, response: Response, row: Row) -> Iterator[Request]:
        again = self._again(rejected, response)
        if again is not None:
            yield again
        else:
            self.report.unread(rejected, response.url)
            self.report.refuse(rejected, url=row.url, origin=row.url, failed=rejected.slug in BROKEN)

    def _again(self, rejected: Rejected, response: Response) -> Request | None:
        request: Any = response.request
        return get_retry_request(request, spider=self, reason=rejected.slug) if rejected.slug in BROKEN else None

    def _stop_when_shown(self) -> None:
        if self.sample is not None and self.report.run.outcomes[SAMPLED] >= self.sample:
            raise CloseSpider(SAMPLE_SHOWN)
