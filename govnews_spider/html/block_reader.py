"""A body's tree -> its blocks. Walks without recursion: pages nest as deep as they like."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from govnews_spider.article import Image
from govnews_spider.html.addresses import web_address
from govnews_spider.html.blocks import Block, InlineTag, Line, Paragraph, Picture, cut, line_text, tidy
from govnews_spider.html.locators import Fragment, children
from govnews_spider.html.tables import read_table
from govnews_spider.html.text import squash

_INLINE: Final = {"strong": "strong", "b": "strong", "em": "em", "i": "em", "sub": "sub", "sup": "sup"}
_LISTS: Final = frozenset({"ul", "ol"})
_HEADINGS: Final = {"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h4", "h5": "h4", "h6": "h4"}
_BLOCKS: Final = frozenset(
    {
        *("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt"),
        *("fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr"),
        *("li", "main", "nav", "ol", "p", "pre", "section", "summary", "ul"),
        *("table", "thead", "tbody", "tfoot", "tr", "th", "td"),
    }
)
"""Elements that begin and end a paragraph; any other one is only a wrapper of running text."""
_SKIPPED: Final = frozenset(
    {
        *("-comment", "_comment", "-doctype", "script", "style", "noscript", "template", "title", "head"),
        *("iframe", "object", "embed", "svg", "math", "video", "audio", "canvas", "map"),
        *("select", "textarea", "button"),
    }
)
"""Nodes that hold nothing to read."""
_WHOLE: Final = frozenset({"br", "img", "figcaption", "span", "table"})
"""Elements that may be read without a walk inside."""
_SOURCES: Final = ("data-src", "real_src", "src")
"""Where a picture's address may stand: a page that loads its pictures late has a placeholder in ``src``."""
_ALT_LENGTH: Final = 300
_CAPTION_LENGTH: Final = 160
"""Characters; what is longer under a picture is text."""
_CREDIT: Final = re.compile(
    r"(?:图为|图片来源|图片说明|图源|资料图片?[：:，。（(]|配图[：:，。（(]).*|[（(]?(?:资料图片?|配图)[)）]?。?"
    r"|.*[（(][^（()）]*(?:摄|供图|图源[：:].*|资料图片?|图片来源.*)[)）]。?"
    r"|.*[\s。](?:\S{2,12}\s)?摄",
    re.DOTALL,
)
"""A paragraph that speaks of the picture above it."""
_LABEL: Final = re.compile(r"[^。！？；：:]{1,60}|[^。]{1,100}。")
"""A centered line that may be a caption: a label, or one sentence. 附件：… is a list of its own."""


Attributes = dict[str, str | None]


