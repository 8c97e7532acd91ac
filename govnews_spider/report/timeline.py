"""Charts over time: stacked bars, shares and areas, from the first period to the last."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import Final

from govnews_spider.report.periods import Unit, after, between
from govnews_spider.report.specs import ARTICLES, Spec, chart, colours, upward

_FORMS: Final[dict[Unit, str]] = {"day": "%m-%d", "week": "%Y-%m", "month": "%Y-%m", "year": "%Y"}
_LABELS: Final = 10
FEW: Final = 12
"""Bars that are not spread over the whole width, and steps that make no area yet."""
_YEARS_FROM: Final = 24


def over_time(
    counts: Mapping[tuple[date, str], int], periods: Sequence[date], series: Sequence[str], unit: Unit, *, mark: str
) -> Spec:
    """``bar``: stacked bars; ``share``: bars that fill the height; ``area``: stacked areas of what has come together."""
    share, area = mark == "share", mark == "area"
    at = ("b", "至 until") if area else ("a", "起 from")
    most = max(sum(counts.get((start, name), 0) for name in series) for start in periods)
    shares = {"scale": {"domain": [0, 1]}, "axis": {"format": "%", "tickCount": 5}}
    time = {"field": at[0], "type": "temporal", "title": None, "scale": {"type": "utc", "nice": False}}
    encoding: Spec = {
        "x": time | {"axis": _time_axis(periods, unit)},
        "y": {"field": "y", "type": "quantitative", "title": None} | (shares if share else upward(most)),
        "y2": {"field": "z"},
        "color": colours(series),
        "tooltip": _tooltip(at, share),
    }
    if area:
        values = _beginning(periods, series) + _stacks(counts, periods, series, unit, empty=True)
        return chart(values, {"type": "area"}, encoding)
    rect = {"type": "rect", "stroke": "var(--card)", "strokeWidth": 0.75 if len(periods) < 100 else 0.25}
    values = _stacks(counts, periods, series, unit, share=share)
    widest = 80 + 80 * len(periods) if len(periods) < FEW else None
    return chart(values, rect, encoding | {"x2": {"field": "b"}}, widest=widest)


def month_axis(across: Sequence[str], unit: Unit) -> Spec | None:
    """What an axis of so many months is to say: the years alone. None: what it says by itself."""
    if unit != "month" or len(across) <= _YEARS_FROM:
        return None
    return {"labelExpr": "slice(datum.value, 5) == '01' ? slice(datum.value, 0, 4) : ''"}


def _tooltip(at: tuple[str, str], share: bool) -> list[Spec]:
    return [
        {"field": at[0], "type": "ordinal", "title": at[1]},
        {"field": "s", "type": "nominal", "title": "类 kind"},
        {"field": "n", "type": "quantitative", "title": ARTICLES, "format": ".1%" if share else ","},
    ]


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


def _time_axis(periods: Sequence[date], unit: Unit) -> Spec:
    """A bar is named at its middle; weeks by the months that begin among them."""
    if unit == "week":
        months = between(periods[0], after(periods[-1], unit), "month")
        at = [_milliseconds(start) for start in _named(months[1:], unit)]
    else:
        at = [(_milliseconds(start) + _milliseconds(after(start, unit))) // 2 for start in _named(periods, unit)]
    # As an expression: a lone number would be called datetime(number), which the interpreter of a page without eval takes for a year.
    values = {"expr": json.dumps(at)}
    return {"format": _FORMS[unit], "values": values, "labelOverlap": "parity", "labelSeparation": 4, "grid": False}


def _named(starts: Sequence[date], unit: Unit) -> Sequence[date]:
    """Those that there is room for: of months every second or third, halves of years, or Januaries."""
    found = starts
    for step in (1, 2, 3, 6, 12) if unit in ("week", "month") else ():
        found = [start for start in starts if (start.month - 1) % step == 0]
        if len(found) <= _LABELS:
            break
    return found[:: max(1, -(-len(found) // _LABELS))]


def _milliseconds(day: date) -> int:
    """Its beginning, in UTC as all times of a chart."""
    return (day - date(1970, 1, 1)) // timedelta(milliseconds=1)
