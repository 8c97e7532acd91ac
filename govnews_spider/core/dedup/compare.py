"""Two texts -> whether one repeats the other: a reprint, a sibling out of the same series, or something else.

What a reprint changes is the frame: headline, credits, punctuation, a paragraph at either end, a word here and there. A series keeps
the frame and changes what stands in it. So the dates, figures and places that stand between the same words are compared: where one
text has another one than its counterpart, it tells of something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, NamedTuple

import numpy as np

from govnews_spider.core.dedup.fingerprint import Hashes, grams, letters, normalized_text
from govnews_spider.core.dedup.template import CLASSES, Contents, compare, contents

GRAM: Final = 3
"""Characters in a row that are compared as one, called a shingle."""
SHARED: Final = 0.85
"""Share of the shorter text's shingles that the longer one must have: reports that quote the same announcement have up to 0.75."""
TYPED: Final = 0.6
"""The same where letters are changed all over the text: with one in ten changed, 0.73 are left …"""
ONE_LETTER: Final = 4.0
"""… and as many shingles in a row are lost on either side, at most: one letter loses three, two near ones a few more."""
OF_LONGER: Final = 0.3
"""Share of the longer text that must be repeated: below it, a piece of news is one among others there."""
DIFFERING: Final = 0.04
"""Share of the dates, figures or places that differ in a sibling, where at least two do."""
SINGLE: Final = 0.2
"""A single figure or place may be a correction, unless it is this share of them; a single date is another day."""
OWN: Final = 0.1
"""Share of figures of its own, wherever they stand, that each of two siblings has: the next report on a market has rewritten sentences."""
LEAST_OWN: Final = 3
ACCIDENT: Final = 0.02
"""A single one counts where fewer than this would differ by errors all over the text."""
DOUBT: Final = 3.0
"""Standard deviations by which they must differ more often than by errors all over the text."""


class Comparison(NamedTuple):
    """Result of comparing two texts: their kind of likeness, the shared parts, and the reason in a sentence."""

    kind: Literal["reprint", "sibling", "different"]
    first: float
    """Share of the first text's shingles that the second one has, 0 to 1."""
    second: float
    """Share of the second text's that the first one has."""
    reason: str

    @property
    def similarity(self) -> float:
        """Part of the shorter one that the longer one has."""
        return max(self.first, self.second)

    @property
    def turned(self) -> Comparison:
        """The same, of the second text and the first."""
        return Comparison(self.kind, self.second, self.first, self.reason)


SAME: Final = Comparison("reprint", 1.0, 1.0, "the same text")


@dataclass(frozen=True)
class ComparableText:
    """A text read for comparison; made by :meth:`of`, so that one compared with many is read once, and as far as it has to be."""

    normalized_text: str
    shingles: Hashes
    """In their order, one for each letter but the last two."""
    distinct: Hashes
    """The same, sorted, each once."""

    @classmethod
    def of(cls, text: str) -> ComparableText:
        """``text`` as an article has it."""
        compared = normalized_text(text)
        shingles = grams(letters(compared), GRAM)
        return cls(compared, shingles, np.unique(shingles))

    @cached_property
    def contents(self) -> Contents:
        """Its dates, figures and places, and what stands around them."""
        return contents(self.normalized_text)

    @cached_property
    def frame(self) -> Hashes:
        """The shingles of the text with marks in place of its figures and places, in their order."""
        return grams(self.contents.frame, GRAM)


def compare_texts(first: ComparableText, second: ComparableText) -> Comparison:
    """Compares two texts; with both exchanged, the result is the same, but turned."""
    if first.normalized_text == second.normalized_text:
        return SAME
    fewer, more = sorted((len(first.distinct), len(second.distinct)))
    common = len(np.intersect1d(first.distinct, second.distinct, assume_unique=True))
    shared = common / max(1, fewer)
    shares = common / max(1, len(first.distinct)), common / max(1, len(second.distinct))
    reason = f"shingles {shared:.2f} of the shorter"
    if shared < TYPED:
        return Comparison("different", *shares, reason)
    counts = [compare(*slots) for slots in zip(first.contents.slots, second.contents.slots, strict=True)]
    by_chance = _by_chance(first, second) if any(other for _, other in counts) else 0.0
    for name, (same, other) in zip(CLASSES, counts, strict=True):
        if _is_another(name, same, other, by_chance):
            return Comparison("sibling", *shares, f"{reason}, but {other} of {same + other} {name} differ")
    if common / more < OF_LONGER:
        return Comparison("different", *shares, f"{reason}, but only {common / more:.2f} of the longer")
    own = _own(first, second)
    if (own or shared < SHARED) and not _typed(first, second):
        if shared < SHARED:
            return Comparison("different", *shares, f"{reason}, whole sentences differ")
        return Comparison("sibling", *shares, f"{reason}, but each has figures that the other lacks, {own} at least")
    same, other = map(sum, zip(*counts, strict=True))
    return Comparison("reprint", *shares, f"{reason}, {same} of {same + other} dates, figures and places agree")


def _typed(first: ComparableText, second: ComparableText) -> bool:
    """Whether the texts differ by single letters."""
    pairs = ((first.shingles, second.shingles), (second.shingles, first.shingles))
    return all(lost <= ONE_LETTER * spots for spots, lost in (_differences(*pair) for pair in pairs))


def _own(first: ComparableText, second: ComparableText) -> int:
    """Figures that a text has and the other lacks, the fewer of the two; 0 where an editor may have added so few."""
    one, other = first.contents.figures(), second.contents.figures()
    both = (one & other).total()
    own = min(one.total(), other.total()) - both
    return own if own >= max(LEAST_OWN, OWN * (own + both)) else 0


def _by_chance(first: ComparableText, second: ComparableText) -> float:
    """How many figures would be others if each spot where the frames differ were an error that hits a figure as likely as any letter.

    To put another figure in its place, it has to hit a figure and to come out as one: the share of figures among the letters, twice.
    """
    spots = min(_differences(first.frame, second.frame)[0], _differences(second.frame, first.frame)[0])
    digits = first.contents.digits + second.contents.digits
    share = digits / max(1, len(first.shingles) + len(second.shingles))
    return spots * share * share


def _differences(shingles: Hashes, other: Hashes) -> tuple[int, int]:
    """At how many spots ``other`` lacks shingles in a row, and how many it lacks."""
    missing = np.isin(shingles, other, invert=True)
    return int(missing[:1].sum() + np.count_nonzero(missing[1:] & ~missing[:-1])), int(missing.sum())


def _is_another(name: str, same: int, other: int, by_chance: float) -> bool:
    """Whether so many that agree and that differ make another piece of news."""
    if other < 2:
        return bool(other) and by_chance < ACCIDENT and (name == "dates" or 1 / (same + 1) >= SINGLE)
    return other / (same + other) >= DIFFERING and other > 1 + by_chance + DOUBT * by_chance**0.5
