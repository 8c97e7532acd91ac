"""Delays that a host asks for: Retry-After, Crawl-delay, and pauses after failures."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached

from govnews_spider.downloads.errors import INTERRUPTED, RequestBlocked
from govnews_spider.runs.options import Options


class RetryAfterMiddleware:
    """Holds requests back while their host asked for patience: by Retry-After, by Crawl-delay, or by failing."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._options = Options.read(crawler.settings)
        self._statuses = {int(status) for status in crawler.settings.getlist("RETRY_HTTP_CODES")}
        self._free_at: dict[str, float] = defaultdict(float)
        self._crawl_delay: dict[str, float] = defaultdict(float)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As Scrapy calls it."""
        middleware = cls(crawler)
        crawler.signals.connect(middleware.robots_parsed, signal=signals.robots_parsed)
        return middleware

    def robots_parsed(self, robotparser: RobotParser, request: Request) -> None:
        """Takes over the host's Crawl-delay."""
        delay = robotparser.crawl_delay(self._crawler.settings["ROBOTSTXT_USER_AGENT"]) or 0.0
        self._crawl_delay[_host(request)] = min(delay, self._options.wait_max)

    async def process_request(self, request: Request) -> None:
        """Returns when the host's time has come; raises :class:`RequestBlocked` when the crawl is stopped before."""
        host = _host(request)
        while (left := self._free_at[host] - monotonic()) > 0:
            if not self._crawler.engine.running:
                raise RequestBlocked(INTERRUPTED, f"{request.url}: the crawl was stopped while the request waited")
            await asyncio.sleep(min(left, 0.25))
        self._free_at[host] = monotonic() + self._crawl_delay[host]

    def process_response(self, request: Request, response: Response) -> Response:
        """The response itself."""
        if response.status in self._statuses:
            header = (response.headers.get("Retry-After") or b"").decode("latin-1")
            self._hold(request, retry_after(header, datetime.now(UTC)))
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """A connection that fails is not asked for again at once."""
        if not isinstance(exception, IgnoreRequest):
            self._hold(request, None)

    def _hold(self, request: Request, asked: float | None) -> None:
        wait = self._options.retry_wait * 2 ** request.meta.get("retry_times", 0) if asked is None else asked
        host = _host(request)
        self._free_at[host] = max(self._free_at[host], monotonic() + min(wait, self._options.wait_max))


def retry_after(header: str, now: datetime) -> float | None:
    """The seconds that a ``Retry-After`` header asks for, as a number or an HTTP date; None where it says neither."""
    if header.strip().isdecimal():
        return float(header)
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    seconds: float = (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds()
    return max(0.0, seconds)


def _host(request: Request) -> str:
    return urlparse_cached(request).hostname or ""
