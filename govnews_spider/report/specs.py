"""Charts in Vega-Lite's grammar (https://vega.github.io/vega-lite/docs/): plain dictionaries, drawn by the reader's browser.

Colours are the page's own variables (``var(--s0)``), so that a chart follows the page into the dark and onto paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

Spec: TypeAlias = dict[str, Any]

COLOURS: Final = 8
"""Series that can be told apart; the last colour is grey, for the rest."""
ARTICLES: Final = "篇 articles"
FEW: Final = 6
"""Columns of a heat map that are not spread over the whole width."""


def bars(counts: Sequence[tuple[str, int]], *, said: str = ARTICLES, groups: Sequence[str] = ()) -> Spec:
    """A bar for each name, in that order, with its number; ``groups``: which of them the bar's colour stands for."""
    named = groups or [""] * len(counts)
    values = [{"name": name, "n": n, "s": group} for (name, n), group in zip(counts, named, strict=True)]
    tooltip = [{"field": "name", "type": "nominal", "title": "名称 name"}, {"field": "n", "title": said, "format": ","}]
    axis = {"labelLimit": 150, "ticks": False, "domain": False, "labelPadding": 6}
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
    overlap = {"labelAngle": 0, "labelOverlap": "greedy", "labelSeparation": 8}
    across = {"labelExpr": label_expr, "ticks": False, "labelPadding": 6} | overlap
    domain = [name for name, _ in counts]
    up = {"tickCount": 5, "format": ",d", "tickMinStep": 1}
    titles = (("name", "运行 run"), ("s", "结果 outcome"), ("n", ARTICLES))
    encoding = {
        "x": {"field": "name", "type": "ordinal", "scale": {"domain": domain}, "title": None, "axis": across},
        "y": {"field": "n", "type": "quantitative", "title": None, "axis": up},
        "color": colours(series),
        "order": {"field": "i", "type": "ordinal"},
        "tooltip": [{"field": field, "title": title} for field, title in titles],
    }
    return chart(values, {"type": "bar"}, encoding)


def heat(
    cells: Mapping[tuple[str, str], float],
    across: Sequence[str],
    down: Sequence[str],
    *,
    said: tuple[str, str, str],
    share: bool = False,
    across_axis: Spec | None = None,
    step: int = 24,
) -> Spec:
    """A field of squares, column by row, the fuller the higher its value; ``share``: values are shares of 1.

    ``said``: what a column, a row and a value are called.
    """
    values = [{"x": x, "y": y, "n": n} for (x, y), n in cells.items()]
    full = 1 if share else max(cells.values(), default=1)
    scale = {"domain": [0, full], "range": [0.04, 1]} | ({} if share else {"type": "sqrt"})
    thin = len(across) > 60
    mark = {"type": "rect", "fill": "var(--s0)", "stroke": "var(--card)", "strokeWidth": 0.5 if thin else 1}
    axis = {"labelAngle": 0, "labelOverlap": "greedy", "labelSeparation": 6, "ticks": False, "domain": False}
    left = {"labelLimit": 150, "ticks": False, "domain": False, "labelPadding": 6}
    encoding = {
        "x": {"field": "x", "type": "ordinal", "scale": {"domain": list(across)}, "title": None, "axis": axis | (across_axis or {})},
        "y": {"field": "y", "type": "ordinal", "scale": {"domain": list(down)}, "title": None, "axis": left},
        "fillOpacity": {"field": "n", "type": "quantitative", "scale": scale, "legend": None},
        "tooltip": [
            {"field": field, "title": title} | ({"format": ".1%" if share else ","} if field == "n" else {})
            for field, title in zip("xyn", said, strict=True)
        ],
    }  # fmt: skip
    width = {} if len(across) > FEW else {"width": 48 * len(across)}
    return chart(values, mark, encoding) | {"height": step * len(down), "view": {"fill": "var(--cell)"}} | width


def chart(values: list[Spec], mark: Spec, encoding: Spec) -> Spec:
    """A chart of one mark."""
    return _sized(values) | {"height": 220, "mark": mark, "encoding": encoding}


def _sized(values: list[Spec], room: int = 22) -> Spec:
    """As wide as its place on the page, whatever that is; ``room``: pixels at the right, for the half of the last label and the like."""
    return {
        "data": {"values": values},
        "width": "container",
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"left": 0, "top": 4, "bottom": 4, "right": room},
    }


def colours(series: Sequence[str]) -> Spec:
    """Each series has the colour that the page's legend gives it."""
    scale = {"domain": list(series), "range": [f"var(--s{number})" for number in range(len(series))]}
    return {"field": "s", "type": "nominal", "scale": scale, "legend": None}
