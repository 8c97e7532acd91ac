"""Score of an extractor on a page: body F1, and the fields that are wrong.

The rules are lenient where extractors differ by taste and not by truth: white space does not count, a time without a zone is
taken as Sina's, a picture's address may lack its scheme, and lines that the gold calls optional may be there or not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from govnews_spider.article import SHANGHAI

GRAM = 4
"""Characters in a row that are compared as one; words are no unit in Chinese."""
RIGHT_TEXT = 0.995
"""The body F1 above which a text counts as right."""
SHORTEST_JUNK = 4
"""Characters; a shorter line may stand in the body by chance."""
FIELDS = ("title", "time", "source", "editor", "author", "keywords", "images", "text", "no junk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """What a page says; ``source`` is None where it names no medium, and then anything goes."""

    title: str
    published_at: datetime
    source: str | None
    editor: str | None
    keywords: tuple[str, ...]
    images: tuple[str, ...]
    text: str
    optional: tuple[str, ...] = ()
    """Lines of ``text`` that may be left out."""
    excluded: tuple[str, ...] = ()
    """Lines that are no part of the article."""


@dataclass(slots=True, kw_only=True)
class Record:
    """What an extractor gave; a field that it does not know stays empty."""

    title: str | None = None
    published_at: datetime | None = None
    source: str | None = None
    editor: str | None = None
    author: str | None = None
    keywords: Iterable[str] = ()
    images: Iterable[str] = ()
    text: str | None = None


def wrong_fields(got: Record, gold: Gold) -> list[str]:
    """The names out of :data:`FIELDS` that ``got`` has wrong; a text is wrong when its F1 is not above :data:`RIGHT_TEXT`."""
    text = bare(got.text)
    right = {
        "title": bare(got.title) == bare(gold.title),
        "time": minute(got.published_at) == minute(gold.published_at),
        "source": gold.source is None or bare(got.source) == bare(gold.source),
        "editor": bare(got.editor) == bare(gold.editor),
        "author": not gold.editor or gold.editor.split()[0] not in (got.author or ""),
        "keywords": set(got.keywords) == set(gold.keywords),
        "images": [secure(url) for url in got.images] == list(gold.images),
        "text": body_f1(got.text or "", gold.text, gold.optional) > RIGHT_TEXT,
        "no junk": not any(bare(line) in text for line in gold.excluded if len(bare(line)) >= SHORTEST_JUNK),
    }
    return [field for field in FIELDS if not right[field]]


def body_f1(got: str, want: str, optional: Iterable[str] = ()) -> float:
    """Harmonic mean of precision and recall over runs of :data:`GRAM` characters, 0 to 1; 1 where both texts are empty."""
    skipped = frozenset(map(bare, optional))
    ours, truth = _grams(got, skipped), _grams(want, skipped)
    total = ours.total() + truth.total()
    return 2 * (ours & truth).total() / total if total else 1.0


def _grams(text: str, skipped: frozenset[str]) -> Counter[str]:
    kept = "".join(line for line in map(bare, text.split("\n")) if line not in skipped)
    return Counter(kept[start : start + GRAM] for start in range(max(1, len(kept) - GRAM + 1)) if kept)


def minute(time: datetime | None) -> datetime | None:
    """``time`` cut to its minute, in Asia/Shanghai where it names no zone."""
    if time is None:
        return None
    return (time if time.tzinfo else time.replace(tzinfo=SHANGHAI)).replace(second=0, microsecond=0)


def bare(text: str | None) -> str:
    """``text`` without white space of any kind."""
    return re.sub(r"\s+", "", text or "")


def secure(url: str) -> str:
    """``url`` with https as its scheme."""
    return re.sub(r"^(?:https?:)?//", "https://", url)
