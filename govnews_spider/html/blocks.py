"""The blocks of a body: paragraphs, pictures and tables, each with one canonical HTML and its text.

The canonical HTML holds only ``p h2 h3 h4 ul ol li table tr th td br strong em sub sup a img`` and the wrapper of a picture; reading it
again (:mod:`govnews_spider.html.block_reader`) gives the same blocks, which is what makes cleaning idempotent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from itertools import groupby

from govnews_spider.article import Image
from govnews_spider.html.text import squash

InlineTag = tuple[str, str]
"""An inline tag and its ``href`` ("" for all but ``a``)."""
Line = list[tuple[tuple[InlineTag, ...], str]]
"""Runs of text between two line breaks, each with the inline tags around it, outermost first."""


@dataclass(slots=True)
class Paragraph:
    """Lines of running text; ``tag`` is ``p``, ``h2`` to ``h4``, or ``ul`` or ``ol`` for one item of such a list."""

    tag: str
    lines: list[Line]

    def html(self) -> str:
        """One element; ``li`` for an item of a list."""
        name = "li" if self.tag in ("ul", "ol") else self.tag
        return f"<{name}>{_lines_html(self.lines)}</{name}>"

    def text(self) -> str:
        """Its lines joined by a newline."""
        return "\n".join(map(line_text, self.lines))


@dataclass(slots=True)
class Picture:
    """A picture with its caption."""

    image: Image
    alt: str

    def html(self) -> str:
        """The picture in the wrapper that Sina's pages and the documents use."""
        alt = f' alt="{escape(self.alt)}"' if self.alt else ""
        image = f'<img src="{escape(self.image.url)}"{alt} referrerpolicy="no-referrer">'
        words = escape(self.image.caption, quote=False)
        caption = f'<span class="img_descr">{words}</span>' if words else ""
        return f'<div class="img_wrapper">{image}{caption}</div>'

    def text(self) -> str:
        """Nothing: a caption is no line of the text."""
        return ""


@dataclass(slots=True)
class Cell:
    """A cell of a table: ``td`` or ``th``, its ``colspan`` and ``rowspan`` as HTML, its lines."""

    tag: str
    spans: str
    lines: list[Line]

    def html(self) -> str:
        """One element."""
        return f"<{self.tag}{self.spans}>{_lines_html(self.lines)}</{self.tag}>"

    def text(self) -> str:
        """Its lines joined by a space: a table's row is one line of the text."""
        return " ".join(map(line_text, self.lines))


@dataclass(slots=True)
class Table:
    """A table of data: at least two rows, at least one of them with two cells."""

    rows: list[list[Cell]]

    def html(self) -> str:
        """The table without groups of rows."""
        rows = ("".join(cell.html() for cell in row) for row in self.rows)
        return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"

    def text(self) -> str:
        """A line a row, cells separated by a tab."""
        return "\n".join("\t".join(cell.text() for cell in row) for row in self.rows)


Block = Paragraph | Picture | Table


def to_html(blocks: Iterable[Block]) -> str:
    """The canonical HTML, one block (or list) a line."""
    parts = []
    for tag, group in groupby(blocks, key=lambda block: block.tag if isinstance(block, Paragraph) else ""):
        inner = [block.html() for block in group]
        parts.extend([f"<{tag}>{''.join(inner)}</{tag}>"] if tag in ("ul", "ol") else inner)
    return "\n".join(parts)


def to_text(blocks: Iterable[Block]) -> str:
    """The lines of all blocks joined by a newline."""
    return "\n".join(filter(None, (block.text() for block in blocks)))


def line_text(line: Line) -> str:
    """The characters of a line."""
    if len(line) == 1:
        return line[0][1]
    return "".join(text for _, text in line)


def tidy(line: Line) -> Line:
    """``line`` with its white space squashed as if it were one text, runs of equal marks joined, empty runs gone."""
    if len(line) == 1:
        marks, raw = line[0]
        text = squash(raw)
        return [(marks, text)] if text else []
    tidied: Line = []
    for marks, group in groupby(line, key=lambda run: run[0]):
        raw = "".join(text for _, text in group)
        text = squash(raw)
        before = " " if raw[:1].isspace() and tidied and not tidied[-1][1].endswith(" ") else ""
        after = " " if raw[-1:].isspace() and text else ""
        if before or text:
            tidied.append((marks if text else (), before + text + after))
    while tidied and not tidied[-1][1].rstrip():
        tidied.pop()
    if tidied:
        tidied[-1] = (tidied[-1][0], tidied[-1][1].rstrip())
    return tidied


def cut(line: Line, length: int) -> Line:
    """The first ``length`` characters of a tidy line."""
    kept: Line = []
    for marks, text in line:
        kept.append((marks, text[:length]))
        length -= len(text)
        if length <= 0:
            break
    return tidy(kept)


def _lines_html(lines: list[Line]) -> str:
    return "<br>".join(map(_line_html, lines))


def _line_html(line: Line) -> str:
    if len(line) == 1 and not line[0][0]:
        return escape(line[0][1], quote=False)
    parts: list[str] = []
    opened: tuple[InlineTag, ...] = ()
    for marks, text in [*line, ((), "")]:
        keep = 0
        while keep < min(len(opened), len(marks)) and opened[keep] == marks[keep]:
            keep += 1
        parts.extend(f"</{tag}>" for tag, _ in reversed(opened[keep:]))
        parts.extend(f'<{tag} href="{escape(href)}">' if href else f"<{tag}>" for tag, href in marks[keep:])
        parts.append(escape(text, quote=False))
        opened = marks
    return "".join(parts)
