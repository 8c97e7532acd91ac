"""Where a request may go, when, and in whose name."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Final, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.downloadermiddlewares.useragent import UserAgentMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import ProtegoRobotParser, RobotParser
from scrapy.utils.httpobj import urlparse_cached

from govnews_spider.failures import Refused, reason
from govnews_spider.options import Options
from govnews_spider.sina import urls

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class AllowedHosts:
    """Lets requests go to Sina's hosts only, by http and https; each hop of a redirect is a request and passes here."""

    def process_request(self, request: Request) -> None:
        """Raises :class:`Refused`."""
        if urls.is_sina(request.url):
            return
        hops = request.meta.get("redirect_urls", [])
        if urlparse_cached(request).scheme not in ("http", "https"):
            raise Refused("bad_scheme", f"{request.url} is neither http nor https")
        if hops:
            raise Refused("offsite_redirect", f"{hops[0]} leads to {request.url}, which is not Sina's")
        raise Refused("offsite_url", f"{request.url} is not Sina's")


class Redirects(RedirectMiddleware):
    """Scrapy's, but what is not followed is named."""

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        """The next hop or the response itself; raises :class:`Refused`."""
        try:
            result: Request | Response = super().process_response(request, response)
        except IgnoreRequest as error:
            raise Refused("redirect_loop", f"{request.url}: more than {self.max_redirect_times} redirects") from error
        if result is response and response.status in _REDIRECTS and b"Location" in response.headers:
            target = (response.headers[b"Location"] or b"").decode("latin-1")
            raise Refused("bad_scheme", f"{request.url} leads to {target}, which is neither http nor https")
        return result


class Robots(RobotsTxtMiddleware):
    """Scrapy's, but the status of robots.txt counts: an error of the server is no permission (RFC 9309, 2.3.1.4).

    4xx means that there are no rules; so does a page of HTML, which some hosts send for whatever they do not have.
    Requests that wait for one robots.txt all get its rules (Scrapy 2.19 gives them to the first and lets the others go).
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._rules: dict[str, asyncio.Future[RobotParser]] = {}

    async def process_request(self, request: Request, spider: Spider | None = None) -> None:
        """Raises :class:`Refused`."""
        if request.meta.get("dont_obey_robotstxt"):
            return
        host = urlparse_cached(request).netloc
        rules = await self.robot_parser(request)
        if not rules.allowed(request.url, self._robotstxt_useragent or self._default_useragent):
            raise Refused("robots_forbidden", f"{request.url}: {host}/robots.txt forbids it")

    async def robot_parser(self, request: Request) -> RobotParser:
        """The rules of the request's host, read once; raises :class:`Refused` where they cannot be read."""
        host = urlparse_cached(request).netloc
        if host not in self._rules:
            self._rules[host] = asyncio.ensure_future(self._read(request))
        return await asyncio.shield(self._rules[host])

    async def _read(self, request: Request) -> RobotParser:
        parts = urlparse_cached(request)
        address = f"{parts.scheme}://{parts.netloc}/robots.txt"
        meta = {"dont_obey_robotstxt": True}
        asked = Request(address, priority=self.DOWNLOAD_PRIORITY, meta=meta, callback=NO_CALLBACK)
        try:
            response = await self.crawler.engine.download_async(asked)
        except Exception as error:
            # Whatever keeps us from the rules keeps us from the host.
            slug, detail, _ = reason(error, address)
            raise Refused("robots_unavailable", f"{slug}: {detail}; try again later") from error
        if response.status == 429 or response.status >= 500:
            raise Refused("robots_unavailable", f"{address}: the site answered {response.status}; try again later")
        is_rules = response.status == 200 and not response.body.lstrip().startswith(b"<")
        rules = ProtegoRobotParser.from_crawler(self.crawler, response.body if is_rules else b"")
        self.crawler.signals.send_catch_log(signals.robots_parsed, robotparser=rules, request=request)
        return rules


class UserAgent(UserAgentMiddleware):
    """Scrapy's, with whom to reach (``GOVNEWS_CONTACT``) beside the project's name."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As Scrapy calls it."""
        middleware: Self = super().from_crawler(crawler)
        contact = crawler.settings["GOVNEWS_CONTACT"]
        if contact:
            middleware.user_agent = f"{middleware.user_agent.removesuffix(')')}; +{contact})"
        return middleware


class Waits:
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
        """Returns when the host's time has come; raises :class:`Refused` when the crawl is stopped before."""
        host = _host(request)
        start = max(self._free_at[host], monotonic())
        self._free_at[host] = start + self._crawl_delay[host]
        while (left := start - monotonic()) > 0:
            if not self._crawler.engine.running:
                raise Refused("interrupted", f"{request.url}: the crawl was stopped while the request waited")
            await asyncio.sleep(min(left, 0.25))

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
