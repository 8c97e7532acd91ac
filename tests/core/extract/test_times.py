"""Times as the site writes them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govnews_spider.article import SHANGHAI
from govnews_spider.core.extract.times import read_time, with_seconds


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("2021年11月25日 18:57", (2021, 11, 25, 18, 57)),
        ("2019年09月11日01:53", (2019, 9, 11, 1, 53)),
        ("2011年08月22日\xa014:58", (2011, 8, 22, 14, 58)),
        ("2019年8月20 09:05", (2019, 8, 20, 9, 5)),
        ("2012-01-12 14:27:35 新浪财经", (2012, 1, 12, 14, 27, 35)),
        ("2005.08.26 05:39", (2005, 8, 26, 5, 39)),
        ("2026/4/20 8:01", (2026, 4, 20, 8, 1)),
        ("2018-09-28T19:37:53+08:00", (2018, 9, 28, 19, 37, 53)),
        ("2018-09-28T11:37:53Z", (2018, 9, 28, 19, 37, 53)),
        ("2018-09-28T04:37:53-0700", (2018, 9, 28, 19, 37, 53)),
    ],
)
def test_every_spelling_is_read_as_shanghai_time(text: str, local: tuple[int, ...]) -> None:
    assert read_time(text) == datetime(*local, tzinfo=SHANGHAI)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    "text",
    ["", "11月25日 18:57", "2021年11月25日", "2021年13月25日 18:57", "2021年02月30日 18:57", "2021年11月25日 24:57"],
)
def test_what_is_no_full_time_is_none(text: str) -> None:
    assert read_time(text) is None


def test_a_time_counts_as_exact_only_within_the_minute_shown() -> None:
    shown = datetime(2021, 11, 25, 10, 57, tzinfo=UTC)
    assert with_seconds(shown, shown.replace(second=59)) == shown.replace(second=59)
    assert with_seconds(shown, shown.replace(minute=58)) is None
    assert with_seconds(shown, shown.replace(minute=56, second=59)) is None
    assert with_seconds(shown, None) is None


@given(st.text(max_size=60))
def test_any_text_gives_an_aware_time_or_none(text: str) -> None:
    time = read_time(text)
    assert time is None or time.tzinfo is UTC
