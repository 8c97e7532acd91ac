"""robots.txt: the rules of each host, read once and obeyed."""

from __future__ import annotations

import asyncio

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import ProtegoRobotParser, RobotParser
from scrapy.utils.httpobj import urlparse_cached

from govnews_spider.downloads.errors import INTERRUPTED, RequestBlocked, download_failure


class Robots(RobotsTxtMiddleware):
    """Scrapy's, but the status of robots.txt counts: an error of the server is no permission (RFC 9309, 2.3.1.4).

    4xx means that there are no rules; so does a page of HTML, which some hosts send for whatever they do not have.
    Requests that wait for one robots.txt all get its rules (Scrapy 2.19 gives them to the first and lets the others go).
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._rules: dict[str, asyncio.Future[RobotParser]] = {}

    async def process_request(self, request: Request, spider: Spider | None = None) -> None:
        """Raises :class:`RequestBlocked`."""
        if request.meta.get("dont_obey_robotstxt"):
            return
        host = urlparse_cached(request).netloc
        rules = await self.robot_parser(request)
        settings = self.crawler.settings
        if not rules.allowed(request.url, settings["ROBOTSTXT_USER_AGENT"] or settings["USER_AGENT"]):
            raise RequestBlocked("robots_forbidden", f"{request.url}: {host}/robots.txt forbids it")

    async def robot_parser(self, request: Request) -> RobotParser:
        """The rules of the request's host, read once; raises :class:`RequestBlocked` where they cannot be read."""
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
            if isinstance(error, RequestBlocked) and error.slug == INTERRUPTED:
                raise
            # Whatever keeps us from the rules keeps us from the host.
            slug, detail, _ = download_failure(error, address)
            raise RequestBlocked("robots_unavailable", f"{slug}: {detail}; try again later") from error
        if response.status == 429 or response.status >= 500:
            raise RequestBlocked(
                "robots_unavailable", f"{address}: the site answered {response.status}; try again later"
            )
        is_rules = response.status == 200 and not response.body.lstrip().startswith(b"<")
        rules = ProtegoRobotParser.from_crawler(self.crawler, response.body if is_rules else b"")
        self.crawler.signals.send_catch_log(signals.robots_parsed, robotparser=rules, request=request)
        return rules
