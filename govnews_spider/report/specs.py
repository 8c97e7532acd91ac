"""Charts in Vega-Lite's grammar (https://vega.github.io/vega-lite/docs/): plain dictionaries, drawn by the reader's browser.

Colours are the page's own variables (``var(--s0)``), so that a chart follows the page into the dark and onto paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, Final, TypeAlias

Spec: TypeAlias = dict[str, Any]

COLOURS: Final = 8
"""Series that can be told apart; the last colour is grey, for the rest."""
ARTICLES: Final = "篇 articles"
FEW: Final = 6
"""Columns that are not spread over the whole width."""
_TICKS: Final = 5


def bars(counts: Sequence[tuple[str, int]], *, said: str = ARTICLES, groups: Sequence[str] = ()) -> Spec:
    """A bar for each name, in that order, with its number; ``groups``: which of them the bar's colour stands for.

    A name may say its group once more, in brackets at its end; that is not shown, for the colour says it.
    """
    named = groups or [""] * len(counts)
    values = [{"name": name, "n": n, "s": group} for (name, n), group in zip(counts, named, strict=True)]
    tooltip = [{"field": "name", "type": "nominal", "title": "名称 name"}, {"field": "n", "title": said, "format": ","}]
    axis: Spec = {"labelLimit": 176, "ticks": False, "domain": False, "labelPadding": 6}
    if groups:
        axis["labelExpr"] = "split(datum.label, ' (')[0]"
    y = {"field": "name", "type": "nominal", "sort": None, "title": None, "axis": axis}
    most = max((n for _, n in counts), default=0)
    x = {"field": "n", "type": "quantitative", "axis": None, "scale": {"domain": [0, most or 1]}, "title": None}
    order = sorted(set(named), key=list(named).index)
    bar = {"mark": {"type": "bar", "cornerRadiusEnd": 2}, "encoding": {"color": colours(order), "tooltip": tooltip}}
    number = {"type": "text", "align": "left", "dx": 4, "fill": "var(--ink)"}
    layers = [bar, {"mark": number, "encoding": {"text": {"field": "n", "format": ","}}}]
    room = 8 * len(f"{most:,}") + 8  # for the longest number, beside the longest bar
    return _sized(values, room) | {"height": 24 * len(counts), "encoding": {"y": y, "x": x}, "layer": layers}


def columns(counts: Sequence[tuple[str, Mapping[str, int]]], series: Sequence[str], *, label_expr: str) -> Spec:
    """A stacked column for each name, in that order."""
    values = [
        {"name": name, "s": kind, "i": number, "n": parts[kind]}
        for name, parts in counts
        for number, kind in enumerate(series)
        if parts.get(kind)
    ]
    overlap = {"labelAngle": 0, "labelOverlap": "parity", "labelSeparation": 8}
    across = {"labelExpr": label_expr, "ticks": False, "labelPadding": 6} | overlap
    domain = [name for name, _ in counts]
    most = max((sum(parts.get(kind, 0) for kind in series) for _, parts in counts), default=0)
    titles = (("name", "运行 run"), ("s", "结果 outcome"), ("n", ARTICLES))
    encoding = {
        "x": {"field": "name", "type": "ordinal", "scale": {"domain": domain}, "title": None, "axis": across},
        "y": {"field": "n", "type": "quantitative", "title": None} | upward(most),
        "color": colours(series),
        "order": {"field": "i", "type": "ordinal"},
        "tooltip": [{"field": field, "title": title} for field, title in titles],
    }
    return chart(values, {"type": "bar"}, encoding, widest=80 + 80 * len(counts) if len(counts) <= FEW else None)


def upward(most: int) -> Spec:
    """Scale and axis for counts up to ``most``: whole numbers, a few of them, and the highest above all marks."""
    step = next(digit * 10**power for power in count() for digit in (1, 2, 5) if digit * 10**power * _TICKS >= most)
    ticks = list(range(0, max(most, 1) + step, step))
    return {"scale": {"domain": [0, ticks[-1]], "nice": False}, "axis": {"values": ticks, "format": ",d"}}


def chart(values: list[Spec], mark: Spec, encoding: Spec, *, height: int = 220, widest: int | None = None) -> Spec:
    """A chart of one mark; ``widest``: pixels that it does not go beyond, however wide its place is."""
    return _sized(values, widest=widest) | {"height": height, "mark": mark, "encoding": encoding}


def _sized(values: list[Spec], room: int = 22, widest: int | None = None) -> Spec:
    """As wide as its place on the page, whatever that is; ``room``: pixels at the right, for the half of the last label and the like."""
    return {
        "data": {"values": values},
        "width": "container",
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"left": 0, "top": 4, "bottom": 4, "right": room},
        "usermeta": {"widest": widest},
    }


def colours(series: Sequence[str]) -> Spec:
    """Each series has the colour that the page's legend gives it."""
    scale = {"domain": list(series), "range": [f"var(--s{number})" for number in range(len(series))]}
    return {"field": "s", "type": "nominal", "scale": scale, "legend": None}
