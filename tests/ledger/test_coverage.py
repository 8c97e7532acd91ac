"""Coverage of a list, as intervals: a gap is opened, narrowed and closed by what runs and archives read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govnews_spider.ledger.coverage import Coverage, Gap
from govnews_spider.ledger.schema import connect

START = datetime(2021, 11, 25, tzinfo=UTC)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


@pytest.fixture
def coverage(tmp_path: Path) -> Iterator[Coverage]:
    db = connect(tmp_path / "ledger.sqlite")
    yield Coverage(db)
    db.close()


def test_a_list_that_was_never_read_to_its_end_is_read_to_its_end(coverage: Coverage) -> None:
    assert coverage.bound("a") is None
    coverage.read("a", at(5), at(10), to_end=False)
    assert coverage.bound("a") is None
    coverage.read("a", at(0), at(12), to_end=True)
    assert (coverage.bound("a"), coverage.bound("b")) == (at(12), None)


def test_what_lies_between_two_readings_is_a_gap_until_a_deeper_one_covers_it(coverage: Coverage) -> None:
    coverage.read("a", at(0), at(10), to_end=True)
    assert not coverage.read("a", at(10), at(12), to_end=False), "they touch"
    assert coverage.read("a", at(20), at(24), to_end=False)
    assert coverage.gaps("a") == [Gap(at(12), at(20))]
    assert coverage.bound("a") == at(12), "the next reading goes back that far"
    assert not coverage.read("a", at(18), at(25), to_end=False)
    assert coverage.gaps("a") == [Gap(at(12), at(18))]
    assert not coverage.read("a", at(11), at(26), to_end=False)
    assert (coverage.gaps("a"), coverage.bound("a")) == ([], at(26))


def test_a_gap_that_the_list_no_longer_shows_is_left_to_the_archive(coverage: Coverage) -> None:
    coverage.read("a", at(0), at(10), to_end=True)
    assert coverage.read("a", at(30), at(40), to_end=True)
    assert coverage.gaps("a") == [Gap(at(10), at(30), gone=True)]
    assert coverage.bound("a") == at(40), "no reading of the list reaches it"
    coverage.read_day("a", date(2021, 11, 25), at(100))  # from 16:00 UTC of the day before to 16:00
    assert coverage.gaps("a") == [Gap(at(16), at(30), gone=True)]
    assert coverage.gaps("a")[0].days() == [date(2021, 11, 26)]
    coverage.read_day("a", date(2021, 11, 26), at(29))
    assert coverage.gaps("a") == [Gap(at(29), at(30), gone=True)], "the day was not over when its archive was read"


def test_a_day_counts_as_read_only_when_it_was_over_and_not_by_a_clock_ahead(coverage: Coverage) -> None:
    day = date(2021, 11, 25)
    coverage.read_day("a", day, at(15.9))
    assert not coverage.has_day("a", day, at(50))
    coverage.read_day("a", day, at(16))
    assert coverage.has_day("a", day, at(50))
    assert coverage.has_day("a", day, at(16))
    assert not coverage.has_day("a", day, at(15)), "it was read in what is the future now"
    assert not coverage.has_day("b", day, at(50))


def test_a_day_of_the_archive_closes_the_gap_of_that_day_alone(coverage: Coverage) -> None:
    coverage.read("a", at(-100), at(-40), to_end=True)
    coverage.read("a", at(40), at(50), to_end=False)
    coverage.read_day("a", date(2021, 11, 25), at(100))
    assert coverage.gaps("a") == [Gap(at(-40), at(-8)), Gap(at(16), at(40))]


def test_the_moment_of_an_article_that_failed_stays_a_gap_until_it_is_read_again(coverage: Coverage) -> None:
    second = timedelta(seconds=1)
    coverage.read("a", at(0), at(10), to_end=True, failed=[at(5), at(3), at(5)])
    assert coverage.gaps("a") == [Gap(at(hour) - second, at(hour) + second) for hour in (3, 5)], "it is still shown"
    assert coverage.bound("a") == at(3) - second
    assert not coverage.read("a", at(4), at(12), to_end=False)
    assert coverage.bound("a") == at(3) - second
    assert not coverage.read("a", at(2), at(12), to_end=False)
    assert (coverage.gaps("a"), coverage.bound("a")) == ([], at(12))


def test_a_list_is_covered_up_to_the_newest_row_that_any_run_has_read(coverage: Coverage) -> None:
    coverage.read("a", at(0), at(10), to_end=True)
    assert not coverage.read("a", at(2), at(5), to_end=False)
    assert coverage.bound("a") == at(10)
    assert coverage.gaps("b") == []


spans = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["list", "end", "day"]), spans), max_size=8))
def test_any_history_knows_exactly_the_hours_that_nobody_read(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[str, list[int]]]
) -> None:
    """Against a set of hours: all up to the newest one read, less those that were read, since the first reading."""
    db = connect(tmp_path_factory.mktemp("data") / "ledger.sqlite")
    coverage, read, missed, through = Coverage(db), set[int](), set[int](), None
    for kind, (since, until) in history:
        if kind == "day":
            day = date(2021, 11, 25) + timedelta(days=since // 24)
            coverage.read_day("a", day, at(10_000))
            first = -8 + 24 * (since // 24)
            missed -= set(range(first, first + 24))
            continue
        coverage.read("a", at(since), at(until), to_end=kind == "end")
        read |= set(range(since, until))
        missed -= set(range(since, until))
        if through is not None and since > through:
            missed |= set(range(through, since))
        through = max(until, through or 0)
    hours = {
        int((gap.since - START) / timedelta(hours=1)) + hour
        for gap in coverage.gaps("a")
        for hour in range(int((gap.until - gap.since) / timedelta(hours=1)))
    }
    db.close()
    assert hours == missed
