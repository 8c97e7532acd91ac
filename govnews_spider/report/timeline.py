"""Charts over time: stacked bars, shares and areas, from the first period to the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import Final

from govnews_spider.report.periods import Unit, after, start_of
from govnews_spider.report.specs import ARTICLES, Spec, chart, colours

_TICKS: Final[dict[Unit, tuple[str, str, float]]] = {
    "day": ("day", "%m-%d", 1),
    "week": ("month", "%Y-%m", 7 / 30.4),
    "month": ("month", "%Y-%m", 1),
    "year": ("year", "%Y", 1),
}
"""Unit of the bars → unit of the ticks, their form, and how many of them a bar is."""
_LABELS: Final = 9
_BARS_AT_LEAST: Final = 12


def over_time(
    counts: Mapping[tuple[date, str], int], periods: Sequence[date], series: Sequence[str], unit: Unit, *, mark: str
) -> Spec:
    """``bar``: stacked bars; ``share``: bars that fill the height; ``area``: stacked areas of what has come together."""
    share, area = mark == "share", mark == "area"
    axis = {"format": "%" if share else ",d", "tickCount": 5} | ({} if share else {"tickMinStep": 1})
    at = ("b", "至 until") if area else ("a", "起 from")
    time = {"field": at[0], "type": "temporal", "title": None, "scale": {"type": "utc", "nice": False}}
    encoding: Spec = {
        "x": time | {"axis": _time_axis(periods, unit)},
        "y": {"field": "y", "type": "quantitative", "scale": {"zero": True, "nice": True}, "title": None, "axis": axis},
        "y2": {"field": "z"},
        "color": colours(series),
        "tooltip": [
            {"field": at[0], "type": "ordinal", "title": at[1]},
            {"field": "s", "type": "nominal", "title": "类 kind"},
            {"field": "n", "type": "quantitative", "title": ARTICLES, "format": ".1%" if share else ","},
        ],
    }
    if area:
        return chart(
            _beginning(periods, series) + _stacks(counts, periods, series, unit, empty=True), {"type": "area"}, encoding
        )
    values = _margin(periods, unit, series[0]) + _stacks(counts, periods, series, unit, share=share)
    rect = {"type": "rect", "stroke": "var(--card)", "strokeWidth": 0.75 if len(periods) < 100 else 0.25}
    return chart(values, rect, encoding | {"x2": {"field": "b"}})


def _stacks(
    counts: Mapping[tuple[date, str], int],
    periods: Sequence[date],
    series: Sequence[str],
    unit: Unit,
    *,
    share: bool = False,
    empty: bool = False,
) -> list[Spec]:
    """Of each period and series where its part begins and ends; ``share``: the whole is 1; ``empty``: parts of nothing too."""
    values: list[Spec] = []
    for start in periods:
        parts = [counts.get((start, name), 0) for name in series]
        tops = list(accumulate(parts))
        whole = (tops[-1] or 1) if share else 1
        column = {"a": start.isoformat(), "b": after(start, unit).isoformat()}
        values += [
            column | {"s": name, "n": part / whole, "y": (top - part) / whole, "z": top / whole}
            for name, part, top in zip(series, parts, tops, strict=True)
            if part or empty
        ]
    return values


def _beginning(periods: Sequence[date], series: Sequence[str]) -> list[Spec]:
    """What has come together is nothing before the first period."""
    return [{"b": periods[0].isoformat(), "s": name, "n": 0, "y": 0, "z": 0} for name in series]


def _margin(periods: Sequence[date], unit: Unit, name: str) -> list[Spec]:
    """Few bars are not to fill the width: a row of nothing shows the time before them as well."""
    first = periods[0]
    if len(periods) >= _BARS_AT_LEAST:
        return []
    for _ in range(_BARS_AT_LEAST - len(periods)):
        first = start_of(first - timedelta(days=1), unit)
    return [{"a": first.isoformat(), "b": after(first, unit).isoformat(), "s": name, "n": 0, "y": 0, "z": 0}]


def _time_axis(periods: Sequence[date], unit: Unit) -> Spec:
    interval, form, each = _TICKS[unit]
    step = max(1, round(max(len(periods), _BARS_AT_LEAST) * each / _LABELS))
    if interval == "month" and step > 1:
        step = next((nice for nice in (2, 3, 6, 12) if nice >= step), 12)
    return {"format": form, "tickCount": {"interval": interval, "step": step}, "labelOverlap": "greedy", "grid": False}
