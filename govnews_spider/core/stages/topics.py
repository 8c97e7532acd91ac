"""Topics of government affairs in a text, by the words of ``lexicon/topics.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

_WORD: Final = 2
_WEAK: Final = 1
_LEAST: Final = 6
_USUAL_LENGTH: Final = 2000
"""Characters; a longer text must speak of a topic more often, in proportion, and a shorter one less often, down to ``_SHORTEST``."""
_SHORTEST: Final = 0.7


@dataclass(frozen=True, slots=True)
class _Lexicon:
    names: list[str]
    least: list[float]
    points: list[tuple[tuple[int, int], ...]]
    """Of every spelling of the automaton: (topic, points) pairs; none for a word that only looks like a variant."""
    automaton: AhoCorasick
    of_shares: list[bool]
    """Whether the topic is what a report of the stock market is about."""
    abroad: re.Pattern[str]
    """In a title: news from abroad, of which the text gives no topic."""
    filings: re.Pattern[str]
    """In a title: a company's filing, of which the text gives no topic."""
    reports_of_companies: re.Pattern[str]
    """In a title beside a company, a fund or the code of a share: likewise."""
    company: re.Pattern[str]
    office: re.Pattern[str]
    """Chinese offices; 央行 and 财政部 right after a country's name (中国 and 我国 apart) are of that country."""
    reports: re.Pattern[str]
    """In a title: a report of the stock market, whose text touches on the day's whole news."""
    sectors: re.Pattern[str]
    """What follows a variant that is the name of a group of shares (一带一路板块)."""


def topics_of(title: str, text: str) -> list[str]:
    """Names of the topics that ``title`` and ``text`` are about, in the order of the lexicon.

    A topic is there when the title holds one of its words, or the text speaks of it often enough; of news from abroad
    (美股 in the title) and of filings only the title decides, of a report of the stock market the text gives that alone.
    """
    lexicon = _lexicon()
    scores = [0] * len(lexicon.names)
    sure = [False] * len(lexicon.names)
    named = [False] * len(lexicon.names)
    document = f"{title}\n{text}"
    sectors, end_of_title = lexicon.sectors, len(title)
    for index, start, end in lexicon.automaton.find_matches_as_indexes(document):
        if sectors.match(document, end):
            continue
        for topic, points in lexicon.points[index]:
            scores[topic] += points
            if points == _WORD:
                named[topic] = True
                if start < end_of_title:
                    sure[topic] = True
    stretch = max(_SHORTEST, len(text) / _USUAL_LENGTH)
    enough = [named[i] and scores[i] >= least * stretch for i, least in enumerate(lexicon.least)]
    if _title_alone(title, lexicon):
        enough = [False] * len(enough)
    elif lexicon.reports.search(title):
        enough = [by_text and market for by_text, market in zip(enough, lexicon.of_shares, strict=True)]
    return [name for name, by_title, by_text in zip(lexicon.names, sure, enough, strict=True) if by_title or by_text]


def _title_alone(title: str, lexicon: _Lexicon) -> bool:
    """Whether the title says that the text is of markets abroad or a filing, and that no Chinese office is its subject."""
    if lexicon.abroad.search(title):
        return lexicon.office.search(title) is None
    report = lexicon.reports_of_companies.search(title)
    found = [lexicon.filings.search(title), report if report and lexicon.company.search(title) else None]
    begins = [match.start() for match in found if match]
    return bool(begins) and lexicon.office.search(title, 0, min(begins)) is None


def topic_names() -> list[str]:
    """Every topic there is, in the order of the lexicon."""
    return list(_lexicon().names)


def check_topics(topics: Iterable[str]) -> None:
    """Raises ValueError ``unknown_topic`` for names that the lexicon does not have."""
    known = _lexicon().names
    if strange := [topic for topic in topics if topic not in known]:
        raise ValueError(f"unknown_topic: {'、'.join(strange)}; known are {'、'.join(known)}")


@lru_cache(maxsize=1)
def _lexicon() -> _Lexicon:
    source = files("govnews_spider.core") / "lexicon" / "topics.toml"
    document = tomllib.loads(source.read_text("utf-8"))
    topics = document["topic"]
    own = [_own_points(topic) for topic in topics]
    spellings = list(dict.fromkeys(spelling for points in own for spelling in points))
    return _Lexicon(
        names=[topic["name"] for topic in topics],
        least=[topic.get("least", _LEAST) for topic in topics],
        points=[tuple(_points(spelling, own)) for spelling in spellings],
        automaton=AhoCorasick(
            spellings, matchkind=MatchKind.LeftmostLongest, implementation=Implementation.ContiguousNFA
        ),
        of_shares=[topic.get("shares", False) for topic in topics],
        abroad=re.compile(_any(document["abroad"])),
        filings=re.compile(_any(document["filings"])),
        reports_of_companies=re.compile(_any(document["reports_of_companies"])),
        company=re.compile(rf"{_any(document['companies'])}|\d{{6}}"),
        office=re.compile(rf"(?:(?<=[中我]国)|(?<![国美英日德法俄韩欧洲本普邦斯])){_any(document['offices'])}"),
        reports=re.compile(_any(document["reports"])),
        sectors=re.compile(rf"{_any(document['sectors'])}|{_any(document['themes'])}{_any(document['market'])}"),
    )


def _any(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(map(re.escape, words))})"


def _own_points(topic: dict[str, Any]) -> dict[str, int]:
    points = dict.fromkeys(topic.get("not", ()), 0)
    points.update(dict.fromkeys(topic.get("weak", ()), _WEAK))
    points.update(dict.fromkeys(topic["words"], _WORD))
    return points


def _points(spelling: str, own: list[dict[str, int]]) -> Iterator[tuple[int, int]]:
    """A spelling counts for a topic as listed there, else as the best variant that it holds (减税降费 holds 减税)."""
    parts = {spelling[i:j] for i in range(len(spelling)) for j in range(i + 1, len(spelling) + 1)}
    for topic, points in enumerate(own):
        best = points[spelling] if spelling in points else max((points.get(part, 0) for part in parts), default=0)
        if best:
            yield topic, best
