"""Flush policy: the moments at which rows go from the ledger to the files."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Final

SHARE: Final = 0.2
"""Largest share of a run's time that exports may take while it goes on."""
MOST_SECONDS: Final = 7.0
"""Seconds of export that may be left for the end of a run: a signal ends it within ten seconds."""
_FIRST_GUESS: Final = 0.005
"""Seconds a day, until the first export was measured."""


class FlushClock:
    """Says when an export is due, by what exports have cost so far.

    A day's file is replaced whole, so what an export costs depends on how many days its rows fall on: rows of one day are cheap to
    write often, rows of a thousand days are not. An export is due after ``rows`` rows or ``seconds`` seconds, but not before the time
    since the last one has paid for it (:data:`SHARE`); and at once where waiting would make the end of the run long.
    """

    def __init__(self, rows: int, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._rows = rows
        self._seconds = seconds
        self._clock = clock
        self._last = clock()
        self._day_cost = _FIRST_GUESS
        self._pending_rows = 0
        self._days: set[object] = set()

    @property
    def _work(self) -> float:
        """Size of the next export, in day files: a row costs a tenth of one."""
        return len(self._days) + self._pending_rows / 10

    def add(self, day: object) -> None:
        """Counts a row of that day that was put into the outbox."""
        self._pending_rows += 1
        self._days.add(day)

    @property
    def due(self) -> bool:
        """Whether to export now."""
        if not self._pending_rows:
            return False
        cost = self._work * self._day_cost
        passed = self._clock() - self._last
        wanted = self._pending_rows >= self._rows or passed >= self._seconds
        return cost > MOST_SECONDS or (wanted and cost <= passed * SHARE / (1 - SHARE))

    def exported(self, seconds: float) -> None:
        """Notes that all rows were exported, in so many seconds."""
        if self._days:
            self._day_cost += (seconds / self._work - self._day_cost) / 2
        self._pending_rows = 0
        self._days.clear()
        self._last = self._clock()
