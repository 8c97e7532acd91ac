"""Decompression of answers: a body that is cut short or damaged is asked for again, then named."""

from __future__ import annotations

from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response, TextResponse
from scrapy.responsetypes import responsetypes

from govnews_spider.archive.http_body import decode_body
from govnews_spider.article import Rejected
from govnews_spider.downloads.errors import RequestBlocked


class DecompressionMiddleware:
    """Content codings undone by :func:`decode_body`, as archives are read; Scrapy's own takes a part of a body for the whole."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler: Any = crawler
        self._max_size = crawler.settings.getint("DOWNLOAD_MAXSIZE")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As Scrapy calls it."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Asks for the two codings that every server knows."""
        request.headers.setdefault("Accept-Encoding", b"gzip, deflate")

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """The response with its body decoded, or the request once more; raises :class:`RequestBlocked`."""
        coding = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1")
        if not coding or not response.body:
            return response
        try:
            body = decode_body(response.body, coding, request.url, max_size=self._max_size)
        except Rejected as rejected:
            is_final = rejected.slug == "body_too_large"
            retry = None if is_final else get_retry_request(request, spider=self._crawler.spider, reason=rejected.slug)
            if retry is not None:
                return retry
            raise RequestBlocked(rejected.slug, rejected.detail) from rejected
        headers = response.headers.copy()
        del headers["Content-Encoding"]
        kind = responsetypes.from_args(headers=headers, url=response.url, body=body)
        encoding = {"encoding": None} if issubclass(kind, TextResponse) else {}  # is to be detected again
        return response.replace(cls=kind, headers=headers, body=body, **encoding)
