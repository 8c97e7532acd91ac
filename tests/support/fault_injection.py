"""Fault injection: an extension of Scrapy that makes one named place of a crawl fail."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from govnews_spider.ledger.ledger import Ledger
from govnews_spider.pipelines import STAGES, Store
from govnews_spider.spiders.sina_gov import SinaGov
from govnews_spider.storage.parquet import ParquetWriter

PLACES: dict[str, tuple[Any, str]] = {
    "start": (SinaGov, "start"),
    "parse_list": (SinaGov, "parse_list"),
    "parse_article": (SinaGov, "parse_article"),
    "article_failed": (SinaGov, "article_failed"),
    "accept": (Ledger, "accept"),
    "open": (Store, "open_spider"),
    "close": (Ledger, "close"),
    "writer": (ParquetWriter, "write"),
}


class FaultInjector:
    """The extension; ``FAULT_PLACE`` is a key of :data:`PLACES`, or ``stage``, ``vanish`` (an item is dropped) or ``slow_open``."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        place = crawler.settings["FAULT_PLACE"]

        def fail(*arguments: Any, **named: Any) -> Any:
            raise ZeroDivisionError(f"injected fault in {place}")

        async def fail_later(*arguments: Any) -> Any:
            fail()
            yield

        def vanish(article: Any) -> Any:
            raise DropItem("dropped without a reason")

        def open_slowly(store: Store) -> None:
            Path(crawler.settings["FAULT_MARK"]).touch()
            time.sleep(1.5)
            opened(store)

        opened = Store.open_spider
        if place == "slow_open":
            Store.open_spider = open_slowly  # type: ignore[method-assign]
        elif place == "stage":
            STAGES["clean"] = fail
        elif place == "vanish":
            STAGES["clean"] = vanish
        else:
            owner, name = PLACES[place]
            setattr(owner, name, fail_later if name == "start" else fail)
        return cls()
