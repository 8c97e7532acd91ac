"""Limits of a page: the time of HTML parsers grows with the square of the nesting depth, and no article nests deep."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

import numpy as np

from govnews_spider.article import Rejected

FEW_TAGS: Final = 3000
"""Tags below which a page cannot nest deep enough to matter; real pages have 400 to 2,600."""
MOST_TAGS: Final = 50_000
"""Tags of a page that is read at all."""
DEEPEST: Final = 500
"""Elements of one name inside each other; real pages have about 15."""
LARGEST_BODY: Final = 300_000
"""Characters of an article's HTML; the longest that were seen have 12,000."""

_TAG: Final = re.compile(
    rb"<(/?)(div|ul|ol|dl|table|center|section|article|blockquote|font|span|b|strong|i|em|u|a|sub|sup|big|small)\b",
    re.IGNORECASE,
)


def check_nesting(html: bytes, origin: str) -> None:
    """Raises ``Rejected``: ``too_deep``, or ``too_large`` for a page of more tags than twenty articles have."""
    tags = int(np.count_nonzero(np.frombuffer(html, np.uint8) == ord("<")))  # bytes.count takes five times as long
    if tags < FEW_TAGS:
        return
    if tags > MOST_TAGS:
        raise Rejected("too_large", f"{origin or 'page'}: {tags:,} tags; the limit is {MOST_TAGS:,}")
    depth: Counter[bytes] = Counter()
    for closing, name in _TAG.findall(html):
        tag = name.lower()
        depth[tag] = max(0, depth[tag] - 1) if closing else depth[tag] + 1
        if depth[tag] > DEEPEST:
            raise Rejected(
                "too_deep",
                f"{origin or 'page'}: more than {DEEPEST} <{tag.decode()}> inside each other; no article does that",
            )


def check_body(html: str, origin: str) -> None:
    """Raises ``Rejected("too_large")``."""
    if len(html) > LARGEST_BODY:
        raise Rejected(
            "too_large",
            f"{origin or 'page'}: a body of {len(html):,} characters of HTML; the limit is {LARGEST_BODY:,}",
        )
