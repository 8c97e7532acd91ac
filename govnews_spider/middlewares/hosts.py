"""Allowed hosts: requests go to Sina only."""

from __future__ import annotations

from scrapy import Request
from scrapy.utils.httpobj import urlparse_cached

from govnews_spider.downloads.errors import RequestBlocked
from govnews_spider.sina import urls


class AllowedHosts:
    """Lets requests go to Sina's hosts only, by http and https; each hop of a redirect is a request and passes here."""

    def process_request(self, request: Request) -> None:
        """Raises :class:`RequestBlocked`."""
        if urls.is_sina(request.url):
            return
        hops = request.meta.get("redirect_urls", [])
        if urlparse_cached(request).scheme not in ("http", "https"):
            raise RequestBlocked("bad_scheme", f"{request.url} is neither http nor https")
        if hops:
            raise RequestBlocked("offsite_redirect", f"{hops[0]} leads to {request.url}, which is not Sina's")
        raise RequestBlocked("offsite_url", f"{request.url} is not Sina's")
