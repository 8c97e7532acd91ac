"""Format of documents: its keys, envelope and styles, the characters that it refuses or changes.

The format is that of Hexo posts which a generator made of RSS feeds; :data:`DOCUMENT_STYLES` holds what it changed
over time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

KEYS: Final = ("title", "categories", "headimg", "author", "comments", "date", "thumbnail")
_OLD_KEYS: Final = tuple(key for key in KEYS if key != "headimg")
HEAD: Final = "\n<div>   \n"
TAIL: Final = "  \n</div>\n            "
"""What stands between the block and the body, and behind the body."""

DEFAULT_CATEGORIES: Final = ("金融", "新浪财经", "新浪财经－国內")
"""Group, site and feed of an article that brings none of its own, spelled as the feed spells them."""

MANGLED: Final = frozenset(":/\\?*“”<>|[]")
"""The characters that the generator wrote as ``_`` in a title."""

# C1 controls are what UTF-8 looks like once it was read as Latin-1; half a surrogate pair cannot be encoded at all.
CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
NOT_IN_URL: Final = re.compile(r"[\s'\"<>\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# The first picture of a feed's item may be a data: placeholder; cleaning replaces it, reading keeps the document.
URL_START: Final = ("https://", "http://", "data:image/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """Style of documents: the details that their generator changed over the years."""

    name: str
    keys: tuple[str, ...]
    item: str
    """What stands before a category."""
    categories: int
    quotes: tuple[tuple[str, str], ...]
    """What stands around a title; the last pair around one that holds a ``'``. Nothing is ever escaped."""
    no_picture: str

    def quoted(self, title: str) -> str:
        opening, closing = self.quotes[-1 if "'" in title else 0]
        return f"{opening}{title}{closing}"

    def unquoted(self, value: str) -> str | None:
        """The title inside ``value``; None where this style would not have quoted it so."""
        titles = (value[len(start) : len(value) - len(end)] for start, end in self.quotes)
        return next((title for title in titles if self.quoted(title) == value), None)


_QUOTES: Final = (("'", "'"), ('"', '"'))
_QUOTE_BUG: Final = (('"""""""\'', '\'"""""""'),)
DOCUMENT_STYLES: Final = (
    Style(name="document_2021_10", keys=KEYS, item=" - ", categories=3, quotes=_QUOTES, no_picture="''"),
    Style(name="document_2021_04", keys=_OLD_KEYS, item="    - ", categories=3, quotes=_QUOTES, no_picture="''"),
    Style(name="document_2021_03b", keys=_OLD_KEYS, item="    - ", categories=2, quotes=_QUOTE_BUG, no_picture=""),
    Style(name="document_2021_03", keys=_OLD_KEYS, item="    - ", categories=2, quotes=(("", ""),), no_picture=""),
)
"""The styles of documents, newest first: the final format, then the generator's first months."""
