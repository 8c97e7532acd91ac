"""The arguments of ``sina_gov``, from text to values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from govnews_spider.article import SHANGHAI
from govnews_spider.core.stages.topics import check_topics
from govnews_spider.sina.sections import DEFAULT, Section, find
from govnews_spider.spiders.base import unknown

KNOWN = ("sections", "since", "until", "max_pages", "keyword", "topics", "revisit", "fill_gaps", "as_of", "sample")
SINA_BEGINS: Final = date(1998, 1, 1)
"""No list has an older row; each day before it would be a request for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SinaArguments:
    """Days are days in Shanghai, both included; None is "not asked for"."""

    sections: tuple[Section, ...]
    since: date | None
    until: date | None
    max_pages: int | None
    keyword: str | None
    topics: tuple[str, ...] | None
    revisit: timedelta | None
    """The age up to which known articles are fetched again."""
    fill_gaps: bool
    as_of: datetime | None
    """When the answers of a replay are to be from, at the latest: the end of the day that was named."""
    sample: int | None

    def days(self) -> Iterator[date]:
        """The days of the backfill, oldest first; none without ``since``."""
        if self.since is not None and self.until is not None:
            for number in range((self.until - self.since).days + 1):
                yield self.since + timedelta(days=number)


def read_arguments(given: dict[str, str]) -> SinaArguments:
    """Raises ValueError that names the argument, its value and the cure."""
    unknown(given, KNOWN)
    since, until = _days(given)
    names = _words(given, "sections")
    return SinaArguments(
        sections=tuple(dict.fromkeys(map(find, names))) if names else DEFAULT,
        since=since,
        until=until,
        max_pages=_count(given, "max_pages"),
        keyword=_keyword(given),
        topics=_topics(given) or None,
        revisit=_age(given, "revisit"),
        fill_gaps=_flag(given, "fill_gaps"),
        as_of=_end_of_day(given, "as_of"),
        sample=_count(given, "sample"),
    )


def _keyword(given: dict[str, str]) -> str | None:
    if "keyword" in given and not given["keyword"].strip():
        raise ValueError("empty_argument: keyword is empty; leave it out to keep all")
    return given.get("keyword", "").strip() or None


def _topics(given: dict[str, str]) -> tuple[str, ...]:
    topics = _words(given, "topics")
    check_topics(topics)
    return topics


def _days(given: dict[str, str]) -> tuple[date | None, date | None]:
    since, until = _day(given, "since"), _day(given, "until")
    today = datetime.now(SHANGHAI).date()
    if since is None:
        if until is not None:
            raise ValueError(f"until_without_since: until={until}; say where to begin with since=YYYY-MM-DD")
        return None, None
    if since < SINA_BEGINS:
        raise ValueError(f"before_sina: since={since}; Sina began in 1998, since={SINA_BEGINS} is the earliest day")
    until = min(until or today, today)
    if since > until:
        raise ValueError(f"empty_period: since={since} is after {until}; the last day is until, and today at most")
    return since, until


def _day(given: dict[str, str], name: str) -> date | None:
    text = given.get(name)
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"bad_day: {name}={text!r} is no day; write it as 2021-11-25") from error


def _end_of_day(given: dict[str, str], name: str) -> datetime | None:
    day = _day(given, name)
    return None if day is None else datetime.combine(day, time.max, SHANGHAI)


def _count(given: dict[str, str], name: str) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"bad_count: {name}={text!r} is no whole number from 1 on")
    return int(text)


def _age(given: dict[str, str], name: str) -> timedelta | None:
    text = given.get(name)
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,5})([dh])", text.strip())
    if match is None or not int(match[1]):
        raise ValueError(f"bad_age: {name}={text!r} is no number of days or hours; write it as 3d or 12h")
    return timedelta(days=int(match[1])) if match[2] == "d" else timedelta(hours=int(match[1]))


def _flag(given: dict[str, str], name: str) -> bool:
    text = given.get(name, "0")
    if text not in ("0", "1"):
        raise ValueError(f"bad_flag: {name}={text!r} is neither 1 nor 0")
    return text == "1"


def _words(given: dict[str, str], name: str) -> tuple[str, ...]:
    words = tuple(word for part in re.split("[,，、]", given.get(name, "")) if (word := part.strip()))
    if name in given and not words:
        raise ValueError(f"empty_argument: {name} is empty; leave it out for its default")
    return words
