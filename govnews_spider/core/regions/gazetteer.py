"""The places that regions are found by, and one automaton over all their spellings.

``lexicon/regions.tsv`` holds code, name, short form and clue, ``lexicon/places.toml`` the words that only look like places and
the words that name several at once; docs/lexicons.md says where the codes come from and what each clue asks for.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from govnews_spider.core.regions.compounds import NAME_ENDS, Part, barred, overlapping, unless_blocked


class Clue(IntEnum):
    """Clue that a spelling needs beside itself to count, from none to the strongest."""

    FREE = 0
    """Nothing."""
    KIN = 1
    """A parent named somewhere in the text."""
    TIED = 2
    """A parent right before it, or a sibling beside it in a list."""


class Sense(NamedTuple):
    """One place that a spelling may mean; ``home`` is the one meant when nothing in the text decides."""

    code: str
    clue: Clue
    home: bool = False


class Found(NamedTuple):
    """A spelling found in a text, from character ``start`` up to ``end``."""

    start: int
    end: int
    spelling: str


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """``senses`` of every spelling, the highest first, ``together``: words that name several codes, ``names``: code to full name.

    ``spellings`` are the automaton's: those two first, then the words of ``parts``, which hold a place, up to ``loose`` whatever
    follows, from there on unless the word is a company's name there; then the words that are no place.
    """

    senses: dict[str, tuple[Sense, ...]]
    together: dict[str, tuple[str, ...]]
    names: dict[str, str]
    automaton: AhoCorasick
    spellings: list[str]
    parts: dict[str, Part]
    loose: int

    def find(self, text: str) -> list[Found]:
        """The spellings of places in ``text``, without overlaps, in order; words that only look like places are left out."""
        known = len(self.senses) + len(self.together)
        held = known + len(self.parts)
        found: list[Found] = []
        for index, start, end in self.automaton.find_matches_as_indexes(text):
            spelling = self.spellings[index]
            if index < known:
                found.append(Found(start, end, spelling))
            elif index < self.loose or (index < held and not NAME_ENDS.match(text, end)):
                offset, place, county = self.parts[spelling]
                if county and found and found[-1].end == start and self._share_province(found[-1].spelling, county):
                    offset, place = 0, county
                found.append(Found(start + offset, start + offset + len(place), place))
        return found

    def _share_province(self, spelling: str, county: str) -> bool:
        """安徽 and 来安: right after its province, what begins with a county's name is the county (安徽来安庆典)."""
        provinces = {sense.code[:2] for sense in self.senses.get(spelling, ())}
        return any(sense.code[:2] in provinces for sense in self.senses[county])


@cache
def level(code: str) -> int:
    """1 for a province, 2 for a prefecture, 3 for a county."""
    return 1 if code.endswith("0000") else 2 if code.endswith("00") else 3


@cache
def parents(code: str) -> tuple[str, ...]:
    """Codes of the prefecture and the province above ``code``, nearest first, itself left out."""
    above = (code[:4] + "00", code[:2] + "0000")
    return tuple(parent for parent in dict.fromkeys(above) if parent != code and level(parent) < level(code))


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """The lexicon, read and compiled at the first call (a few hundredths of a second)."""
    lexicon = files("govnews_spider.core") / "lexicon"
    rows = list(csv.DictReader(io.StringIO((lexicon / "regions.tsv").read_text("utf-8")), delimiter="\t"))
    words = tomllib.loads((lexicon / "places.toml").read_text("utf-8"))
    senses = _senses(rows)
    together = {word: tuple(codes) for word, codes in words["together"].items()}
    names = {row["code"]: row["name"] for row in rows}
    parts, companies, blocks = _longer(words, senses, together, set(names.values()))
    spellings = [*senses, *together, *parts, *companies, *blocks]
    return Gazetteer(
        senses=senses,
        together=together,
        names=names,
        automaton=AhoCorasick(
            spellings, matchkind=MatchKind.LeftmostLongest, implementation=Implementation.ContiguousNFA
        ),
        spellings=spellings,
        parts=parts | companies,
        loose=len(senses) + len(together) + len(parts),
    )


def _longer(
    words: dict[str, Any], senses: dict[str, tuple[Sense, ...]], together: Collection[str], names: set[str]
) -> tuple[dict[str, Part], dict[str, Part], list[str]]:
    """Words that hold a place, companies whose names may hold one, and words that hold none; each word once."""
    blocks = [word for group in words["not_places"].values() for word in group.split() if word not in senses]
    companies = barred(words["companies"].split(), senses)
    firm = [s for s, options in senses.items() if level(options[0].code) < 3 and options[0].clue is Clue.FREE]
    needy = [s for s, options in senses.items() if all(sense.clue for sense in options)]
    met = overlapping(needy, firm, names)
    blocks = list(dict.fromkeys([*blocks, *unless_blocked(met, blocks)]))
    taken = {*senses, *together, *companies, *blocks}
    parts = {word: part for word, part in met.items() if word not in taken}
    return parts | barred(words["holds"].split(), senses), companies, blocks


def _senses(rows: list[dict[str, str]]) -> dict[str, tuple[Sense, ...]]:
    """Full names, short forms, and the short form with another ending (密云县 of before 2015 is 密云区 now)."""
    counts = Counter(row["name"] for row in rows)
    found: dict[str, list[Sense]] = {}
    for row in rows:
        code, name, shorts, clues = row["code"], row["name"], row["short"].split(), row["clue"].split()
        home = "home" in clues
        full = Clue.TIED if "bound" in clues else Clue.KIN if counts[name] > 1 else Clue.FREE
        found.setdefault(name, []).append(Sense(code, full, home))
        for number, short in enumerate(shorts):
            if short != name:
                found.setdefault(short, []).append(Sense(code, Clue.FREE if number else _short_clue(code, clues)))
        if name.endswith("自治州"):
            found.setdefault(shorts[0] + "州", []).append(Sense(code, Clue.FREE))
    for row in rows:
        short = row["short"].partition(" ")[0]
        plain = [sense.clue is not Clue.TIED for sense in found.get(short, ())] == [True]
        if level(row["code"]) == 3 and plain and short != row["name"] and not short.endswith(("市", "县")):
            for ending in "区县" if short.endswith("城") else "市区县":
                found.setdefault(short + ending, [Sense(row["code"], Clue.FREE)])
    return {
        spelling: tuple(sorted(options, key=lambda sense: (level(sense.code), sense.code)))
        for spelling, options in found.items()
    }


def _short_clue(code: str, clues: list[str]) -> Clue:
    for clue, word in ((Clue.FREE, "free"), (Clue.TIED, "tied"), (Clue.TIED, "bound"), (Clue.KIN, "kin")):
        if word in clues:
            return clue
    return Clue.KIN if level(code) == 3 else Clue.FREE
