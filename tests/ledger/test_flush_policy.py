"""An export is due when it is wanted and paid for."""

from __future__ import annotations

from govnews_spider.ledger.flush_policy import MOST_SECONDS, SHARE, FlushClock


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_nothing_is_due_before_there_are_rows_enough_or_time_enough() -> None:
    clock = Clock()
    flush = FlushClock(rows=3, seconds=60, clock=clock)
    clock.now += 1000
    assert not flush.due, "there is nothing to write"
    flush = FlushClock(rows=3, seconds=60, clock=clock)
    flush.add("a")
    clock.now += 1
    assert not flush.due
    flush.add("a")
    flush.add("a")
    assert flush.due
    flush.exported(0.01)
    flush.add("a")
    clock.now += 59
    assert not flush.due
    clock.now += 1
    assert flush.due


def test_rows_of_many_days_wait_until_the_time_has_paid_for_their_files() -> None:
    """A thousand days at 2 ms are 2 s, so the next export comes after 8 s of work, however many rows there are."""
    clock = Clock()
    flush = FlushClock(rows=10, seconds=60, clock=clock)
    for _ in range(30):
        for day in range(1000):
            flush.add(day)
        flush.exported(2.0)
    for day in range(1000):
        flush.add(day)
    clock.now += 2.0 * (1 - SHARE) / SHARE - 0.1
    assert not flush.due
    clock.now += 0.2
    assert flush.due


def test_what_the_end_of_a_run_would_have_to_write_is_bounded() -> None:
    clock = Clock()
    flush = FlushClock(rows=1_000_000, seconds=3600, clock=clock)
    flush.add(0)
    flush.exported(0.1)
    days = 0
    while not flush.due:
        days += 1
        flush.add(days)
    assert days * 0.05 < 2 * MOST_SECONDS
