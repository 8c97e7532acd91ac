"""Sina Finance's government and economy news as a dataset one can trust."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from govnews_spider.storage.dataset import open_articles

__all__ = ["__version__", "open_articles"]

__version__ = "0.2.0"


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> object:
    """``open_articles`` when it is first asked for: every scrapy command imports this package, few need pyarrow."""
    if name != "open_articles":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from govnews_spider.storage.dataset import open_articles

    return open_articles
