"""Two values of a field on a line each: whole where they are short, around the first difference where they are not."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Any, Final

from rich.cells import cell_len

from govnews_spider.article import SHANGHAI

_WIDTH: Final = 88
"""Columns of a terminal that are shown of a value; a Chinese sign takes two."""
_BEFORE: Final = 24
"""Columns of them that stand before the difference."""
_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}


def excerpts(old: Any, new: Any) -> tuple[str, str, str]:
    """Excerpts of both values, and their place: ``character 12``, ``item 3``, or "" for whole values.

    A map is shown by the keys that differ. Signs that cannot be seen are escaped, times are those of Sina's own clocks.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        old, new = _without(old, new), _without(new, old)
    one, other = _spelled(old), _spelled(new)
    if max(cell_len(visible(one)), cell_len(visible(other))) <= _WIDTH:
        return visible(one), visible(other), ""
    at = _first_difference(one, other)
    return _around(one, at), _around(other, at), _place(old, new)


def visible(text: str) -> str:
    """The text on one line, as a terminal shows it and does nothing else: control signs, marks without width and the like escaped."""
    return "".join(map(_visible, text))


def _visible(sign: str) -> str:
    if sign in _SHORT:
        return _SHORT[sign]
    if sign.isprintable() and not unicodedata.category(sign).startswith("M"):
        return sign
    return f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"


def _without(values: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in sorted(values.items()) if key not in others or others[key] != value}


def _spelled(value: Any) -> str:
    """Text in quotes, so that it is not taken for a number or for null."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_spelled(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_spelled, value)) + "]"
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).isoformat(" ")
    return "null" if value is None else f'"{value}"' if isinstance(value, str) else str(value)


def _first_difference(old: Any, new: Any) -> int:
    """The first index at which two texts or lists are not the same: the shorter one's length where it begins the other."""
    unequal = (number for number, (one, other) in enumerate(zip(old, new, strict=False)) if one != other)
    return next(unequal, min(len(old), len(new)))


def _place(old: Any, new: Any) -> str:
    for kind, name in ((str, "character"), (list, "item")):
        if isinstance(old, kind) and isinstance(new, kind):
            return f"{name} {_first_difference(old, new) + 1:,}"
    return ""


def _around(text: str, at: int) -> str:
    """The piece of the text around that index, as wide as may be shown."""
    start, width = at, 0
    while start > 0 and width < _BEFORE:
        start -= 1
        width += cell_len(_visible(text[start]))
    end = at
    while end < len(text) and width < _WIDTH:
        width += cell_len(_visible(text[end]))
        end += 1
    return "…" * (start > 0) + visible(text[start:end]) + "…" * (end < len(text))
