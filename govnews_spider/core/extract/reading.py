"""Reading of a page: bytes -> Article, by the first layout whose markers the page has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from govnews_spider.article import Article, Rejected
from govnews_spider.core.extract.times import read_time, with_seconds
from govnews_spider.html.encoding import decode
from govnews_spider.html.limits import check_body, check_nesting
from govnews_spider.html.locators import Attribute, Layout, Locator, Meta, Page, has, name_of
from govnews_spider.sina import urls
from govnews_spider.sina.layouts import LAYOUTS
from govnews_spider.sina.pager import next_page
from govnews_spider.sina.refusals import refusal


def read_page(html: bytes, *, url: str, content_type: str | None = None, origin: str | None = None) -> Article:
    """Article as its page gives it: no stage applied, ``body_html`` as it stands. Raises :class:`Rejected`.

    ``origin`` is where the bytes came from when that is not ``url``.
    """
    return Reading(html, url=url, content_type=content_type, origin=origin).article()


class Reading:
    """One page being read: which layout reads it, which locators were tried, and which one gave each value.

    ``listed_at`` is the time that a list gives for the article: the last resort where the page shows none.
    """

    def __init__(
        self,
        html: bytes,
        *,
        url: str,
        content_type: str | None = None,
        origin: str | None = None,
        listed_at: datetime | None = None,
    ) -> None:
        self.origin = origin or url
        """Where the bytes came from, for messages and for the record."""
        self.listed_at = listed_at
        decoded = decode(html, content_type)
        wide = b"\0" in html  # UTF-16, said or not: its tags are found in the text only
        check_nesting(decoded.text.encode() if wide else html, self.origin)
        self.page = Page(decoded.content, url)
        self.provenance = {"encoding": f"{decoded.encoding}: {decoded.reason}"}
        self.tried: dict[str, list[Locator[Any]]] = {}
        """Field -> the locators that were asked before the one that gave the value, or all where none did."""
        self.layout = self._layout()

    def article(self) -> Article:
        """The record as the page gives it; raises :class:`Rejected` where a mandatory field is missing."""
        layout = self.layout
        raw, published_at = self._time()
        url = self._address()
        docid = self._first("article_id", _DOCIDS)
        body = self._mandatory("body_html", layout.body)
        check_body(body, self.origin)
        return Article(
            article_id=f"sina:{docid}" if docid else "",
            url=url,
            title=self._mandatory("title", layout.title),
            published_at=published_at,
            published_raw=raw,
            published_from=self.provenance["published_at"],
            source=self._first("source", layout.source),
            author=self._first("author", layout.author),
            editor=self._first("editor", layout.editor),
            keywords=self._first("keywords", layout.keywords) or [],
            body_html=body,
            kind=_kind(layout, self.page.url, body),
            layout=layout.name,
            provenance=self.provenance,
            origin=self.origin,
        )

    def next_page(self) -> str | None:
        """The address of the article's next page, where it goes on there."""
        return next_page(self.page)

    def _layout(self) -> Layout:
        for layout in LAYOUTS:
            if all(has(self.page, mark) for mark in layout.marker):
                return layout
        slug, what = refusal(self.page)
        raise Rejected(slug, f"{self.origin or 'page'}: {what}")

    def _first(self, field: str, locators: Iterable[Locator[Any]]) -> Any:
        """The first value that is found; None where there is none."""
        tried = self.tried.setdefault(field, [])
        for locator in locators:
            value = locator(self.page)
            if value is not None:
                self.provenance[field] = name_of(locator)
                return value
            tried.append(locator)
        return None

    def _mandatory(self, field: str, locators: Iterable[Locator[str]]) -> str:
        """The first value that is found; raises ``no_title``, ``no_time`` or ``no_body`` where there is none."""
        value: str | None = self._first(field, locators)
        if value is None:
            raise self._missing(field)
        return value

    def _missing(self, field: str) -> Rejected:
        tried = ", ".join(map(name_of, self.tried[field]))
        return Rejected(
            _MISSING[field],
            f"{self.origin or 'page'}: layout {self.layout.name} has no {field}; tried {tried}; add a locator or a layout",
        )

    def _time(self) -> tuple[str, datetime]:
        """The displayed text and its time, with the seconds of a more exact time that agrees with the displayed minute."""
        raw, shown = self._shown_time()
        exact = None
        for name, text in self._other_times():
            other = read_time(text)
            if exact is None and (exact := with_seconds(shown, other)) is not None:
                self.provenance["published_seconds"] = name
            elif other is not None and abs(other - shown) > timedelta(days=1):
                self.provenance.setdefault("published_conflict", f"{name} says {text}")
        return raw, exact or shown

    def _other_times(self) -> Iterator[tuple[str, str]]:
        """The more exact times of the page, then those of its address and of its list, which can only contradict."""
        for locator in (*self.layout.seconds, time_in_address):
            if text := locator(self.page):
                yield name_of(locator), text
        if self.listed_at is not None:
            yield "list:ctime", self.listed_at.isoformat()

    def _shown_time(self) -> tuple[str, datetime]:
        """Displayed text and time; the list's time where the page displays none. Raises ``no_time`` or ``bad_time``."""
        raw = self._first("published_at", self.layout.published_at)
        shown = read_time(raw) if raw else None
        if shown is None and self.listed_at is not None:
            self.provenance["published_at"] = "list:ctime"
            return self.listed_at.isoformat(), self.listed_at
        if raw is None:
            raise self._missing("published_at")
        if shown is None:
            place = self.provenance["published_at"]
            raise Rejected(
                "bad_time",
                f"{self.origin or 'page'}: {raw[:60]!r} at {place} is no day and time; teach core/times.py its spelling",
            )
        return raw, shown

    def _address(self) -> str | None:
        """The canonical URL: of the address that was asked for, else of the one that the page gives as its own.

        A mobile page that names its desktop address (by the same docid) has that one.
        """
        asked = urls.canonical(self.page.url) if self.page.url else None
        if asked is not None and not urls.is_mobile(asked):
            self.provenance["url"] = "request"
            return asked
        own = [
            (name_of(locator), found) for locator in _ADDRESSES if (found := locator(self.page)) and urls.is_sina(found)
        ]
        for name, found in sorted(own, key=lambda pair: urls.is_mobile(pair[1])):
            if asked is None or (not urls.is_mobile(found) and urls.docid(found) == urls.docid(asked) is not None):
                self.provenance["url"] = name
                return urls.canonical(found)
        if asked is not None:
            self.provenance["url"] = "request"
        return asked


