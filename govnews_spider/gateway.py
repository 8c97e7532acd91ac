"""The download handler: as Scrapy's, and through the gateway where one is set.

It works below every middleware, so robots.txt, redirects, delays and messages all know the original addresses only.
"""

from __future__ import annotations

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Response

from govnews_spider.options import Options


class GatewayHandler(HTTP11DownloadHandler):
    """Sends each request to ``GOVNEWS_GATEWAY`` as ``GET /<the whole original URL>``; the response keeps that URL."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._gateway = Options.read(crawler.settings).gateway

    async def download_request(self, request: Request) -> Response:
        """The response to ``request``, fetched where the settings say."""
        if self._gateway is None:
            return await super().download_request(request)
        meta = {key: value for key, value in request.meta.items() if key != "proxy"}
        sent = request.replace(url=f"{self._gateway}/{request.url}", meta=meta)
        response = await super().download_request(sent)
        request.meta["download_latency"] = sent.meta["download_latency"]  # AutoThrottle reads it here
        return response.replace(url=request.url)
