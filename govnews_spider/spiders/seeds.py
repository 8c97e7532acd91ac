"""Spider of files: documents, saved pages and archives are replayed from disk; it opens no socket."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import ClassVar, Final
from zipfile import BadZipFile

from govnews_spider.archive.lookup import ArchiveLookup
from govnews_spider.archive.pages import ArchivedPage, page_of, pages, read_article
from govnews_spider.archive.reader import SUFFIXES, Damage, is_archive
from govnews_spider.article import Article, Rejected
from govnews_spider.core.documents import front_matter
from govnews_spider.core.extract.reading import read_page
from govnews_spider.ledger.captured import CapturedArticle
from govnews_spider.sina.pager import page_number
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
    defaults: ClassVar[dict[str, str]] = {"path": "seeds"}

    @classmethod
    def read(cls, given: dict[str, str]) -> SeedsArguments:
        """Raises ValueError: ``unknown_argument``, ``empty_argument`` or ``no_such_path``."""
        unknown(given, ("path",))
        named = (cls.defaults | given)["path"]
        if not named.strip():
            raise ValueError("empty_argument: path is empty; name a file or a folder, or leave it out for `seeds`")
        path = Path(named)
        if not path.exists():
            raise ValueError(f"no_such_path: path={path} does not exist; give a file or a folder")
        return SeedsArguments(path=path)

    async def start(self) -> AsyncIterator[CapturedArticle]:
        """The articles of all readable files, in the order of their paths."""
        root = self.arguments.path
        paths = files(root)
        readable = [path for path in paths if path.name.lower().endswith(DOCUMENTS + PAGES + SUFFIXES)]
        if not any(is_archive(path) for path in readable):  # nobody knows before how many pages an archive has
            self.report.run.expected = len(readable)
        for path in readable:
            if is_archive(path):
                for captured in self._archived(path):
                    yield captured
                continue
            origin = printable(Path(path.name) if path == root else path.relative_to(root))
            try:
                article = read_file(path, origin)
            except Rejected as rejected:
                self._reject(rejected, origin)
            else:
                yield self._captured(article, is_page=path.suffix.lower() in PAGES)
        self.logger.info(
            "%d files of %s are neither documents, pages nor archives and were left alone",
            len(paths) - len(readable),
            printable(root),
        )

    def _archived(self, path: Path) -> Iterator[CapturedArticle]:
        """The articles of an archive. A further page is read with the first one of its article."""
        with ExitStack() as stack:
            # Most archives have no article of several pages, and then no lookup is made.
            lookup = cache(lambda: stack.enter_context(ArchiveLookup([path])))
            try:
                for page in pages(path):
                    if isinstance(page, Damage):
                        self._reject(Rejected("damaged_archive", f"{page.place}: {page.why}"), str(page.place))
                    elif page_number(page.response.url) == 1:
                        yield from self._page(page, lambda url: page_of(lookup().find(url, unpacked=True)))
            except (OSError, BadZipFile) as error:
                self._reject(Rejected("unreadable_file", f"{printable(path)}: {error}"), printable(path))

    def _page(self, page: ArchivedPage, find: Callable[[str], ArchivedPage | None]) -> Iterator[CapturedArticle]:
        try:
            article = read_article(page, find)
        except Rejected as rejected:
            self._reject(rejected, str(page.place))
        else:
            yield self._captured(article, is_page=True)

    def _captured(self, article: Article, *, is_page: bool) -> CapturedArticle:
        self.report.run.seen += 1
        if is_page:
            self.report.read(article, article.origin)
        return CapturedArticle(
            article=article, origin=article.origin, captured_at=article.fetched_at or datetime.now(UTC)
        )

    def _reject(self, rejected: Rejected, origin: str) -> None:
        self.report.run.seen += 1
        self.report.unread(rejected, origin)
        self.report.reject(rejected, url=None, origin=origin)


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
    article = front_matter.read(data, name=origin) if is_document else read_page(data, url="", origin=origin)
    article.fetched_at = datetime.now(UTC)
    return article
