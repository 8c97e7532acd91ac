"""Scopes of remembered rejections: the version of the code, and the selection, under which a rejection stays valid."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

_READING: Final = ("article.py", "core", "html", "sina")
"""The parts of the package that decide what is read of a page, lexicons included."""


@lru_cache(maxsize=1)
def extractor_version() -> str:
    """8 hexadecimal digits that change with the code that reads pages: a page that today's layouts reject, tomorrow's may read."""
    digest = hashlib.sha256()
    for name in _READING:
        for file in _files(files("govnews_spider").joinpath(name)):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:8]


def _files(entry: Traversable) -> Iterator[Traversable]:
    """The source and data files at or below an entry, in the order of their names."""
    if entry.is_file():
        yield entry
        return
    for child in sorted(entry.iterdir(), key=lambda child: child.name):
        if child.name != "__pycache__":
            yield from _files(child)


class RefusalScopes:
    """Cache keys of rejections: this version and its extractor, and for ``off_topic`` also the selection of the run."""

    def __init__(self, version: str, keyword: str | None, topics: tuple[str, ...] | None) -> None:
        self._version = f"{version}+{extractor_version()}"
        self._selection = f"keyword={keyword} topics={topics}" if keyword or topics else ""

    def cache_key(self, slug: str) -> str:
        """The key under which a rejection with that slug is remembered."""
        return f"{self._version} {self._selection}" if slug == "off_topic" else self._version

    def list_name(self, section: str) -> str:
        """The name under which the ledger keeps the coverage of that list for this selection."""
        return f"{section} {self._selection}".rstrip()

    def __iter__(self) -> Iterator[str]:
        yield self._version
        if self._selection:
            yield self.cache_key("off_topic")
