"""Where a request may go, and in whose name."""

from __future__ import annotations

import asyncio
from typing import Final, Self
from urllib.parse import urlsplit

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

from govnews_spider.failures import INTERRUPTED, Refused, reason
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
    """Scrapy's, but what is not followed is named, and the Referer, which is the same for all requests, stays."""

    def handle_referer(self, request: Request, response: Response) -> None:
        """Leaves the header as it is."""

    def _engine_started(self) -> None:
        """Scrapy looks for what would set the header here, and warns of each crawl without it."""

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        """The next hop or the response itself; raises :class:`Refused`."""
        target = (response.headers.get("Location") or b"").decode("latin-1")
        bad = Refused("bad_redirect", f"{request.url} leads to {target!r}, which is no address")
        if response.status in _REDIRECTS and not target.strip():
            raise bad
        try:
            result: Request | Response = super().process_response(request, response)
            if isinstance(result, Request):
                _ = urlsplit(result.url).port
        except ValueError as error:
            raise bad from error
        except IgnoreRequest as error:
            raise Refused("redirect_loop", f"{request.url}: more than {self.max_redirect_times} redirects") from error
        if result is response and response.status in _REDIRECTS:
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
            if isinstance(error, Refused) and error.slug == INTERRUPTED:
                raise
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
        contact = Options.read(crawler.settings).contact
        if contact:
            agent = middleware.user_agent
            middleware.user_agent = f"{agent[:-1]}; +{contact})" if agent.endswith(")") else f"{agent} (+{contact})"
        return middleware
