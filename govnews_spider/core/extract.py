"""Bytes of a page -> Article, by the first layout whose markers the page has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from govnews_spider.article import Article, Rejected
from govnews_spider.core import stages
from govnews_spider.core.encoding import decode
from govnews_spider.core.times import read_time, with_seconds
from govnews_spider.sina import urls
from govnews_spider.sina.layouts import LAYOUTS
from govnews_spider.sina.locators import Attribute, Layout, Locator, Meta, Page, name_of


def extract(html: bytes, *, url: str, content_type: str | None = None) -> Article:
    """The finished article of one page: read, then every pure stage applied.

    ``url`` is the address it was asked for, "" when that is unknown; ``content_type`` the header's value. Raises :class:`Rejected`.
    """
    return stages.finish(read_page(html, url=url, content_type=content_type))


def read_page(html: bytes, *, url: str, content_type: str | None = None, origin: str | None = None) -> Article:
    """What the page says, as it says it: no stage applied, ``body_html`` as it stands. Raises :class:`Rejected`.

    ``origin`` is where the bytes came from when that is not ``url``.
    """
    decoded = decode(html, content_type)
    page = Page(decoded.text, url)
    provenance = {"encoding": f"{decoded.encoding}: {decoded.reason}"}
    layout = _layout(page)
    read = _Reader(page, layout, provenance)
    raw, shown, exact = _time(read)
    canonical = _address(read)
    docid = read.first("article_id", _DOCIDS)
    return Article(
        article_id=f"sina:{docid}" if docid else "",
        url=canonical,
        title=read.mandatory("title", layout.title),
        published_at=exact or shown,
        published_raw=raw,
        published_from=provenance["published_at"],
        source=read.first("source", layout.source),
        author=read.first("author", layout.author),
        editor=read.first("editor", layout.editor),
        keywords=read.first("keywords", layout.keywords) or [],
        body_html=read.mandatory("body_html", layout.body),
        layout=layout.name,
        provenance=provenance,
        origin=origin or url,
    )


class _Reader:
    """Tries locators in order and records which one gave the value."""

    def __init__(self, page: Page, layout: Layout, provenance: dict[str, str]) -> None:
        self.page = page
        self.layout = layout
        self.provenance = provenance

    def first(self, field: str, locators: Iterable[Locator[Any]]) -> Any:
        """The first value that is found; None where there is none."""
        for locator in locators:
            value = locator(self.page)
            if value is not None:
                self.provenance[field] = name_of(locator)
                return value
        return None

    def mandatory(self, field: str, locators: Iterable[Locator[str]]) -> str:
        """The first value that is found; raises ``Rejected("no_<field>")`` where there is none."""
        value: str | None = self.first(field, locators)
        if value is None:
            tried = ", ".join(map(name_of, locators))
            slug = {"published_at": "no_time", "body_html": "no_body"}.get(field, f"no_{field}")
            raise Rejected(slug, f"{self.page.url or 'page'}: layout {self.layout.name} has no {field}; tried {tried}")
        return value


def _layout(page: Page) -> Layout:
    for layout in LAYOUTS:
        if all(page.first(marker) is not None for marker in layout.marker):
            return layout
    title = page.first("title")
    shown = (title.text() if title is not None else "").strip()[:60]
    raise Rejected("unknown_layout", f"{page.url or 'page'}: no layout's markers are in it; its title is {shown!r}")


def _time(read: _Reader) -> tuple[str, datetime, datetime | None]:
    """The displayed text, its time, and the same minute with its seconds where a more exact time agrees with it."""
    raw = read.mandatory("published_at", read.layout.published_at)
    shown = read_time(raw)
    if shown is None:
        raise Rejected(
            "bad_time",
            f"{read.page.url or 'page'}: {raw[:60]!r} at {read.provenance['published_at']} is no day and time",
        )
    for locator in read.layout.seconds:
        text = locator(read.page)
        exact = with_seconds(shown, read_time(text)) if text else None
        if exact is not None:
            read.provenance["published_seconds"] = name_of(locator)
            return raw, shown, exact
    return raw, shown, None


def _address(read: _Reader) -> str | None:
    """The canonical URL: of the address that was asked for, else of the one that the page gives as its own."""
    if read.page.url:
        read.provenance["url"] = "request"
        return urls.canonical(read.page.url)
    for locator in _ADDRESSES:
        found = locator(read.page)
        if found and urls.is_sina(found):
            read.provenance["url"] = name_of(locator)
            return urls.canonical(found)
    return None


def docid_in_url(page: Page) -> str | None:
    """The docid that the address holds (``doc-i<docid>.shtml``)."""
    return urls.docid(page.url) if page.url else None


def publishid(page: Page) -> str | None:
    """The docid in the page's metas: ``fxeuwwr9250746``, or the three numbers ``31,1,10356592`` of pages before 2015, joined by ``-``."""
    value = page.metas.get("publishid", "").replace(" ", "").replace(",", "-")
    return value or None


_ADDRESSES: Final = (Meta("og:url"), Attribute('link[rel="canonical"]', "href"))
_DOCIDS: Final = (docid_in_url, publishid)
