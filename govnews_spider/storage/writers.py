"""List of the output formats. To add one: a class with the methods of :class:`Writer`, and a line in :data:`WRITERS`."""

from __future__ import annotations

from typing import Final

from govnews_spider.storage.parquet import ParquetWriter
from govnews_spider.storage.posts import FrontMatterWriter
from govnews_spider.storage.writer import DerivedWriter, Writer

WRITERS: Final[dict[str, type[Writer]]] = {
    "parquet": ParquetWriter,  # first: a day that cannot be extended gets no posts either
    "front_matter": FrontMatterWriter,
}
"""Every output format by its name: crawls and rebuilds write all of them, ``scrapy verify`` checks and repairs all of them."""


def derived_writers() -> dict[str, type[DerivedWriter]]:
    """The formats whose files follow from the Parquet rows."""
    return {name: kind for name, kind in WRITERS.items() if issubclass(kind, DerivedWriter)}
