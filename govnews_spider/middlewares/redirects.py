"""Redirects: the next hop, or a named refusal."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from govnews_spider.downloads.errors import RequestBlocked

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class Redirects(RedirectMiddleware):
    """Scrapy's, but what is not followed is named, and the Referer, which is the same for all requests, stays."""

    def handle_referer(self, request: Request, response: Response) -> None:
        """Leaves the header as it is."""

    def _engine_started(self) -> None:
        """Scrapy looks for what would set the header here, and warns of each crawl without it."""

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        """The next hop or the response itself; raises :class:`RequestBlocked`."""
        target = (response.headers.get("Location") or b"").decode("latin-1")
        bad = RequestBlocked("bad_redirect", f"{request.url} leads to {target!r}, which is no address")
        if response.status in _REDIRECTS and not target.strip():
            raise bad
        try:
            result: Request | Response = super().process_response(request, response)
            if isinstance(result, Request):
                _ = urlsplit(result.url).port
        except ValueError as error:
            raise bad from error
        except IgnoreRequest as error:
            raise RequestBlocked(
                "redirect_loop", f"{request.url}: more than {self.max_redirect_times} redirects"
            ) from error
        if result is response and response.status in _REDIRECTS:
            raise RequestBlocked("bad_scheme", f"{request.url} leads to {target}, which is neither http nor https")
        return result