def time_in_address(page: Page) -> str | None:
    """The day, hour and minute in an old numeric address (``/20140301/024218372262.shtml``), as ISO 8601."""
    time = urls.time_in_url(page.url)
    return time.isoformat() if time is not None else None


def docid_in_url(page: Page) -> str | None:
    """The docid that the address holds (``doc-i<docid>.shtml``)."""
    return urls.docid(page.url) if page.url else None


def publishid(page: Page) -> str | None:
    """The docid in the metas: ``fxeuwwr9250746``, or the numbers ``31,1,10356592`` of pages before 2015, joined by ``-``.

    None for anything else: an unfilled ``0,0,0`` would make one article of many.
    """
    value = page.metas.get("publishid", "").replace(" ", "").replace(",", "-").lower()
    return value if _PUBLISHID.fullmatch(value) else None


def _kind(layout: Layout, url: str, body: str) -> str:
    """``live`` for a 7x24 flash, ``video`` for a post that is a player; else what the layout is for."""
    if "/7x24/" in url:
        return "live"
    return "video" if any(player in body for player in _PLAYERS) else layout.kind


_PUBLISHID: Final = re.compile(r"[a-z][a-z0-9]{5,31}|[1-9]\d{0,4}-\d{1,5}-[1-9]\d{2,11}")
_MISSING: Final = {"title": "no_title", "published_at": "no_time", "body_html": "no_body"}
_PLAYERS: Final = ('id="Video_Cont"', 'id="xy-video-ctr"')
_ADDRESSES: Final = (Meta("og:url"), Attribute('link[rel="canonical"]', "href"))
_DOCIDS: Final = (docid_in_url, publishid)
