"""Template of a text: its slot values (dates, figures and places), each by the words around it.

Texts of one series share the words and differ in what stands between them; so do no two prints of one text.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final, NamedTuple

from govnews_spider.core.dedup.fingerprint import letters
from govnews_spider.core.regions.gazetteer import gazetteer

CLASSES: Final = ("dates", "figures", "places")
_DATES, _FIGURES, _PLACES = range(len(CLASSES))

_NUMERALS: Final = "〇零一二三四五六七八九十百千万亿两"
_FIGURE: Final = re.compile(
    rf"[0-9]+(?:,[0-9]{{3}})+(?:\.[0-9]+)?|[0-9]+(?:[.:][0-9]+)*|[{_NUMERALS}]{{2,}}"
    r"|(?<=[第周期])[一二三四五六七八九十]|[一二三四五六七八九十两](?=[月日年号届批例人名起])"
)
_FIGURE_MARK, _PLACE_MARK, _LINE_MARK = "0", "P", "L"  # capitals: what is compared has none
_EMPTY: Final = frozenset((_FIGURE_MARK, _PLACE_MARK))
_MARKS: Final = re.compile(f"[{_FIGURE_MARK}{_PLACE_MARK}]")
_BEFORE, _AROUND = 3, 5
"""Letters that make a slot: those before, and with those after it; where a line begins there are more of the latter."""
_LEAST: Final = 3
"""Letters that a slot must have beside marks, an end of the line counting as one; fewer are found anywhere."""
_OF_DATE: Final = frozenset("年月日号时")

Slots = dict[str, Counter[str]]
"""The letters around, of the same line → what stands between them, how often."""


class Contents(NamedTuple):
    """A text taken apart into its frame and what stands in it."""

    frame: str
    """Its letters with a mark in place of each figure and place."""
    slots: tuple[Slots, Slots, Slots]
    """One each of :data:`CLASSES`."""
    digits: int
    """Letters of its figures."""

    def figures(self) -> Counter[str]:
        """The figures, those of dates too, wherever they stand, how often."""
        found: Counter[str] = Counter()
        for kind in (_DATES, _FIGURES):
            for values in self.slots[kind].values():
                found.update(values)
        return found


def contents(text: str) -> Contents:
    """``text``, as :func:`govnews_spider.core.dedup.fingerprint.normalized_text` has made it, taken apart."""
    values: list[str] = []
    frame = "".join(_marked(text, values))
    slots: tuple[Slots, Slots, Slots] = (defaultdict(Counter), defaultdict(Counter), defaultdict(Counter))
    digits = 0
    for match, value in zip(_MARKS.finditer(frame), values, strict=True):
        start, end = match.span()
        before = frame[max(0, start - _BEFORE) : start].rpartition(_LINE_MARK)
        after = frame[end : end + _AROUND - len(before[2])].partition(_LINE_MARK)
        slot = f"{before[1]}{before[2]}{match[0]}{after[0]}{after[1]}"
        kind = _PLACES if match[0] == _PLACE_MARK else _DATES if frame[end : end + 1] in _OF_DATE else _FIGURES
        digits += len(value) * (kind != _PLACES)
        if sum(letter not in _EMPTY for letter in slot) >= _LEAST:
            slots[kind][slot][value] += 1
    return Contents(frame, slots, digits)


def _marked(text: str, values: list[str]) -> Iterator[str]:
    """The frame of ``text``, line by line; ``values`` takes what the marks stand for."""
    for line in text.split("\n"):
        pieces: list[str] = []
        at = 0
        for start, end, mark, value in sorted(_found(line)):
            if start >= at:
                pieces += line[at:start], mark
                values.append(value)
                at = end
        yield _LINE_MARK + letters("".join((*pieces, line[at:])))


def _found(line: str) -> Iterator[tuple[int, int, str, str]]:
    """Start, end, mark and value of what may stand in a slot; a place's value is its code, however it is spelt."""
    for match in _FIGURE.finditer(line):
        yield match.start(), match.end(), _FIGURE_MARK, match[0].replace(",", "")
    senses = gazetteer().senses
    for start, end, spelling in gazetteer().find(line):
        yield start, end, _PLACE_MARK, senses[spelling][0].code if spelling in senses else spelling


def compare(first: Slots, second: Slots) -> tuple[int, int]:
    """Numbers of slot values that agree, and of those whose slot has another value in the other text.

    Counted as sets with repetitions, so that a slot that a cut text has less often (同比增长…) is no difference.
    """
    agreed = differing = 0
    for slot in first.keys() & second.keys():
        one, other = first[slot], second[slot]
        both = (one & other).total()
        agreed += both
        differing += min(one.total(), other.total()) - both
    return agreed, differing
