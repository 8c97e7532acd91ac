"""The download handler: as Scrapy's, and through the gateway where one is set.

It works below every middleware, so robots.txt, redirects, delays and messages all know the original addresses only.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any, Final, cast

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.internet.task import LoopingCall

from govnews_spider.downloads.capture import keep
from govnews_spider.downloads.errors import INTERRUPTED, RequestBlocked
from govnews_spider.extensions.run_report import RunReport
from govnews_spider.runs.options import Options

PATIENCE: Final = 2.0
"""Seconds that an answer on its way is waited for when the crawl is stopped; the next run asks again."""
_LOOK: Final = 0.5
"""Seconds between two looks whether the crawl was stopped."""


class GatewayHandler(HTTP11DownloadHandler):
    """Sends each request to ``GOVNEWS_GATEWAY`` as ``GET /<the whole original URL>``; the response keeps that URL.

    Where the crawl is stopped, answers that take longer than :data:`PATIENCE` are given up.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._gateway = Options.read(crawler.settings).gateway
        self._downloads: set[asyncio.Task[Any]] = set()
        self._given_up = False
        self._watch = LoopingCall(self._look)
        self._stopped_at: float | None = None

    async def download_request(self, request: Request) -> Response:
        """The response to ``request``, fetched where the settings say; raises :class:`RequestBlocked` where it was given up."""
        if self._stopped_at is not None:
            raise RequestBlocked(INTERRUPTED, f"{request.url}: the crawl was stopped before it was asked for")
        if not self._watch.running:
            self._watch.start(_LOOK, now=False)
        task = cast("asyncio.Task[Any]", asyncio.current_task())  # Scrapy downloads in tasks of the asyncio loop
        self._downloads.add(task)
        try:
            response = await self._download(request)
        except asyncio.CancelledError:
            if not self._given_up:
                raise
            raise RequestBlocked(
                INTERRUPTED, f"{request.url}: the crawl was stopped while the site was answering"
            ) from None
        finally:
            self._downloads.discard(task)
        keep(self.crawler.get_extension(RunReport), request, response)
        return response

    async def close(self) -> None:
        """As Scrapy calls it."""
        if self._watch.running:
            self._watch.stop()
        await super().close()

    async def _download(self, request: Request) -> Response:
        if self._gateway is None:
            return await super().download_request(request)
        meta = {key: value for key, value in request.meta.items() if key != "proxy"}
        sent = request.replace(url=f"{self._gateway}/{request.url}", meta=meta)
        response = await super().download_request(sent)
        request.meta["download_latency"] = sent.meta["download_latency"]  # AutoThrottle reads it here
        return response.replace(url=request.url)

    def _look(self) -> None:
        engine = self.crawler.engine
        if engine is None or engine.running:
            return
        if self._stopped_at is None:
            self._stopped_at = monotonic()
            # What waits for its turn there need not wait to hear that it has none.
            for slot in engine.downloader.slots.values():
                slot.delay = 0
                if slot.latercall is not None:
                    slot.latercall.cancel()
                    slot.latercall = None
                engine.downloader._process_queue(slot)
        if monotonic() - self._stopped_at >= PATIENCE:
            self._given_up = True
            for task in list(self._downloads):
                task.cancel()
