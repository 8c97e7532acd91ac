"""The strict side of reading a document: each function gives a value as it stands, or raises for what no style has.

What is raised is a :class:`Rejected` whose detail begins with ``line <n>: ``, the line of the document, counted from 1.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final

from govnews_spider.article import Rejected
from govnews_spider.core.documents.block import LineText
from govnews_spider.core.documents.format import CONTROL, DOCUMENT_STYLES, HEAD, NOT_IN_URL, TAIL, URL_START, Style

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RFC_1123: Final = re.compile(r"[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT", re.ASCII)
_YEARS: Final = (1900, 2999)
_NO_ZONE: Final = re.compile(r"\d{4}-\d\d-\d\d[ T][\d:.]+", re.ASCII)


def check_characters(text: str) -> None:
    """Raises ``bom``, ``crlf`` or ``control_character``."""
    if text.startswith("\ufeff"):
        raise Rejected("bom", "line 1: a byte order mark; save the file as UTF-8 without one")
    if "\r\n" in text:
        raise Rejected("crlf", f"line {line_at(text, text.index(chr(13)))}: ends with CR LF; end lines with LF alone")
    if control := CONTROL.search(text):
        where = line_at(text, control.start())
        raise Rejected("control_character", f"line {where}: the character U+{ord(control[0]):04X}; take it out")


def check_braces(text: str) -> None:
    """Raises ``unescaped_brace``: Hexo's templates would run what stands in braces."""
    found = [at for at in (text.find("{"), text.find("}")) if at >= 0]
    if found:
        raise Rejected("unescaped_brace", f"line {line_at(text, min(found))}: write &#123; for {{ and &#125; for }}")


def line_at(text: str, at: int) -> int:
    """The line, counted from 1, in which the character ``text[at]`` stands."""
    return text.count("\n", 0, at) + 1


def style_of(metadata: dict[str, Any]) -> Style:
    """The first style that has these keys, items and quotes; raises for the first thing that none has."""
    items: list[LineText] = metadata.get("categories", [])
    styles = [s for s in DOCUMENT_STYLES if all(len(i) > len(s.item) and i.startswith(s.item) for i in items)]
    if not styles:
        raise items[0].refused("bad_list", "put one space (old documents: four) and '- ' before each category")
    _check_keys(metadata, styles[0].keys)
    title: LineText = metadata["title"]
    wanted = sorted({style.categories for style in styles})
    styles = [style for style in styles if style.categories == len(items)]
    if not styles:
        raise Rejected("bad_list", f"line {title.line + 1}: {len(items)} categories in place of {wanted}")
    for style in styles:
        if style.unquoted(title) is not None:
            return style
    raise title.refused("bad_quotes", f"put ' at both ends of the title, or \" where it holds a ': {title[:40]}")


def _check_keys(metadata: dict[str, Any], keys: tuple[str, ...]) -> None:
    missing = [key for key in keys if key not in metadata]
    if missing:
        raise Rejected("missing_key", f"line 2: the block has no {missing[0]!r}; its keys are {', '.join(keys)}")
    if len(metadata) > len(keys):
        raise metadata["headimg"].refused("unknown_key", "a document with four spaces before '- ' has no 'headimg'")
    if tuple(metadata) != keys:
        raise Rejected("key_order", f"line 2: the keys stand as {', '.join(metadata)}; put them as {', '.join(keys)}")


def check_values(metadata: dict[str, Any], style: Style) -> None:
    """Raises for the first value that differs from the one that the other keys, or the format, give it."""
    author, comments, thumbnail = (metadata[key] for key in ("author", "comments", "thumbnail"))
    site = metadata["categories"][1][len(style.item) :]
    if author != site:
        raise author.refused("author_not_site", f"{author!r} is not the second category; write {site!r}")
    if comments != "false":
        raise comments.refused("comments_not_false", f"{comments!r}; write false")
    if thumbnail != metadata.get("headimg", thumbnail):
        raise thumbnail.refused("headimg_thumbnail_differ", "thumbnail is not headimg's picture; write the same twice")


def title_in(value: LineText, style: Style) -> str:
    """The title without its quotes; raises ``empty_title``."""
    title = style.unquoted(value) or ""
    if not title.strip():
        raise value.refused("empty_title", "the title is empty; give the document one")
    return title


def published_in(value: LineText) -> datetime:
    """The moment, in UTC, to the second; raises ``date_without_zone`` or ``bad_date``, which a wrong weekday is too."""
    if _NO_ZONE.fullmatch(value):
        raise value.refused("date_without_zone", f"{value!r} is the generator's own clock, no time of publication")
    match = _RFC_1123.fullmatch(value)
    if match is None or match[2] not in _MONTHS:
        raise value.refused("bad_date", f"{value!r} is not in the form 'Thu, 25 Nov 2021 11:11:45 GMT'")
    day, year, hour, minute, second = (int(match[group]) for group in (1, 3, 4, 5, 6))
    try:
        moment = datetime(year, _MONTHS.index(match[2]) + 1, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise value.refused("bad_date", f"{value!r}: {error}") from None
    if not _YEARS[0] <= year <= _YEARS[1]:
        raise value.refused("bad_date", f"{value!r} lies outside the years {_YEARS[0]} to {_YEARS[1]}")
    if format_datetime(moment, usegmt=True) != value:
        raise value.refused("bad_date", f"{value!r} names the wrong weekday; it was {moment:%A}")
    return moment


def picture_in(value: LineText) -> str | None:
    """The picture's address without its quotes, None where there is no picture; raises ``bad_url``."""
    url = value[1:-1] if len(value) > 1 and value[0] == value[-1] == "'" else value
    if value in ("", "''"):
        return None
    if url == value or not url.startswith(URL_START) or NOT_IN_URL.search(url):
        raise value.refused("bad_url", f"{value[:60]!r} is neither '' nor an http or https address in single quotes")
    return url


def body_in(content: str, line: int) -> str:
    """The body without its envelope; ``line`` is where ``content`` begins. Raises ``bad_envelope``."""
    if not content.startswith(HEAD) or len(content) < len(HEAD) + len(TAIL):
        raise Rejected("bad_envelope", f"line {line}: the body does not begin with {HEAD!r}")
    if not content.endswith(TAIL):
        raise Rejected("bad_envelope", f"line {line + content.count(chr(10))}: the body does not end with {TAIL!r}")
    return content[len(HEAD) : -len(TAIL)]
