"""Heat maps: fields of squares in one colour, the fuller the higher the value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Final

from govnews_spider.report.specs import FEW, Spec, chart

_FAINTEST: Final = 0.12
"""How opaque nothing is; a square without a value is not drawn at all."""
_AXIS: Final[Spec] = {"ticks": False, "domain": False, "labelPadding": 6, "labelLimit": 122}
_ACROSS: Final[Spec] = _AXIS | {"labelAngle": 0, "labelOverlap": "parity", "labelSeparation": 6}


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
    """Values by column and row; ``share``: they are shares of 1. ``said``: what a column, a row and a value are called."""
    values = [{"x": x, "y": y, "n": n} for (x, y), n in cells.items()]
    full = 1 if share else max(cells.values(), default=0) or 1
    scale = {"domain": [0, full], "range": [_FAINTEST, 1]} | ({} if share else {"type": "sqrt"})
    mark = {"type": "rect", "fill": "var(--s0)", "stroke": "var(--card)", "strokeWidth": 0.5 if len(across) > 60 else 1}
    tooltip: list[Spec] = [{"field": field, "title": title} for field, title in zip("xyn", said, strict=True)]
    tooltip[-1]["format"] = ".1%" if share else ","
    encoding = {
        "x": _axis("x", across) | {"axis": _ACROSS | (across_axis or {})},
        "y": _axis("y", down),
        "fillOpacity": {"field": "n", "type": "quantitative", "scale": scale, "legend": None},
        "tooltip": tooltip,
    }
    widest = 150 + 56 * len(across) if len(across) <= FEW else None
    return chart(values, mark, encoding, height=step * len(down), widest=widest)


def shades(most: float, *, share: bool = False) -> list[tuple[str, float]]:
    """Values from nothing to ``most``, and how opaque :func:`heat` draws them; ``share``: of 1."""
    if share:
        return [(f"{part:.0%}", _opacity(part)) for part in (0, 0.25, 0.5, 0.75, 1)]
    values = sorted({round(most * part) for part in (0, 1 / 16, 1 / 4, 9 / 16, 1)})
    return [(f"{value:,}", _opacity(sqrt(value / (most or 1)))) for value in values]


def _axis(field: str, names: Sequence[str]) -> Spec:
    return {"field": field, "type": "ordinal", "scale": {"domain": list(names)}, "title": None, "axis": _AXIS}


def _opacity(part: float) -> float:
    return _FAINTEST + (1 - _FAINTEST) * part
