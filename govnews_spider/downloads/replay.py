"""Archives in place of the network: the same requests, answered from what was kept; no socket opens."""

from __future__ import annotations

from typing import Any, Final, Self
from weakref import WeakKeyDictionary

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes

from govnews_spider.archive.lookup import ArchiveLookup
from govnews_spider.downloads.capture import ARCHIVED
from govnews_spider.downloads.errors import NOT_ARCHIVED, RequestBlocked
from govnews_spider.runs.options import Options

FETCHED_AT = "fetched_at"
"""Key of a request's meta: when the answer was fetched."""


SETTINGS: Final = {
    "DOWNLOAD_HANDLERS": dict.fromkeys(("http", "https"), "govnews_spider.downloads.replay.ReplayHandler"),
    "ROBOTSTXT_OBEY": False,  # nobody is asked
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": False,
    "RETRY_TIMES": 0,
    "GOVNEWS_RETRY_WAIT": "0",
    "GOVNEWS_ARCHIVE": "0",
}
"""What a replay does otherwise than a crawl."""
_OPEN: Final[WeakKeyDictionary[Crawler, ArchiveLookup]] = WeakKeyDictionary()
"""The archives of a crawl: its handlers for http and https share them."""


class ReplayHandler:
    """A download handler that reads ``GOVNEWS_REPLAY``; the spider's ``as_of`` says from when the answers are to be."""

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        spider: Any = crawler.spider
        self._as_of = getattr(spider.arguments, "as_of", None)
        if crawler not in _OPEN:
            _OPEN[crawler] = ArchiveLookup(Options.read(crawler.settings).replay)
        self._answers = _OPEN[crawler]

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As Scrapy calls it."""
        return cls(crawler)

    async def download_request(self, request: Request) -> Response:
        """The answer that was kept; raises :class:`RequestBlocked` with ``not_archived``."""
        found = self._answers.find(request.url, self._as_of)
        if found is None:
            raise RequestBlocked(NOT_ARCHIVED, f"{request.url}: the archives do not have it")
        request.meta[ARCHIVED], request.meta[FETCHED_AT] = found.place, found.response.at
        headers = Headers()
        for name, value in found.response.headers:
            headers.appendlist(name, value.encode("latin-1"))
        kind = responsetypes.from_args(headers=headers, url=request.url, body=found.response.body)
        return kind(url=request.url, status=found.response.status, headers=headers, body=found.response.body)

    async def close(self) -> None:
        """As Scrapy calls it."""
        self._answers.close()
