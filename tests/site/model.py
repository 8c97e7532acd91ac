"""Content of the loopback site: articles, the blocks of their bodies, and the record that a crawl has to arrive at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
Template = Literal["finance", "news", "topic", "shell"]


@dataclass(slots=True, frozen=True)
class Block:
    """One piece of a body: a paragraph, a subhead, an image (``text`` is its caption) or a table (``rows``)."""

    kind: Literal["p", "subhead", "image", "table"]
    text: str = ""
    url: str = ""
    rows: tuple[tuple[str, ...], ...] = ()

    def lines(self) -> list[str]:
        """The lines that the block adds to the article's text: none for an image, cells joined by a tab."""
        if self.kind == "image":
            return []
        return ["\t".join(row) for row in self.rows] if self.kind == "table" else [self.text]


@dataclass(slots=True, kw_only=True)
class SiteArticle:
    """One article as Sina's editors know it. Templates ``topic`` and ``shell`` are pages that are no article."""

    docid: str
    """Without the ``i`` that stands before it in addresses: seven letters, seven digits."""
    url: str
    """The canonical address: https, desktop, no tracking query."""
    list_url: str
    """The address as the list gives it: http now and then, with a tracking query now and then."""
    title: str
    published: datetime
    """With the seconds of the ``weibo: article:create_at`` meta, Asia/Shanghai; the page displays its minute."""
    republished: datetime
    """``article:published_time``: the last re-publication, often hours later than what the page displays."""
    media: str
    lids: tuple[int, ...]
    template: Template
    blocks: tuple[Block, ...] = ()
    media_url: str | None = None
    reporter: str | None = None
    editor: str | None = None
    keywords: tuple[str, ...] = ()
    original_title: str | None = None
    stocks: dict[str, str] = field(default_factory=dict)
    """Company named in the text → its code; the page links each first mention and puts a quote span behind it."""
    style: Literal["plain", "cms", "font"] = "plain"
    furniture: frozenset[str] = frozenset()
    """Which optional pieces of page furniture stand in the body (names in :mod:`tests.site.furniture`)."""
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    repeats: str | None = None
    """Of a reprint the docid of its group's first-made article, which need not be the first that was published; else None."""

    @property
    def is_article(self) -> bool:
        return self.template in ("finance", "news")

    @property
    def images(self) -> list[tuple[str, str]]:
        return [(block.url, block.text) for block in self.blocks if block.kind == "image"]

    @property
    def text(self) -> str:
        return "\n".join(line for block in self.blocks for line in block.lines())

    @property
    def wap_url(self) -> str:
        return f"https://finance.sina.cn/{self.published:%Y-%m-%d}/detail-i{self.docid}.d.html"

    @property
    def expected(self) -> dict[str, Any]:
        """What the finished article must say; a page that is no article has no expectation.

        Raises ValueError for such a page.
        """
        if not self.is_article:
            raise ValueError(f"no_expectation: {self.url} is a {self.template} page; ask only where is_article is true")
        return {
            "article_id": f"sina:{self.docid}",
            "url": self.url,
            "title": self.title,
            "original_title": self.original_title,
            "published_at": self.published.astimezone(UTC),
            "source": self.media,
            "author": self.reporter,
            "editor": self.editor,
            "keywords": list(self.keywords),
            "images": self.images,
            "text": self.text,
        }
