"""Longer words that hold a place: spelled where two words meet (从|江苏), or written with a bar in ``lexicon/places.toml``.

The automaton takes the spelling that begins first, so the county 从江 would hide 江苏 in 从江苏省. What is built here
begins where the county does and is longer, and says which part of it is the place.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

_WORDS_END: Final = frozenset("从中内大新和同高来全定开通望成会因合兴立明确广天建")
"""Last characters of words that stand before a place (其中, 扩大, 召开, 振兴): the place may go by its short form."""
_AFTER_ONLY: Final = {
    "山": "中兴立明确合",
    "江": "从中内开通同望合",
    "河": "新通广",
    "海": "通",
    "湖": "",
    "阳": "中",
    "汉": "",
}
"""Where two words meet in one of these, only after these: 平湖南部 is the south of 平湖, 其中山东 is 山东; 广汉中学 is in 广汉."""
NAME_ENDS: Final = re.compile(
    r"[\s、，。；：！？,;:”》」』】）)]|$|[（(](?:\d|[A-Z]{2})|[A-Z]|股|集团|公司|控股|等(?:个股|公司|企业|股)"
    r"|[涨跌](?!价)|拟|净利|业绩|公告|停牌|复牌|董事|年报|中标|[一三]季|前三季"
)
"""What follows the short name of a company that ends in a plain word: 广州发展拟增持, but 广州发展改革委."""


class Part(NamedTuple):
    """The place inside a longer word, from ``offset`` on, and the county, if any, that the word begins with."""

    offset: int
    place: str
    county: str = ""


def barred(words: Iterable[str], places: Collection[str]) -> dict[str, Part]:
    """The words without their bars, and the place in each (``途经|济南``, ``上海|精神卫生``); ValueError when there is none."""
    found = {}
    for word in words:
        left, _, right = word.partition("|")
        if right not in places and left not in places:
            raise ValueError(
                f"no_place: {word!r} in places.toml: write the place as regions.tsv does, with a bar beside it"
            )
        found[left + right] = Part(0, left) if left in places else Part(len(left), right)
    return found


def overlapping(needy: Iterable[str], firm: Iterable[str], names: Collection[str]) -> dict[str, Part]:
    """A spelling of ``needy`` and what makes its end one of ``firm``, a full name (one of ``names``) or after such a word."""
    by_start: Mapping[str, list[str]] = defaultdict(list)
    for place in firm:
        for length in range(1, len(place)):
            by_start[place[:length]].append(place)
    return {
        word[:cut] + place: Part(cut, place, word)
        for word in needy
        for cut in range(len(word) - 1, 0, -1)
        for place in by_start.get(word[cut:], ())
        if place in names or _may_meet(word[:cut], place)
    }


def _may_meet(before: str, place: str) -> bool:
    return before in _WORDS_END and before in _AFTER_ONLY.get(place[0], before)


def unless_blocked(parts: Mapping[str, Part], blocks: Iterable[str]) -> Iterator[str]:
    """Blocks that would begin inside one of ``parts`` (安阳光 in 大安阳光), spelled from its beginning."""
    by_place: Mapping[str, list[str]] = defaultdict(list)
    for word, part in parts.items():
        by_place[part.place].append(word[: part.offset])
    for block in blocks:
        for length in range(2, len(block)):
            yield from (before + block for before in by_place.get(block[:length], ()))
