"""The one record type of the project, and the one way to refuse to make it.

Every stage of :mod:`govnews_spider.core` maps an :class:`Article` to an :class:`Article` or raises :class:`Rejected`.
The Arrow schema in :mod:`govnews_spider.storage.parquet` has the same names in the same order.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta, timezone
from typing import Final

SCHEMA_VERSION: Final = 1
"""Raised with every change of the fields below."""

SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""The zone of every time that Sina displays; it has had no daylight saving time since 1991."""


class Rejected(Exception):
    """Rejection of an input that is no article that may be stored.

    ``slug`` is the countable reason (``unknown_layout``), ``detail`` names the thing, the place and the cure.
    """

    def __init__(self, slug: str, detail: str) -> None:
        super().__init__(slug, detail)
        self.slug = slug
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.slug}: {self.detail}"


@dataclass(slots=True, kw_only=True)
class Image:
    """A picture of the body: its absolute https URL and its caption ("" when it has none)."""

    url: str
    caption: str = ""


@dataclass(slots=True, kw_only=True)
class Article:
    """One article of Sina, as read from a page or from a front-matter document."""

    article_id: str = ""
    """``sina:<docid>``, else ``url:<16 hex>`` of the canonical URL, else ``text:<16 hex>`` of title, date and text;
    "" only until :func:`govnews_spider.core.stages.identify.identify` has run."""
    url: str | None = None
    """Canonical address (https, one form for mobile and desktop); None for a document, which does not know it."""
    title: str
    """The displayed headline; a document's mangled quotation marks restored where its 原标题 line proves them."""
    original_title: str | None = None
    """The 原标题 line without its label; None when there is none."""
    published_at: datetime
    """The time that the page displays, always with a zone, kept in UTC."""
    published_raw: str
    """The text that ``published_at`` was read from."""
    published_from: str
    """The locator that gave it, such as ``text:.date-source .date`` or ``document:date``."""
    source: str | None = None
    """The medium named as source (新京报); None when none is named, never the editor."""
    author: str | None = None
    """The reporter, several joined by ``、``; None when the page names none, never the editor."""
    editor: str | None = None
    """责任编辑, with the code where there is one (``支全明 SF099``); None when none is named."""
    section: str | None = None
    """Name of the list that linked the article (部委动态); None when no list did."""
    categories: list[str] = field(default_factory=list)
    """The front matter's categories: group, site, feed."""
    keywords: list[str] = field(default_factory=list)
    """The page's own keywords, in their order."""
    topics: list[str] = field(default_factory=list)
    """Names of our topics, in the order of the lexicon."""
    regions: list[str] = field(default_factory=list)
    """Six-digit GB/T 2260 codes of the places that the article is about, ascending."""
    headimg: str | None = None
    """First real picture of the body; None when it has none."""
    images: list[Image] = field(default_factory=list)
    """The body's pictures in their order."""
    body_html: str
    """The body: as it stood before :func:`govnews_spider.core.stages.clean.clean`, sanitized and free of furniture after it."""
    text: str = ""
    """The body's lines joined by a newline, no indents, no captions; "" only before cleaning, or for a kind without text."""
    char_count: int = 0
    """Length of ``text`` in characters."""
    content_hash: str = ""
    """Hexadecimal sha256 of the normalized title and text; changes when, and only when, the content does."""
    kind: str = "article"
    """``article``, ``gallery``, ``video`` or ``live``."""
    layout: str
    """The page layout or document style that read it."""
    provenance: dict[str, str] = field(default_factory=dict)
    """Field name → the locator that gave its value."""
    revision: int = 1
    """1 for the first version of an ``article_id``; counted up when its content changes."""
    first_seen: datetime | None = None
    """When this ``article_id`` was first stored, UTC; None before it is stored."""
    fetched_at: datetime | None = None
    """When the page was fetched or the file was read, UTC."""
    duplicate_of: str | None = None
    """The ``article_id`` that this reprint repeats; None for an article."""
    similarity: float | None = None
    """How much of it is repeated, 0 to 1; None for an article."""
    spider: str = ""
    """Name of the spider that stored it."""
    run_id: str = ""
    """The run that stored it."""
    origin: str
    """Where the bytes came from: ``https://…``, ``warc:<file>#<offset>`` or a file's path relative to the replayed folder."""
    schema_version: int = SCHEMA_VERSION

    @property
    def day(self) -> date:
        """The publication day in Asia/Shanghai: the one under which it is filed."""
        return self.published_at.astimezone(SHANGHAI).date()


def set_duplicate_of(article: Article, duplicate_of: str | None, similarity: float | None, reason: str | None) -> None:
    """Makes it a reprint of ``duplicate_of``, by that similarity and for that reason; None: of nothing."""
    article.duplicate_of, article.similarity = duplicate_of, similarity
    article.provenance = {name: said for name, said in article.provenance.items() if name != "duplicate_of"}
    if reason is not None:
        article.provenance["duplicate_of"] = reason


FIELD_NAMES: Final = tuple(f.name for f in fields(Article))
KINDS: Final = ("article", "gallery", "video", "live")
