"""Pagination: the pages of one article, read one after the other and joined, without any I/O."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from govnews_spider.article import Article
from govnews_spider.core.extract.reading import Reading
from govnews_spider.core.extract.truncation import check_complete
from govnews_spider.sina.pager import MOST_PAGES
from govnews_spider.sina.urls import canonical


class PageSource(NamedTuple):
    """A page as it was answered: its body decoded, the address that answered after all redirects, the value of ``Content-Type``."""

    body: bytes
    url: str
    content_type: str | None = None


class ArticleReader:
    """Reads the pages of one article; whoever has a network or an archive gives it one page after the other.

    ``origin`` is where the first page came from, ``listed_at`` the time that a list gives for the article.
    """

    def __init__(self, *, origin: str, listed_at: datetime | None = None) -> None:
        self.pages: list[Article] = []
        """The articles of the pages read so far, each as its page gives it."""
        self._origin = origin
        self._listed_at = listed_at
        self._addresses: set[str] = set()
        self._digests: set[bytes] = set()

    def read(self, page: PageSource) -> str | None:
        """Takes a page in; returns the address of the next one, or None where the article ends.

        It ends at a page that was read already, by its address or its bytes: a site that has no page 2 may answer with page 1.
        Raises :class:`Rejected`; then the page counts as not given.
        """
        check_complete(page.body, page.url)
        address, digest = canonical(page.url), hashlib.sha256(page.body).digest()
        if self.pages and (address in self._addresses or digest in self._digests):
            return None
        reading = Reading(
            page.body, url=page.url, content_type=page.content_type, origin=self._origin, listed_at=self._listed_at
        )
        self.pages.append(reading.article())
        self._addresses.add(address)
        self._digests.add(digest)
        following = reading.next_page()
        is_last = following is None or len(self.pages) >= MOST_PAGES or canonical(following) in self._addresses
        return None if is_last else following

    def article(self) -> Article:
        """The first page's article with the bodies of all pages, in order; ``provenance["pages"]`` says how many there were."""
        first = self.pages[0]
        if len(self.pages) == 1:
            return first
        return replace(
            first,
            body_html="\n".join(page.body_html for page in self.pages),
            editor=next((page.editor for page in self.pages if page.editor), None),
            provenance=first.provenance | {"pages": str(len(self.pages))},
        )
