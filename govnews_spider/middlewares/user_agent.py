"""User agent: the project's name, and an address at which its operator can be reached."""

from __future__ import annotations

from typing import Self

from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.useragent import UserAgentMiddleware

from govnews_spider.runs.options import Options


class UserAgent(UserAgentMiddleware):
    """Scrapy's, with whom to reach (``GOVNEWS_CONTACT``) beside the project's name."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As Scrapy calls it."""
        middleware: Self = super().from_crawler(crawler)
        contact = Options.read(crawler.settings).contact
        if contact:
            agent = middleware.user_agent
            middleware.user_agent = f"{agent[:-1]}; +{contact})" if agent.endswith(")") else f"{agent} (+{contact})"
        return middleware
