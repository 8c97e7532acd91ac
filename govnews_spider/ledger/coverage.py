"""What was read of each list: everything up to a time, but for its gaps; and which days of its archive.

A list shows only its newest rows. So what a run has read of it, newest first and without a break, is an interval of time; where that
does not reach back to what earlier runs have read, what lies between is a gap, until a day's archive or a deeper reading closes it.
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
    """Rows made between these times, both aware, may have been missed; ``gone``: the list itself no longer shows them."""

    since: datetime
    until: datetime
    gone: bool = False

    def days(self) -> list[date]:
        """The days in Shanghai that it touches, oldest first."""
        first, last = (moment.astimezone(SHANGHAI).date() for moment in (self.since, self.until))
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]


class Coverage:
    """The tables ``lists``, ``gaps`` and ``windows`` of a ledger. A list's name stands for what the run keeps of it as well."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def bound(self, name: str) -> datetime | None:
        """How far back a reading has to go to leave no gap; None: to the list's end."""
        found = self._db.execute("SELECT through, whole FROM lists WHERE name = ?", (name,)).fetchone()
        if found is None or not found[1]:
            return None
        since = (gap.since for gap in self.gaps(name) if not gap.gone)
        return min([datetime.fromisoformat(found[0]), *since])

    def gaps(self, name: str) -> list[Gap]:
        """The list's open gaps, oldest first."""
        rows = self._db.execute("SELECT since, until, gone FROM gaps WHERE name = ? ORDER BY since", (name,))
        return [Gap(datetime.fromisoformat(a), datetime.fromisoformat(b), bool(gone)) for a, b, gone in rows]

    def read(
        self, name: str, since: datetime, until: datetime, *, to_end: bool, failed: Iterable[datetime] = ()
    ) -> bool:
        """The list was read from ``until`` back to ``since`` without a break; ``to_end``: it shows nothing older.

        Closes what gaps it covers, but for the moments in which articles were made that ``failed``: the next reading comes back to them.
        Returns whether it opens a gap: it does not reach back to what was read before.
        """
        found = self._db.execute("SELECT through, whole FROM lists WHERE name = ?", (name,)).fetchone()
        through = datetime.fromisoformat(found[0]) if found else None
        gaps = _without(self.gaps(name), since, until)
        opens = through is not None and since > through
        if through is not None and opens:
            gaps.append(Gap(through, since, gone=to_end))
        if to_end:
            gaps = [replace(gap, gone=True) for gap in gaps]
        gaps += [Gap(made - _MOMENT, made + _MOMENT) for made in dict.fromkeys(failed)]
        whole = to_end or bool(found and found[1])
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            row = (name, iso(max(until, through or until)), whole)
            self._db.execute("INSERT OR REPLACE INTO lists VALUES (?, ?, ?)", row)
            self._write(name, gaps)
        return opens

    def has_day(self, name: str, day: date, now: datetime) -> bool:
        """Whether that day of the list's archive was read whole, after it had ended."""
        found = self._db.execute(
            "SELECT at FROM windows WHERE name = ? AND day = ?", (name, day.isoformat())
        ).fetchone()
        return found is not None and _end(day) <= datetime.fromisoformat(found[0]) <= now

    def read_day(self, name: str, day: date, at: datetime) -> None:
        """The day's archive was read whole; the reading began at ``at``. Closes what gaps it covers."""
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
    """What is left of the gaps when all between ``since`` and ``until`` was read."""
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
    """When the day is over in Shanghai."""
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI)
