"""A body's tree -> its blocks. Walks without recursion: pages nest as deep as they like."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from bs4 import Tag
from bs4.element import NavigableString

from govnews_spider.article import Image
from govnews_spider.core.blocks import Block, Cell, Line, Mark, Paragraph, Picture, Table, tidy
from govnews_spider.sina.locators import squash

_INLINE: Final = {"strong": "strong", "b": "strong", "em": "em", "i": "em", "sub": "sub", "sup": "sup"}
_NEUTRAL: Final = frozenset({"span", "u"})
_VOID: Final = frozenset({"br", "img"})
_HEADINGS: Final = {"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h4", "h5": "h4", "h6": "h4"}


_CAPTION_LENGTH: Final = 160
"""Characters; what is longer under a picture is text."""
_CREDIT: Final = re.compile(
    r"(?:图为|资料图|配图|图片来源|图片说明|图源).*|.*[（(][^（）()]*(?:摄|供图|图源[：:].*|资料图片?|图片来源.*)[)）]。?|.*[\s。](?:\S{2,12}\s)?摄",
    re.DOTALL,
)
"""A paragraph that speaks of the picture above it."""


class Reader:
    """Reads the blocks below an element.

    ``drop(element)`` says whether an element is furniture; ``picture(src)`` gives a picture's address, None where it is no
    picture of the article (its caption is dropped with it), and "" for a spacer, which is nothing at all.
    """

    def __init__(self, drop: Callable[[Tag], bool], picture: Callable[[str], str | None]) -> None:
        self.drop = drop
        self.picture = picture
        self.blocks: list[Block] = []
        self.lines: list[Line] = [[]]
        self.marks: list[Mark | None] = []
        self.tags = ["p"]
        self.centered = 0
        self.captionless = False

    def read(self, root: Tag) -> list[Block]:
        """The blocks below ``root``, in order."""
        opened: list[Tag] = []
        walk: list[Iterator[object]] = [iter(root.contents)]
        while walk:
            node = next(walk[-1], None)
            if isinstance(node, Tag):
                if not self.drop(node) and self._enter(node):
                    opened.append(node)
                    walk.append(iter(node.contents))
            elif type(node) is NavigableString:
                if self.lines[-1] or not node.isspace():
                    self.lines[-1].append((self._open_marks(), node))
            elif node is None:
                walk.pop()
                if opened:
                    self._leave(opened.pop())
        self._flush()
        return self.blocks

    def _enter(self, tag: Tag) -> bool:
        """Begins an element; False where there is nothing to walk into, and so nothing to leave."""
        name = tag.name
        if name == "br":
            self.lines.append([])
        elif name == "img":
            self._picture(tag)
        elif self._is_read_whole(tag):
            return False
        elif name in _INLINE or name == "a":
            self.marks.append(_mark(tag))
        elif name not in _NEUTRAL:
            self._flush()
            if name in _HEADINGS or name == "li":
                self.tags.append(_HEADINGS.get(name) or _list_of(tag))
            self.centered += _is_centered(tag)
        return name not in _VOID

    def _leave(self, tag: Tag) -> None:
        name = tag.name
        if name in _INLINE or name == "a":
            self.marks.pop()
        elif name not in _NEUTRAL:
            self._flush()
            if name in _HEADINGS or name == "li":
                self.tags.pop()
            self.centered -= _is_centered(tag)

    def _open_marks(self) -> tuple[Mark, ...]:
        return tuple(dict.fromkeys(mark for mark in self.marks if mark)) if self.marks else ()

    def _flush(self) -> None:
        if self.lines == [[]]:
            return
        lines = [line for line in map(tidy, self.lines) if line]
        self.lines = [[]]
        if lines:
            self._append(Paragraph(self.tags[-1], lines))

    def _append(self, paragraph: Paragraph) -> None:
        last = self.blocks[-1] if self.blocks else None
        if (
            isinstance(last, Picture)
            and not self.captionless
            and _is_caption(paragraph, last, centered=self.centered > 0)
        ):
            last.image.caption = squash(paragraph.text())
        else:
            self.blocks.append(paragraph)
        self.captionless = False

    def _picture(self, tag: Tag) -> None:
        self._flush()
        url = self.picture(str(tag.get("src") or "").strip())
        if url == "":
            return
        self.captionless = url is None
        if url:
            self.blocks.append(Picture(Image(url=url), squash(str(tag.get("alt") or ""))))

    def _is_read_whole(self, tag: Tag) -> bool:
        if tag.name == "figcaption" or "img_descr" in class_of(tag):
            return self._caption(squash(tag.get_text()))
        return tag.name == "table" and self._table(tag)

    def _caption(self, text: str) -> bool:
        """A caption belongs to the picture before it, and goes with one that is no picture; elsewhere it is text like any other."""
        self._flush()
        last = self.blocks[-1] if self.blocks else None
        if isinstance(last, Picture) and not self.captionless and not last.image.caption:
            last.image.caption = text
            return True
        return self.captionless or not text

    def _table(self, table: Tag) -> bool:
        """A table of data becomes a block, its pictures come after it; one that only lays out is an element like any other."""
        if table.find("table") is not None:
            return False
        self._flush()
        pictures: list[Block] = []
        rows = [row for tr in table.find_all("tr") if (row := self._row(tr, pictures))]
        if len(rows) < 2 or max(map(len, rows)) < 2:
            return False
        self.blocks.extend([Table(rows), *pictures])
        return True

    def _row(self, tr: Tag, pictures: list[Block]) -> list[Cell]:
        cells = []
        for cell in tr.find_all(("td", "th"), recursive=False):
            blocks = Reader(self.drop, self.picture).read(cell)
            pictures.extend(block for block in blocks if isinstance(block, Picture))
            lines = [line for block in blocks if isinstance(block, Paragraph) for line in block.lines]
            cells.append(Cell(cell.name, _spans(cell), lines))
        return cells if any(cell.lines for cell in cells) else []


def class_of(tag: Tag) -> list[str]:
    """The element's classes; its tree is parsed with ``multi_valued_attributes=None``."""
    return str(tag.attrs.get("class") or "").split()


