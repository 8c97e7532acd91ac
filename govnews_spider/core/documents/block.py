"""The front matter of a document, line by line: key -> the text as it is written, with the line where it stands.

It is never read as YAML, which takes the stock code 000001 for a number and 12:30 for 750, and cannot read a title in
which the generator left both kinds of quotes.
"""

from __future__ import annotations

import re
from typing import Any, Final

import frontmatter
from frontmatter.default_handlers import BaseHandler

from govnews_spider.article import Rejected
from govnews_spider.core.documents.format import HEAD, KEYS, TAIL

_KEY_LINE: Final = re.compile(r"([^\s:'\"#-][^:]*):(?: (.*))?")
_ITEM_LINE: Final = re.compile(r"\s*-(?: .*)?")


class LineText(str):
    """A value as it is written, and the line where it stands."""

    line: int

    @classmethod
    def at(cls, line: int, text: str) -> LineText:
        value = cls(text)
        value.line = line
        return value

    def refused(self, slug: str, what: str) -> Rejected:
        return Rejected(slug, f"line {self.line}: {what}")


class Handler(BaseHandler):
    """python-frontmatter's four steps for this format: values are text as written, ``categories`` a list of lines."""

    FM_BOUNDARY = re.compile(r"^---$", re.MULTILINE)  # asked for by the base class; split() counts lines instead

    def split(self, text: str) -> tuple[str, str]:
        """The lines up to the closing ``---`` and what follows it, envelope and all; braces restored in both."""
        lines = text.split("\n")
        opening = 0 if lines[0] else 1
        if lines[opening : opening + 1] != ["---"]:
            raise Rejected("no_front_matter", "line 1: the text does not begin with an empty line and a line '---'")
        if "---" not in lines[opening + 1 :]:
            raise Rejected("unclosed_front_matter", f"no line '---' after line {opening + 1}; close the block with one")
        closing = lines.index("---", opening + 1)
        return _braces("\n".join(lines[:closing])), _braces("\n".join(lines[closing + 1 :]))

    def load(self, fm: str) -> dict[str, Any]:
        """Key -> value, in the order of the lines; raises where a line is no ``key: value`` of the family."""
        lines = fm.split("\n")
        start = lines.index("---") + 1
        metadata: dict[str, Any] = {}
        key = ""
        for number, line in enumerate(lines[start:], start + 1):
            if key and _ITEM_LINE.fullmatch(line):
                if key != "categories":
                    raise Rejected("bad_list", f"line {number}: {key!r} is no list; only 'categories' has items")
                metadata[key].append(LineText.at(number, line))
            else:
                key, value = _pair(line, number, metadata)
                metadata[key] = [] if key == "categories" else value
        if not metadata:
            raise Rejected("not_a_mapping", f"line {start + 1}: the block is empty; its keys are {', '.join(KEYS)}")
        return metadata

    def export(self, metadata: dict[str, object], **_: object) -> str:
        """The block's lines; ``categories`` keeps the space behind its colon."""
        lines = ("\n".join([f"{k}: ", *v]) if isinstance(v, list) else f"{k}: {v}" for k, v in metadata.items())
        return "\n".join(lines)

    def format(self, post: frontmatter.Post, **_: object) -> str:
        """The whole document; braces are escaped in all of it, since Hexo's templates would run them."""
        text = f"\n---\n{self.export(post.metadata)}\n---\n{HEAD}{post.content}{TAIL}"
        return text.replace("{", "&#123;").replace("}", "&#125;")


HANDLER: Final = Handler()


def _braces(text: str) -> str:
    return text.replace("&#123;", "{").replace("&#125;", "}")


def _pair(line: str, number: int, metadata: dict[str, Any]) -> tuple[str, LineText]:
    match = _KEY_LINE.fullmatch(line)
    if match is None:
        raise Rejected("not_a_mapping", f"line {number}: {line[:40]!r} is no 'key: value'")
    key, value = match[1], LineText.at(number, match[2] or "")
    if key not in KEYS:
        raise value.refused("unknown_key", f"{key!r} is none of {', '.join(KEYS)}; take it out")
    if key in metadata:
        raise value.refused("duplicate_key", f"{key!r} stands here a second time; keep one")
    if key == "categories" and match[2] != "":
        raise value.refused("bad_list", "only a space follows 'categories:'; its items stand on lines of their own")
    return key, value
