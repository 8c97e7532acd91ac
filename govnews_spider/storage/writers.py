"""The output formats. To add one: a class with the methods of :class:`Writer`, and a line in :data:`WRITERS`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path
from typing import Final, Protocol

from govnews_spider.article import Article
from govnews_spider.storage.parquet import ParquetWriter
from govnews_spider.storage.posts import FrontMatterWriter


class Writer(Protocol):
    """One output format of the data folder.

    ``write`` and ``remove`` are idempotent: calling one again with the same arguments changes no byte. What they were given
    is on the disk when ``flush`` returns. Days are publication days in Asia/Shanghai.
    """

    def __init__(self, data: Path) -> None:
        """``data`` is the data folder; what is not needed is not made yet."""

    def write(self, day: date, articles: Sequence[Article]) -> None:
        """Stores articles of ``day``, every ``article_id`` once; each takes the place of its former revision."""

    def remove(self, day: date, article_ids: Collection[str]) -> None:
        """Takes these articles out of ``day``: their newest revision was published on another day and is written."""

    @property
    def weight(self) -> int:
        """Bytes, roughly, that wait for the next flush."""

    def flush(self) -> None:
        """Makes what ``write`` and ``remove`` were given durable; where it raises, that has to be given again."""

    def close(self) -> None:
        """Gives back what the writer holds open."""


WRITERS: Final[dict[str, type[Writer]]] = {
    "parquet": ParquetWriter,  # first: a day that cannot be extended gets no posts either
    "front_matter": FrontMatterWriter,
}
"""Every output format by its name; a run writes all of them."""
