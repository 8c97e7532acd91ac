"""A body's tree -> its blocks. Walks without recursion: pages nest as deep as they like."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from bs4 import Tag
from bs4.element import NavigableString

from govnews_spider.article import Image
from govnews_spider.core.blocks import Block, Cell, Line, Mark, Paragraph, Picture, Table, tidy
from govnews_spider.sina.locators import squash

_INLINE: Final = {"strong": "strong", "b": "strong", "em": "em", "i": "em", "sub": "sub", "sup": "sup"}
_NEUTRAL: Final = frozenset({"span", "u"})
_HEADINGS: Final = {"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h4", "h5": "h4", "h6": "h4"}


class Reader:
    """Reads the blocks below an element.

    ``drop(element)`` says whether an element is furniture; ``picture(src)`` gives a picture's address, or None where it is no picture.
    """

    def __init__(self, drop: Callable[[Tag], bool], picture: Callable[[str], str | None]) -> None:
        self.drop = drop
        self.picture = picture
        self.blocks: list[Block] = []
        self.lines: list[Line] = [[]]
        self.marks: list[Mark | None] = []
        self.tags = ["p"]
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
                marks = tuple(dict.fromkeys(mark for mark in self.marks if mark))
                self.lines[-1].append((marks, node))
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
        return name not in ("br", "img")

    def _leave(self, tag: Tag) -> None:
        name = tag.name
        if name in _INLINE or name == "a":
            self.marks.pop()
        elif name not in _NEUTRAL:
            self._flush()
            if name in _HEADINGS or name == "li":
                self.tags.pop()

    def _flush(self) -> None:
        lines = [line for line in map(tidy, self.lines) if line]
        self.lines = [[]]
        if lines:
            self.blocks.append(Paragraph(self.tags[-1], lines))
            self.captionless = False

    def _picture(self, tag: Tag) -> None:
        self._flush()
        url = self.picture(str(tag.get("src") or "").strip())
        self.captionless = url is None
        if url:
            self.blocks.append(Picture(Image(url=url), squash(str(tag.get("alt") or ""))))

    def _is_read_whole(self, tag: Tag) -> bool:
        if tag.name == "figcaption" or "img_descr" in tag.get_attribute_list("class"):
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


def _mark(tag: Tag) -> Mark | None:
    if tag.name != "a":
        return _INLINE[tag.name], ""
    href = str(tag.get("href") or "").strip()
    href = f"https:{href}" if href.startswith("//") else href
    return ("a", href) if href.startswith(("http://", "https://")) else None


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
