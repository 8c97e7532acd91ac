"""Resolution of place mentions: the provinces, prefectures and counties that a text names, as GB/T 2260 codes.

Three steps: the gazetteer finds spellings; :mod:`govnews_spider.core.regions.mentions` drops those that are a medium, a
dateline, an organisation, a street or a person; what is left is resolved here by what else the text names. Nothing is
added that the text does not name: 曹妃甸 alone does not bring 唐山 along.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from govnews_spider.core.regions.gazetteer import Clue, Sense, gazetteer, level, parents
from govnews_spider.core.regions.mentions import places_in

_LIST_GAPS = frozenset({"、", "和", "及", "与"})
_NEAR = 500
"""How many characters away its parent may be named for a county's short form to count."""


@dataclass(slots=True)
class _Mention:
    start: int
    senses: tuple[Sense, ...]
    gap: str
    """What stands between the mention before and this one."""
    code: str | None = None


def regions_of(title: str, text: str) -> list[str]:
    """Codes of the places that ``title`` and ``text`` name, ascending, each once."""
    document = f"{title}\n{text}"
    book = gazetteer()
    codes: set[str] = set()
    mentions: list[_Mention] = []
    end = 0
    for found in places_in(document):
        codes.update(book.together.get(found.spelling, ()))
        senses = book.senses.get(found.spelling, ())
        mentions.append(_Mention(found.start, senses, document[end : found.start] if end else "\n"))
        end = found.end
    _resolve(mentions, codes)
    return sorted(codes.union(mention.code for mention in mentions if mention.code))


def region_name(code: str) -> str:
    """The full name of ``code`` (``110105`` is 朝阳区); KeyError when the lexicon has no such code."""
    names = gazetteer().names
    if code not in names:
        raise KeyError(f"unknown_region: {code!r} is no code of the lexicon; codes are strings of six digits: '110105'")
    return names[code]


def _resolve(mentions: list[_Mention], codes: set[str]) -> None:
    """Give each mention its code: first by what stands right before it, then by the whole text, at last by habit."""
    open_: list[int] = []
    for index, mention in enumerate(mentions):
        mention.code = _after_parent(mentions, index) or _city_in_list(mentions, index) or _free(mention)
        if mention.code is None and mention.senses:
            open_.append(index)
    while open_:
        named = _named(mentions, codes)
        # There and back: a list may be known by its last name as well as by its first.
        for index in (*open_, *reversed(open_)):
            if mentions[index].code is None:
                mentions[index].code = _in_list(mentions, index) or _by_parent(mentions[index], named)
        still = [index for index in open_ if mentions[index].code is None]
        if still == open_:
            break
        open_ = still
    for index in open_:
        mentions[index].code = next((sense.code for sense in mentions[index].senses if sense.home), None)


def _free(mention: _Mention) -> str | None:
    """The highest place that needs no clue; 吉林 alone is the province."""
    for sense in mention.senses:
        if sense.clue is Clue.FREE:
            return sense.code
    return None


def _after_parent(mentions: list[_Mention], index: int) -> str | None:
    """唐山曹妃甸, 吉林省吉林市: the name right before decides."""
    if index == 0 or mentions[index].gap.strip():
        return None
    above = mentions[index - 1].code
    if above is None or "\n" in mentions[index].gap:
        return None
    return next((s.code for s in mentions[index].senses if above in parents(s.code)), None)


def _neighbours(mentions: list[_Mention], index: int) -> list[_Mention]:
    """The mentions that stand beside this one in a list."""
    beside = []
    if index and mentions[index].gap in _LIST_GAPS:
        beside.append(mentions[index - 1])
    if index + 1 < len(mentions) and mentions[index + 1].gap in _LIST_GAPS:
        beside.append(mentions[index + 1])
    return beside


def _city_in_list(mentions: list[_Mention], index: int) -> str | None:
    """The city of a name that is also a province's, in a list of that province's cities: 长春、吉林、延边."""
    senses = mentions[index].senses
    if len(senses) < 2 or level(senses[0].code) != 1:
        return None
    cities = [s.code for s in senses if level(s.code) == 2]
    beside = [s.code for near in _neighbours(mentions, index) for s in near.senses if level(s.code) == 2]
    return next((city for city in cities if any(code[:2] == city[:2] for code in beside)), None)


def _in_list(mentions: list[_Mention], index: int) -> str | None:
    """北辰、西青、武清: one sibling or parent that is known makes its neighbour in the list known; 中卫、吴忠 prove each other."""
    beside = _neighbours(mentions, index)
    known = [near.code for near in beside if near.code]
    for sense in mentions[index].senses:
        for code in known:
            if _siblings(code, sense.code) or code in parents(sense.code) or level(code) == level(sense.code) == 2:
                return sense.code
    likely = [sense.code for near in beside if not near.code for sense in near.senses if sense.clue is Clue.KIN]
    for sense in mentions[index].senses if likely else ():
        if sense.clue is Clue.KIN and any(_siblings(code, sense.code) for code in likely):
            return sense.code
    return None


def _siblings(code: str, other: str) -> bool:
    return level(code) == level(other) and parents(code)[:1] == parents(other)[:1]


def _by_parent(mention: _Mention, named: dict[str, list[int]]) -> str | None:
    """The sense whose parent is named nearest, before the mention rather than after it."""
    best: tuple[int, str] | None = None
    for sense in mention.senses:
        if sense.clue is not Clue.KIN:
            continue
        for start in _clues(sense.code, mention.start, named):
            distance = mention.start - start if start < mention.start else 2 * (start - mention.start)
            best = min(best or (distance, sense.code), (distance, sense.code))
    return best[1] if best else None


def _clues(code: str, start: int, named: dict[str, list[int]]) -> list[int]:
    """Where a county's parents are named nearby, or a prefecture's province or another city of it (太原 for 大同).

    Of each only the last place before ``start`` and the first after it: none of the others is nearer.
    """
    if level(code) == 3:
        places = [place for parent in parents(code) for place in _around(start, named.get(parent, []))]
        return [place for place in places if abs(place - start) <= _NEAR]
    kin = [other for other in named if other[:2] == code[:2] and level(other) < 3]
    return [place for other in kin for place in _around(start, named[other])]


def _around(start: int, places: list[int]) -> list[int]:
    after = bisect_left(places, start)
    return places[max(after - 1, 0) : after + 1]


def _named(mentions: list[_Mention], codes: Iterable[str]) -> dict[str, list[int]]:
    """Where each code is named; a word that names several (京津冀) counts as named at the beginning."""
    named: dict[str, list[int]] = {code: [0] for code in codes}
    for mention in mentions:
        if mention.code:
            named.setdefault(mention.code, []).append(mention.start)
    return named
