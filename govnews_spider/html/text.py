"""Text of pages: white space, invisible characters and width in one spelling."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_NOTHING: Final = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b\u2060\ufeff]+")
"""Controls, and signs without width."""


def squash(text: str) -> str:
    """``text`` with each run of white space (U+3000 and no-break spaces too) as one space, controls and zero-width signs gone, trimmed."""
    text = text.strip()
    return " ".join((text if text.isprintable() else _NOTHING.sub("", text)).split())


def nfkc(text: str) -> str:
    """The text in Unicode's form NFKC: one width for letters and figures.

    The signs of any Chinese text go first, one by one: what is left is NFKC already, which is quickly seen.
    """
    for wide, narrow in _COMMON_SIGNS:
        text = text.replace(wide, narrow)
    return unicodedata.normalize("NFKC", text)


_COMMON_SIGNS: Final = tuple(
    (sign, unicodedata.normalize("NFKC", sign)) for sign in "，：（）；！？％．－～…\u3000\xa0"
)