class Reader:
    """Reads the blocks of an HTML fragment.

    ``drop(element, attributes)`` says whether an element is furniture, ``keep(text)`` how many of a line's first characters are not
    (0: none, the line is furniture). ``picture(src)`` gives a picture's address, None where it is no picture of the article
    (its caption is dropped with it), and "" for a spacer, which is nothing at all.
    """

    def __init__(
        self,
        *,
        drop: Callable[[LexborNode, Attributes], bool],
        keep: Callable[[str], int],
        picture: Callable[[str], str | None],
    ) -> None:
        self.drop = drop
        self.keep = keep
        self.picture = picture
        self.blocks: list[Block] = []
        self.lines: list[Line] = [[]]
        self.marks: list[InlineTag | None] = []
        self.tags = ["p"]
        self.lists: list[str] = []
        self.centered = 0
        self.captionless = False

    def read(self, html: str) -> list[Block]:
        """The blocks of ``html``, in order."""
        return self.read_nodes(html.nodes if isinstance(html, Fragment) else children(LexborHTMLParser(html).body))

    def read_nodes(self, nodes: Iterable[LexborNode]) -> list[Block]:
        """The blocks of ``nodes``, in order."""
        for node in nodes:
            self._walk(node)
        self._flush()
        return self.blocks

    def _walk(self, top: LexborNode) -> None:
        opened: list[tuple[LexborNode, str, bool]] = []
        node: LexborNode | None = top
        while True:
            if node is None:
                node, tag, centered = opened.pop()
                self._leave(tag, centered=centered)
            else:
                tag = node.tag or ""
                if tag == "-text":
                    self._text(node.text_content or "")
                elif tag not in _SKIPPED:
                    attributes = node.attributes
                    dropped = bool(attributes) and self.drop(node, attributes)
                    if not dropped and not (tag in _WHOLE and self._is_read_whole(node, tag, attributes)):
                        centered = tag in _BLOCKS and _is_centered(tag, attributes)
                        self._enter(tag, attributes, centered=centered)
                        opened.append((node, tag, centered))
                        node = node.first_child
                        continue
            if not opened:
                return
            node = node.next

    def _text(self, text: str) -> None:
        if self.lines[-1] or not text.isspace():
            marks = tuple(dict.fromkeys(mark for mark in self.marks if mark)) if self.marks else ()
            self.lines[-1].append((marks, text))

    def _enter(self, tag: str, attributes: Attributes, *, centered: bool) -> None:
        if tag in _INLINE:
            self.marks.append((_INLINE[tag], ""))
        elif tag == "a":  # a link in a link ends the outer one, as it does in a browser
            self.marks = [None if mark and mark[0] == "a" else mark for mark in self.marks]
            address = web_address(squash(attributes.get("href") or ""))
            self.marks.append(("a", address) if address else None)
        elif tag in _BLOCKS:
            self._flush()
            if tag in _HEADINGS or tag == "li":
                self.tags.append(_HEADINGS.get(tag) or (self.lists or ["ul"])[-1])
            elif tag in _LISTS:
                self.lists.append(tag)
            self.centered += centered

    def _leave(self, tag: str, *, centered: bool) -> None:
        if tag in _INLINE or tag == "a":
            self.marks.pop()
        elif tag in _BLOCKS:
            self._flush()
            if tag in _HEADINGS or tag == "li":
                self.tags.pop()
            elif tag in _LISTS:
                self.lists.pop()
            self.centered -= centered

    def _flush(self) -> None:
        if len(self.lines) == 1 and not self.lines[0]:
            return
        lines = [kept for line in map(tidy, self.lines) if line and (kept := self._kept(line))]
        self.lines = [[]]
        if lines:
            self._append(Paragraph(self.tags[-1], lines))

    def _kept(self, line: Line) -> Line:
        text = line_text(line)
        length = self.keep(text)
        return line if length == len(text) else cut(line, length)

    def _append(self, paragraph: Paragraph) -> None:
        last = self.blocks[-1] if self.blocks else None
        waiting = last if isinstance(last, Picture) and not last.image.caption else None
        if waiting or self.captionless:
            caption = _is_caption(paragraph, waiting.alt if waiting else "", centered=self.centered > 0)
            if caption and waiting and not self.captionless:
                waiting.image.caption = squash(paragraph.text())
            if caption:
                return
        self.captionless = False
        self.blocks.append(paragraph)

    def _picture(self, attributes: Attributes) -> None:
        self._flush()
        url: str | None = None
        spacer = False
        for name in _SOURCES:
            if (source := attributes.get(name)) and (url := self.picture(source.strip())):
                break
            spacer = spacer or url == ""
        if spacer and not url:
            return
        self.captionless = url is None
        if url:
            self.blocks.append(Picture(Image(url=url), squash(attributes.get("alt") or "")[:_ALT_LENGTH].rstrip()))

    def _is_read_whole(self, node: LexborNode, tag: str, attributes: Attributes) -> bool:
        """Reads what is not walked into: line breaks, pictures, captions, tables of data."""
        if tag == "br":
            self.lines.append([])
        elif tag == "img":
            self._picture(attributes)
        elif tag == "figcaption" or (tag == "span" and "img_descr" in (attributes.get("class") or "").split()):
            return self._caption(squash(node.text()))
        elif tag == "table" and (blocks := read_table(node, self._cell)) is not None:
            self._flush()
            self.blocks.extend(blocks)
        else:
            return False
        return True

    def _cell(self, cell: LexborNode) -> list[Block]:
        """The blocks of a cell, where a line such as 编辑：赵 is data."""
        return Reader(drop=self.drop, keep=len, picture=self.picture).read_nodes(children(cell))

    def _caption(self, text: str) -> bool:
        """A caption belongs to the picture before it, and goes with one that is no picture; elsewhere it is text like any other."""
        self._flush()
        last = self.blocks[-1] if self.blocks else None
        if isinstance(last, Picture) and not self.captionless and not last.image.caption:
            last.image.caption = text
            return True
        return self.captionless or not text


def _is_caption(paragraph: Paragraph, alt: str, *, centered: bool) -> bool:
    """Whether the paragraph under a picture is its caption: says the same as its alt, names who took it, or is centered as it is."""
    text = squash(paragraph.text())
    if paragraph.tag != "p" or len(text) > _CAPTION_LENGTH:
        return False
    subhead = all(("strong", "") in marks for line in paragraph.lines for marks, _ in line)
    labelled = centered and not subhead and _LABEL.fullmatch(text) is not None
    return text == alt or _CREDIT.fullmatch(text) is not None or labelled


def _is_centered(tag: str, attributes: Attributes) -> bool:
    if not attributes:
        return tag == "center"
    return (
        tag == "center"
        or attributes.get("align") in ("center", "middle")
        or "img_wrapper" in (attributes.get("class") or "")
        or "text-align:center" in (attributes.get("style") or "").replace(" ", "")
    )
