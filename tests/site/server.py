"""The stand-in for Sina: what it answers to each original URL; `with SinaSite(catalog) as site:` serves it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from tests.site import roll
from tests.site.catalog import Catalog
from tests.site.faults import Fault, Target
from tests.site.gateway import Gateway
from tests.site.model import SiteArticle
from tests.site.pages import Page, not_found, render

ROBOTS = "User-agent: *\nAllow: /\n"


@dataclass(slots=True)
class _Robots:
    host: str | None
    page: Page
    times: int | None


class SinaSite:
    """Sina in small: robots.txt, the list API and the article pages of a catalog, and whatever a test adds or breaks.

    ``url`` is the gateway's origin; ``pages`` maps further original URLs to answers. ``stop()``, or leaving the `with`
    block, ends every connection; it raises RuntimeError when the site itself failed while answering.
    """

    def __init__(self, catalog: Catalog | None = None, faults: Iterable[Fault] | None = None, *, port: int = 0) -> None:
        self.pages: dict[str, Page] = {}
        self._articles: dict[str, SiteArticle] = {}
        self._rendered: dict[str, Page] = {}
        self._lists: dict[int, dict[str, roll.Row]] = {}
        self._robots = [_Robots(None, Page(200, {"Content-Type": "text/plain"}, ROBOTS.encode()), None)]
        self._faults = list(faults or ())
        self._requests: list[str] = []
        self._lock = threading.Lock()
        self.horizon: int | None = None
        """How many rows a list shows, newest first; its day archive has them all."""
        self.etags = False
        """Whether article pages have an ETag, and are answered with 304 to who has it."""
        self.conditional: list[str] = []
        """The original URLs that were asked for with an ETag."""
        for article in catalog.articles if catalog else ():
            self.publish(article)
        self._gateway = Gateway(self._answer, port)
        self.url = f"http://127.0.0.1:{self._gateway.server_address[1]}"

    def __enter__(self) -> SinaSite:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        self._gateway.stop()
        if self._gateway.errors:
            raise RuntimeError(f"site_failed: {self._gateway.errors!r}; the stand-in is broken, not what was tested")

    @property
    def requests(self) -> list[str]:
        """The original URLs in the order they were asked for."""
        with self._lock:
            return list(self._requests)

    def publish(self, article: SiteArticle) -> None:
        """Puts an article's page and its list rows on the site; what stood under its docid before is replaced."""
        with self._lock:
            self._articles[_key(article.url)] = article
            self._rendered.pop(_key(article.url), None)
            item = roll.row(article, oid=6_500_000 + len(self._articles))
            for lid in article.lids:
                self._lists.setdefault(lid, {})[item["docid"]] = item

    def add_row(self, lid: int, *, url: str, title: str, ctime: int, **columns: Any) -> None:
        """Adds a row to a list; ``ctime`` in unix seconds, ``columns`` as in :func:`tests.site.roll.blank_row`."""
        times = dict.fromkeys(("ctime", "intime", "mtime"), str(ctime))
        with self._lock:
            rows = self._lists.setdefault(lid, {})
            rows[url] = roll.blank_row(9_000_000 + len(rows)) | {"url": url, "title": title} | times | columns

    def robots(
        self,
        status: int,
        body: str = ROBOTS,
        *,
        content_type: str = "text/plain",
        host: str | None = None,
        times: int | None = None,
    ) -> None:
        """Sets robots.txt of one host or of all; with ``times`` for N requests, then what was set before holds again."""
        page = Page(status, {"Content-Type": content_type}, body.encode())
        with self._lock:
            self._robots.insert(0, _Robots(host, page, times))

    def fault(self, target: Target, kind: str | int, times: int | None = None, **options: Any) -> None:
        """Breaks answers, see :class:`tests.site.faults.Fault`; the first fault that strikes a request wins."""
        with self._lock:
            self._faults.append(Fault(target, kind, times, **options))

    def _answer(self, url: str, etag: str | None = None) -> Page:
        with self._lock:
            self._requests.append(url)
            if etag is not None:
                self.conditional.append(url)
            fault = next((fault for fault in self._faults if fault.strikes(url)), None)
            page = self._route(url)
        if etag is not None and etag == page.headers.get("ETag"):
            page = Page(304, {"ETag": etag})
        return fault.spoil(page, url) if fault else page

    def _route(self, url: str) -> Page:
        parts = urlsplit(url)
        if url in self.pages:
            return self.pages[url]
        if parts.path == "/robots.txt":
            return self._robots_of(parts.netloc)
        if parts.netloc in roll.HOSTS and parts.path == roll.PATH:
            return roll.answer(url, {lid: list(rows.values()) for lid, rows in self._lists.items()}, self.horizon)
        return self._article(_key(url))

    def _robots_of(self, host: str) -> Page:
        setting = next(item for item in self._robots if item.host in (None, host) and item.times != 0)
        setting.times = None if setting.times is None else setting.times - 1
        return setting.page

    def _article(self, key: str) -> Page:
        if key not in self._articles:
            return not_found()
        if key not in self._rendered:
            article = self._articles[key]
            charset = "; charset=utf-8" if article.template == "finance" and article.encoding == "utf-8" else ""
            self._rendered[key] = Page(200, {"Content-Type": f"text/html{charset}"}, render(article))
        page = self._rendered[key]
        etag = {"ETag": f'"{hashlib.sha256(page.body).hexdigest()[:16]}"'} if self.etags else {}
        return replace(page, headers=page.headers | etag)


def _key(url: str) -> str:
    """One page whatever the scheme and the tracking query."""
    parts = urlsplit(url)
    return parts.netloc + parts.path
