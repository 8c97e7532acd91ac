"""Base of the spiders: arguments that are checked before anything runs, and access to the run report."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from scrapy import Spider
from scrapy.settings import BaseSettings

from govnews_spider.downloads.replay import SETTINGS
from govnews_spider.extensions.run_report import RunReport
from govnews_spider.pipelines import report_of


class Arguments(Protocol):
    """The arguments of a spider, read and checked."""

    @property
    def sample(self) -> int | None:
        """Number of articles to show in place of storing any; None to store."""

    @property
    def keyword(self) -> str | None:
        """Text that title or text must hold; None for all."""

    @property
    def topics(self) -> tuple[str, ...] | None:
        """Topics of which an article must have one; None for all."""


A = TypeVar("A", bound=Arguments)


class NewsSpider(Spider, Generic[A]):
    """A spider of this project: one that yields articles and accounts for each."""

    expects_news = False
    """Whether old rows in every list mean that the source has gone stale."""

    replays = False
    """Whether what it reads may be of any age, so that an older version of an article is no revision."""

    defaults: ClassVar[dict[str, str]] = {}
    """Arguments that the run's account tells though they were not given."""

    def __init__(self, name: str | None = None, **given: str) -> None:
        super().__init__(name)
        self.given = self.defaults | given
        self.arguments = self.read(given)
        self.sample = self.arguments.sample
        self.keyword = self.arguments.keyword
        self.topics = self.arguments.topics

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """As Scrapy calls it: where archives answer, nothing is waited for."""
        super().update_settings(settings)
        if settings.get("GOVNEWS_REPLAY"):
            for name, value in SETTINGS.items():
                settings.set(name, value, priority="spider")

    @classmethod
    def read(cls, given: dict[str, str]) -> A:
        """The arguments as given on the command line, checked; raises ValueError with the argument and the cure."""
        raise NotImplementedError

    @cached_property
    def report(self) -> RunReport:
        """The crawl's run report."""
        return report_of(self.crawler)


def unknown(given: dict[str, Any], known: tuple[str, ...]) -> None:
    """Raises ValueError for arguments that the spider does not have."""
    strange = sorted(set(given) - set(known))
    if strange:
        raise ValueError(f"unknown_argument: {', '.join(strange)}; the spider has {', '.join(known)}")
