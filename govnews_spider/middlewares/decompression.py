"""Compressed answers: unpacked if they are whole."""

from __future__ import annotations

import zlib
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from govnews_spider.downloads.errors import RequestBlocked


class DecompressionMiddleware(HttpCompressionMiddleware):
    """Scrapy's, but a compressed body that is cut short or damaged is asked for again, and then named.

    Scrapy takes what can be unpacked of it for the whole.
    """

    def __init__(self, *, crawler: Crawler) -> None:
        super().__init__(crawler=crawler)
        self._crawler: Any = crawler

    def process_request(self, request: Request, spider: Spider | None = None) -> None:
        """Asks for the two codings of which one can tell that they are whole."""
        request.headers.setdefault("Accept-Encoding", b"gzip, deflate")

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        """The response, unpacked, or the request once more; raises :class:`RequestBlocked`."""
        try:
            return super().process_response(request, response)
        except IgnoreRequest:  # too large
            raise
        except Exception as error:  # each coding has errors of its own
            slug = "truncated_body" if isinstance(error, EOFError) else "damaged_body"
            again = get_retry_request(request, spider=self._crawler.spider, reason=slug)
            if again is not None:
                return again
            raise RequestBlocked(
                slug, f"{request.url}: the body cannot be unpacked ({error}); try again later"
            ) from error

    @staticmethod
    def _decode(body: bytes, encoding: bytes, max_size: int) -> bytes:
        unpacked: bytes = HttpCompressionMiddleware._decode(body, encoding, max_size)
        if encoding in (b"gzip", b"x-gzip", b"deflate") and not _is_whole(body):
            raise EOFError(f"the {encoding.decode()} stream breaks off after {len(body)} bytes")
        return unpacked


def _is_whole(packed: bytes) -> bool:
    """Whether a stream that can be unpacked is at its end: gzip or zlib by their heads, else bare deflate."""
    for wbits in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):
        unpacker = zlib.decompressobj(wbits)
        try:
            unpacker.decompress(packed)
        except zlib.error:
            continue
        return unpacker.eof
    return False
