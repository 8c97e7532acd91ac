"""Replays documents and saved pages from disk; opens no socket."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from govnews_spider.article import Article, Rejected
from govnews_spider.core import documents
from govnews_spider.core.extract import read_page
from govnews_spider.spiders.base import NewsSpider, unknown

DOCUMENTS: Final = (".md", ".txt")
PAGES: Final = (".html", ".htm")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedsArguments:
    """``path`` is a file or a folder that exists; the rest is not this spider's to choose."""

    path: Path
    sample: None = None
    keyword: None = None
    topics: None = None


class Seeds(NewsSpider[SeedsArguments]):
    """``scrapy crawl seeds [-a path=seeds]``."""

    name = "seeds"
    replays = True

    @classmethod
    def read(cls, given: dict[str, str]) -> SeedsArguments:
        """Raises ValueError: ``unknown_argument`` or ``no_such_path``."""
        unknown(given, ("path",))
        path = Path(given.get("path", "seeds"))
        if not path.exists():
            raise ValueError(f"no_such_path: path={path} does not exist; give a file or a folder")
        return SeedsArguments(path=path)

    async def start(self) -> AsyncIterator[Article]:
        """The articles of all readable files, in the order of their paths."""
        root = self.arguments.path
        found = files(root)
        readable = [path for path in found if path.suffix.lower() in DOCUMENTS + PAGES]
        self.report.run.expected = len(readable)
        for path in readable:
            origin = printable(Path(path.name) if path == root else path.relative_to(root))
            self.report.run.seen += 1
            try:
                article = read_file(path, origin)
            except Rejected as rejected:
                self.report.unread(rejected, origin)
                self.report.refuse(rejected, url=None, origin=origin)
            else:
                if path.suffix.lower() in PAGES:
                    self.report.read(article, origin)
                yield article
        self.logger.info(
            "%d files of %s are neither documents nor pages and were left alone",
            len(found) - len(readable),
            printable(root),
        )


def files(root: Path) -> list[Path]:
    """``root`` itself, or the files below it ordered by their paths; hidden ones are not looked at."""
    if not root.is_dir():
        return [root]
    found = (path for path in root.rglob("*") if not path.is_dir())
    visible = (path for path in found if not any(part.startswith(".") for part in path.relative_to(root).parts))
    return sorted(visible, key=lambda path: path.relative_to(root).as_posix())


def printable(path: Path) -> str:
    r"""The path with ``/``; bytes of a name that are no UTF-8, as archives from elsewhere leave them, as ``\xb2``."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def read_file(path: Path, origin: str) -> Article:
    """The article of one file as it stands; raises :class:`Rejected`."""
    if path.exists() and not path.is_file():  # opening a named pipe would wait for somebody to write to it
        raise Rejected("unreadable_file", f"{origin}: it is no regular file; move it away")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Rejected("unreadable_file", f"{origin}: {error.strerror}; make it readable or move it away") from error
    is_document = path.suffix.lower() in DOCUMENTS
    article = documents.read(data, name=origin) if is_document else read_page(data, url="", origin=origin)
    article.fetched_at = datetime.now(UTC)
    return article
