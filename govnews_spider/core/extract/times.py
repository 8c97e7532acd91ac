"""Times as Sina writes them -> aware UTC datetimes. A time without a zone is Asia/Shanghai; a day without a time is no time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

# 2021年11月25日 18:57 · 2019年09月11日01:53 · 2019年8月20 09:05 · 2012-01-12 14:27:35 · 2005.08.26 05:39
# 2026/4/20 8:01 · 2018-09-28T19:37:53+08:00
_TIME: Final = re.compile(
    r"(?P<y>(?:19|20)\d\d)\s*[年./-]\s*(?P<m>\d{1,2})\s*[月./-]\s*(?P<d>\d{1,2})\s*日?[\sT]*"
    r"(?P<H>\d{1,2})[:：](?P<M>\d{2})(?:[:：](?P<S>\d{2}))?(?:\.\d+)?(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)


_SHANGHAI: Final = timedelta(hours=8)
_WIDEST: Final = timedelta(hours=14)
"""No zone is further from UTC."""


def read_time(text: str) -> datetime | None:
    """The first full time (day, hour, minute) in ``text``, in UTC; None where there is none or it is not on the calendar."""
    match = _TIME.search(text)
    if match is None:
        return None
    *parts, zone = match.groups("0")
    year, month, day, hour, minute, second = map(int, parts)
    try:
        local = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    offset = _offset(zone) if zone != "0" else _SHANGHAI
    return local - offset if abs(offset) <= _WIDEST else None


def with_seconds(shown: datetime, exact: datetime | None) -> datetime | None:
    """``exact`` where it lies within the minute that is shown, else None."""
    return exact if exact is not None and timedelta(0) <= exact - shown < timedelta(minutes=1) else None


def _offset(zone: str) -> timedelta:
    if zone == "Z":
        return timedelta(0)
    sign = -1 if zone[0] == "-" else 1
    return sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
