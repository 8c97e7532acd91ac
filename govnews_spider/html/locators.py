"""Locators, of which page layouts consist: small callables that read one value of a parsed page.

A locator is any callable ``Page -> value`` that gives None (or an empty list) where the page does not have the value; its name, which
becomes the provenance of the value, is ``str(locator)`` or, for a plain function, ``function:<its name>``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

from selectolax.lexbor import LexborHTMLParser, LexborNode

from govnews_spider.html.text import squash

T = TypeVar("T")
Locator = Callable[["Page"], T | None]

_COMMA: Final = re.compile(r"[,，]")


class Page:
    """One parsed page: the tree, its metas (first one of a name wins) and the address that it was asked for ("" when unknown).

    ``html`` is text, or UTF-8 bytes.
    """

    def __init__(self, html: str | bytes, url: str) -> None:
        self.tree = LexborHTMLParser(html)
        self.url = url
        self._found: dict[str, LexborNode | None] = {}

    @cached_property
    def metas(self) -> dict[str, str]:
        """``name`` or ``property`` of each ``<meta>`` -> its content, white space trimmed."""
        found: dict[str, str] = {}
        head = self.tree.head
        for node in head.css("meta") if head is not None else ():
            attributes = node.attributes
            name = attributes.get("name") or attributes.get("property")
            if name:
                found.setdefault(name, (attributes.get("content") or "").strip())
        return found

    def first(self, css: str, within: str = "") -> LexborNode | None:
        """The first element that ``css`` selects, in the page or inside the first one that ``within`` selects.

        Layouts ask for the same ones, and looking through a whole page is what reading it costs: each is looked for once.
        """
        if within:
            outer = self.first(within)
            return outer.css_first(css) if outer is not None else None
        if css not in self._found:
            self._found[css] = self.tree.css_first(css)
        return self._found[css]


class Fragment(str):
    """The HTML of some nodes, with the nodes themselves: what reads them need not parse them again."""

    __slots__ = ("nodes",)
    nodes: Sequence[LexborNode]

    @classmethod
    def of(cls, nodes: Sequence[LexborNode], html: str) -> Fragment | None:
        """``nodes`` and their ``html``; None where that is empty."""
        fragment = cls(html)
        fragment.nodes = nodes
        return fragment or None


def children(element: LexborNode | None) -> Iterator[LexborNode]:
    """The nodes right below ``element``, texts and comments too."""
    node = element.first_child if element is not None else None
    while node is not None:
        yield node
        node = node.next


@dataclass(frozen=True, slots=True)
class Text:
    """The text of the first element that the selector finds (``within``: inside the first one of that), white space squashed."""

    css: str
    within: str = ""

    def __call__(self, page: Page) -> str | None:
        node = page.first(self.css, self.within)
        return squash(node.text()) or None if node is not None else None

    def __str__(self) -> str:
        return f"text:{self.within} {self.css}" if self.within else f"text:{self.css}"


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of all elements that the selector finds (``within``: inside the first one of that), empty ones left out, each once."""

    css: str
    within: str = ""

    def __call__(self, page: Page) -> list[str] | None:
        root = page.first(self.within) if self.within else page.tree.root
        nodes = root.css(self.css) if root is not None else []
        return list(dict.fromkeys(filter(None, (squash(node.text()) for node in nodes)))) or None

    def __str__(self) -> str:
        return f"texts:{self.within} {self.css}" if self.within else f"texts:{self.css}"


@dataclass(frozen=True, slots=True)
class Meta:
    """The content of ``<meta name=…>`` or ``<meta property=…>``."""

    name: str

    def __call__(self, page: Page) -> str | None:
        return squash(page.metas.get(self.name, "")) or None

    def __str__(self) -> str:
        return f"meta:{self.name}"


@dataclass(frozen=True, slots=True)
class MetaList:
    """The comma-separated parts of a meta's content, each once."""

    name: str

    def __call__(self, page: Page) -> list[str] | None:
        parts = _COMMA.split(page.metas.get(self.name, ""))
        return list(dict.fromkeys(filter(None, map(squash, parts)))) or None

    def __str__(self) -> str:
        return f"meta:{self.name}"


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute's value of the first element that the selector finds."""

    css: str
    name: str

    def __call__(self, page: Page) -> str | None:
        node = page.first(self.css)
        return squash(node.attributes.get(self.name) or "") or None if node is not None else None

    def __str__(self) -> str:
        return f"{self.name}:{self.css}"


@dataclass(frozen=True, slots=True)
class Inner:
    """The HTML inside the first element that the selector finds; ``until``: up to the first of its children that is this comment."""

    css: str
    until: str = ""

    def __call__(self, page: Page) -> Fragment | None:
        element = page.first(self.css)
        if element is None:
            return None
        nodes = list(children(element))
        for place, node in enumerate(nodes if self.until else ()):
            if node.tag == "-comment" and (node.comment_content or "").strip() == self.until:
                return Fragment.of(nodes[:place], "".join(node.html or "" for node in nodes[:place]))
        return Fragment.of(nodes, element.inner_html or "")

    def __str__(self) -> str:
        return f"html:{self.css}"


@dataclass(frozen=True, slots=True)
class Outers:
    """The HTML of all elements that the selector finds, in order: for a body without an element of its own."""

    css: str

    def __call__(self, page: Page) -> Fragment | None:
        nodes = page.tree.css(self.css)
        return Fragment.of(nodes, "\n".join(node.html or "" for node in nodes))

    def __str__(self) -> str:
        return f"html:{self.css}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One page template: its marks (selectors or locators, all of which must find something), and per field the locators tried in order.

    ``title``, ``published_at`` and ``body`` are mandatory: a page that has the markers but not these is rejected.
    ``editor`` is for an editor outside the body: inside it, the editor's line is found by cleaning.
    ``seconds`` are more exact times, which count only where they agree with the displayed minute.
    """

    name: str
    marker: tuple[str | Callable[[Page], object], ...]
    title: tuple[Locator[str], ...]
    published_at: tuple[Locator[str], ...]
    source: tuple[Locator[str], ...]
    body: tuple[Locator[str], ...]
    author: tuple[Locator[str], ...] = ()
    editor: tuple[Locator[str], ...] = ()
    keywords: tuple[Locator[list[str]], ...] = ()
    kind: str = "article"
    seconds: tuple[Locator[str], ...] = (Meta("weibo: article:create_at"), Meta("article:published_time"))


def has(page: Page, mark: str | Callable[[Page], object]) -> bool:
    """Whether the page has a layout's mark."""
    return (page.first(mark) if isinstance(mark, str) else mark(page)) is not None


def name_of(locator: Callable[[Page], object]) -> str:
    """The name under which a value's provenance records its locator."""
    plain = getattr(locator, "__name__", None)
    return f"function:{plain}" if plain else str(locator)
