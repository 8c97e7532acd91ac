"""The ceiling that :mod:`benchmarks.crawl` compares us with: Scrapy as it comes, fetching the same pages and keeping nothing.

Run by ``scrapy runspider`` outside the project, so that Scrapy's own defaults hold.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response

API = "https://feed.mix.sina.com.cn/api/roll/get?pageid=155&lid={lid}&num=50&page={page}"


class BareSpider(Spider):
    """Reads all pages of the lists ``lids`` (a comma between two) through ``gateway``; yields the length of each article's page."""

    name = "bare"
    gateway: str
    lids: str

    async def start(self) -> AsyncIterator[Any]:
        """The first page of each list."""
        for lid in self.lids.split(","):
            yield self._list_request(lid, 1)

    def parse_list(self, response: Response, lid: str, page: int) -> Iterator[Request]:
        """The articles of the page, and the next page."""
        result = json.loads(response.body)["result"]
        for row in result["data"]:
            yield Request(f"{self.gateway}/{row['url']}", callback=self.parse_article)
        if page * 50 < result["total"]:
            yield self._list_request(lid, page + 1)

    def parse_article(self, response: Response) -> Iterator[dict[str, int]]:
        """All that is taken from a page."""
        yield {"length": len(response.body)}

    def _list_request(self, lid: str, page: int) -> Request:
        url = f"{self.gateway}/{API.format(lid=lid, page=page)}"
        return Request(url, callback=self.parse_list, cb_kwargs={"lid": lid, "page": page})