def _mark(tag: Tag) -> Mark | None:
    if tag.name != "a":
        return _INLINE[tag.name], ""
    href = str(tag.get("href") or "").strip()
    href = f"https:{href}" if href.startswith("//") else href
    return ("a", href) if href.startswith(("http://", "https://")) else None


def _is_caption(paragraph: Paragraph, picture: Picture, *, centered: bool) -> bool:
    """Whether the paragraph under a picture is its caption: says the same as its alt, names who took it, or is centered as it is."""
    text = squash(paragraph.text())
    if paragraph.tag != "p" or picture.image.caption or len(text) > _CAPTION_LENGTH:
        return False
    subhead = all(("strong", "") in marks for line in paragraph.lines for marks, _ in line)
    return text == picture.alt or _CREDIT.fullmatch(text) is not None or (centered and not subhead)


def _is_centered(tag: Tag) -> bool:
    if not tag.attrs:
        return tag.name == "center"
    return (
        tag.name == "center"
        or tag.get("align") in ("center", "middle")
        or "img_wrapper" in class_of(tag)
        or "text-align:center" in str(tag.get("style") or "").replace(" ", "")
    )


def _list_of(item: Tag) -> str:
    parent = item.find_parent(("ul", "ol"))
    return parent.name if parent is not None else "ul"


def _spans(cell: Tag) -> str:
    found = ((name, str(cell.get(name) or "")) for name in ("colspan", "rowspan"))
    return "".join(
        f' {name}="{int(value)}"'
        for name, value in found
        if value.isascii() and value.isdigit() and 1 < int(value) <= 1000
    )
