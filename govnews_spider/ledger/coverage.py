"""Coverage of each list: the time up to which it was read, its gaps, and the days of its archive that were read.

A list shows only its newest rows. So a run that reads it newest first and without a break covers an interval of time. Where the interval
does not reach back to the one of earlier runs, a gap lies between, until a day's archive or a deeper reading closes it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from govnews_spider.article import SHANGHAI
from govnews_spider.ledger.outbox import iso

_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """Interval, both times aware, whose rows may have been missed; ``gone``: the list itself no longer shows them."""

    since: datetime
    until: datetime
    gone: bool = False

    def days(self) -> list[date]:
        """The days in Shanghai that it touches, oldest first."""
        first, last = (moment.astimezone(SHANGHAI).date() for moment in (self.since, self.until))
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]


class Coverage:
    """The tables ``lists``, ``gaps`` and ``windows`` of a ledger. A list has a name for each selection of articles that runs keep of it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def bound(self, name: str) -> datetime | None:
        """Time back to which a reading has to go to leave no gap; None: to the list's end."""
        row = self._db.execute("SELECT through, whole FROM lists WHERE name = ?", (name,)).fetchone()
        if row is None or not row[1]:
            return None
        since = (gap.since for gap in self.gaps(name) if not gap.gone)
        return min([datetime.fromisoformat(row[0]), *since])

    def gaps(self, name: str) -> list[Gap]:
        """The list's open gaps, oldest first."""
        rows = self._db.execute("SELECT since, until, gone FROM gaps WHERE name = ? ORDER BY since", (name,))
        return [Gap(datetime.fromisoformat(a), datetime.fromisoformat(b), bool(gone)) for a, b, gone in rows]

    def read(
        self, name: str, since: datetime, until: datetime, *, to_end: bool, failed: Iterable[datetime] = ()
    ) -> bool:
        """Notes that the list was read from ``until`` back to ``since`` without a break; ``to_end``: it shows nothing older.

        That closes the gaps it covers, except the moments of articles that ``failed``: the next reading comes back to them.
        Returns whether it opens a gap, because it does not reach back to the reading before.
        """
        row = self._db.execute("SELECT through, whole FROM lists WHERE name = ?", (name,)).fetchone()
        through = datetime.fromisoformat(row[0]) if row else None
        gaps = _without(self.gaps(name), since, until)
        opens = through is not None and since > through
        if through is not None and opens:
            gaps.append(Gap(through, since, gone=to_end))
        if to_end:
            gaps = [replace(gap, gone=True) for gap in gaps]
        gaps += [Gap(made - _MOMENT, made + _MOMENT) for made in dict.fromkeys(failed)]
        whole = to_end or bool(row and row[1])
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            values = (name, iso(max(until, through or until)), whole)
            self._db.execute("INSERT OR REPLACE INTO lists VALUES (?, ?, ?)", values)
            self._write(name, gaps)
        return opens

    def has_day(self, name: str, day: date, now: datetime) -> bool:
        """Whether that day of the list's archive was read whole, after it had ended."""
        row = self._db.execute("SELECT at FROM windows WHERE name = ? AND day = ?", (name, day.isoformat())).fetchone()
        return row is not None and _end(day) <= datetime.fromisoformat(row[0]) <= now

    def read_day(self, name: str, day: date, at: datetime) -> None:
        """Notes that the day's archive was read whole, from ``at`` on; that closes the gaps it covers."""
        gaps = _without(self.gaps(name), _end(day - timedelta(days=1)), min(_end(day), at))
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("INSERT OR REPLACE INTO windows VALUES (?, ?, ?)", (name, day.isoformat(), iso(at)))
            self._write(name, gaps)

    def _write(self, name: str, gaps: list[Gap]) -> None:
        self._db.execute("DELETE FROM gaps WHERE name = ?", (name,))
        rows = [(name, iso(gap.since), iso(gap.until), gap.gone) for gap in gaps]
        self._db.executemany("INSERT OR REPLACE INTO gaps VALUES (?, ?, ?, ?)", rows)


def _without(gaps: list[Gap], since: datetime, until: datetime) -> list[Gap]:
    """The gaps without the interval from ``since`` to ``until``."""
    left = []
    for gap in gaps:
        if gap.until <= since or gap.since >= until:
            left.append(gap)
            continue
        if gap.since < since:
            left.append(Gap(gap.since, since, gap.gone))
        if gap.until > until:
            left.append(Gap(until, gap.until, gap.gone))
    return left


def _end(day: date) -> datetime:
    """End of the day in Shanghai."""
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI)
