"""Components of the page: charts with the tables behind them, and tables that stand by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from govnews_spider.report.html import Html, Label, both, text

Cell: TypeAlias = str | int | Html
NUMBERS: Final[Label] = ("数据表", "Data table")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below the names of their columns; numbers are set to the right. ``head``: the column whose cell names its row."""

    columns: Sequence[Label]
    rows: Sequence[Sequence[Cell]]
    head: int = 0


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of a table. ``spec`` is Vega-Lite; None where there is nothing to draw."""

    key: str
    title: Label
    note: Label
    spec: dict[str, Any] | None
    table: Table
    legend: Sequence[str] = ()
    """The series' names, in the order of their colours."""
    shades: Sequence[tuple[str, float]] = ()
    """Values, and how opaque the one colour of the chart is for them."""
    wide: bool = True


@dataclass(slots=True)
class Chapter:
    """A part of the report: charts, and HTML between them."""

    key: str
    title: Label
    parts: list[Chart | Html] = field(default_factory=list)


def table_html(table: Table, name: Label, *, attributes: str = "", labelled: bool = False) -> Html:
    """The table in a box that scrolls, by keyboard too; ``labelled``: each cell knows the name of its column."""
    known = text(" ".join(name))
    first = table.rows[0] if table.rows else table.columns
    head = "".join(
        f'<th scope="col"{_aside(cell)}>{both(label)}</th>' for cell, label in zip(first, table.columns, strict=True)
    )
    labels = [f' data-label="{text(" ".join(label))}"' if labelled else "" for label in table.columns]
    rows = "\n".join(f"<tr>{_row(row, labels, table.head)}</tr>" for row in table.rows)
    return Html(
        f'<div class="scroll" role="group" tabindex="0" aria-label="{known}">'
        f'<table{attributes} aria-label="{known}"><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table></div>'
    )


def chart_html(chart: Chart) -> Html:
    """The chart's place, its legend, and its table behind a button."""
    title = both(chart.title)
    caption = f'<figcaption><h3>{title}</h3><p class="note">{both(chart.note)}</p></figcaption>'
    if chart.spec is None:
        body = f'<p class="none">{both(("暂无数据", "Nothing yet"))}</p>'
    else:
        summary = f'<summary>{both(NUMBERS)}<span class="unseen">：{title}</span></summary>'
        body = f"{_legend(chart)}{_plot(chart)}<details>{summary}{table_html(chart.table, chart.title)}</details>"
    wide = " wide" if chart.wide else ""
    return Html(f'<figure class="card{wide}" id="{chart.key}">{caption}{body}</figure>')


def table_card(key: str, title: Label, table: Table, note: Label | None = None) -> Html:
    """A table that stands on the page as it is, row below row where the page is narrow."""
    none = f'<p class="none">{both(("无", "None"))}</p>'
    body = table_html(table, title, attributes=' class="stack"', labelled=True) if table.rows else none
    more = f'<p class="note">{both(note)}</p>' if note else ""
    return Html(f'<div class="card wide" id="{key}"><h3>{both(title)}</h3>{body}{more}</div>')


def _legend(chart: Chart) -> str:
    colours = [f'<i class="s{number}"></i>{text(name)}' for number, name in enumerate(chart.legend)]
    colours += [f'<i class="s0" style="opacity: {opacity:.2f}"></i>{text(name)}' for name, opacity in chart.shades]
    items = "".join(f"<li>{colour}</li>" for colour in colours)
    return f'<ul class="legend">{items}</ul>' if items else ""


def _plot(chart: Chart) -> str:
    """To a reader that speaks the picture is one thing: what it shows stands in the table, to which its name points."""
    said = (
        f"{chart.title[0]}：{chart.note[0]}。数值见其后的数据表。"
        f" {chart.title[1]}: {chart.note[1]}. The numbers are in the table after it."
    )
    widest = chart.spec["usermeta"]["widest"] if chart.spec else None
    style = f' style="max-width: {widest}px"' if widest else ""
    return f'<div class="plot" id="plot-{chart.key}" role="img" aria-label="{text(said)}"{style}></div>'


def _row(row: Sequence[Cell], labels: Sequence[str], head: int) -> str:
    return "".join(
        _cell(value, label, number == head) for number, (value, label) in enumerate(zip(row, labels, strict=True))
    )


def _cell(value: Cell, label: str, heads: bool) -> str:
    shown = f"{value:,}" if isinstance(value, int) else value if isinstance(value, Html) else text(value)
    if heads:
        return f'<th scope="row">{shown}</th>'
    return f"<td{_aside(value)}{label}>{shown}</td>"


def _aside(value: object) -> str:
    return ' class="n"' if isinstance(value, int) else ""
