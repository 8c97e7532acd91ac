"""Text into HTML: what stands in the data is escaped here, once, and nowhere else."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias

from govnews_spider.article import SHANGHAI

Label: TypeAlias = tuple[str, str]
"""The same in Chinese and in English."""


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


Cell: TypeAlias = str | int | Html
_UNSEEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
"""Signs that HTML forbids in text."""
_IN_SCRIPT: Final = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below the names of their columns; numbers are set to the right."""

    columns: Sequence[Label]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of a table. ``spec`` is Vega-Lite; None where there is nothing to draw. ``legend`` has the series' names."""

    key: str
    title: Label
    note: Label
    spec: dict[str, Any] | None
    table: Table
    legend: Sequence[str] = ()
    wide: bool = True


@dataclass(slots=True)
class Chapter:
    """A part of the report: charts, and HTML between them."""

    key: str
    title: Label
    parts: list[Chart | Html] = field(default_factory=list)


def text(value: object) -> Html:
    """Any value as text between tags or in an attribute."""
    return Html(html.escape(_UNSEEN.sub("\ufffd", str(value))))


def both(label: Label) -> Html:
    """A label in both languages; the page is in Chinese."""
    english = f' <span lang="en">{text(label[1])}</span>' if label[1] else ""
    return Html(f"{text(label[0])}{english}")


def local(moment: datetime) -> str:
    """A time as Sina's clocks show it, to the minute."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def time_tag(moment: datetime | None) -> Html:
    """The same, for machines too; a dash for none."""
    return Html("—" if moment is None else f'<time datetime="{moment.isoformat()}">{local(moment)}</time>')


def link(title: str, url: str | None) -> Html:
    """The title, which leads to the address where that is one of the web. Its own direction does not turn what stands beside it."""
    shown = f"<bdi>{text(title)}</bdi>"
    if url is None or not url.startswith(("https://", "http://")):
        return Html(shown)
    return Html(f'<a href="{text(url)}" rel="noopener noreferrer" target="_blank">{shown}</a>')


def in_script(value: Any) -> str:
    """JSON that ends no script element, whatever it holds."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_IN_SCRIPT)


def table_html(table: Table, name: Label, *, attributes: str = "") -> Html:
    """The table in a box that scrolls sideways, by keyboard too."""
    head = "".join(f'<th scope="col"{_aside(table, n)}>{both(label)}</th>' for n, label in enumerate(table.columns))
    rows = "\n".join(f"<tr>{''.join(map(_cell, row, table.columns))}</tr>" for row in table.rows)
    return Html(
        f'<div class="scroll" role="region" tabindex="0" aria-label="{text(" ".join(name))}">'
        f"<table{attributes}><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table></div>"
    )


def chart_html(chart: Chart) -> Html:
    """The chart's place, its legend, and its table behind a button."""
    colours = "".join(f'<li><i class="s{n}"></i>{text(name)}</li>' for n, name in enumerate(chart.legend))
    legend = f'<ul class="legend">{colours}</ul>' if chart.spec and colours else ""
    said = text(f"{chart.title[0]}：{chart.note[0]} {chart.title[1]}: {chart.note[1]}")
    plot = f'<div class="plot" id="plot-{chart.key}" role="img" aria-label="{said}"></div>'
    details = (
        f"<details><summary>{both(('数据表', 'Data table'))}</summary>{table_html(chart.table, chart.title)}</details>"
    )
    body = f"{legend}{plot}{details}" if chart.spec else f'<p class="none">{both(("暂无数据", "Nothing yet"))}</p>'
    return Html(
        f'<figure class="card{" wide" if chart.wide else ""}" id="{chart.key}"><figcaption><h3>{both(chart.title)}</h3>'
        f'<p class="note">{both(chart.note)}</p></figcaption>{body}</figure>'
    )


def table_card(key: str, title: Label, table: Table, note: Label | None = None) -> Html:
    """A table that stands on the page as it is, row below row where the page is narrow."""
    none = f'<p class="none">{both(("无", "None"))}</p>'
    body = table_html(table, title, attributes=' class="stack"') if table.rows else none
    more = f'<p class="note">{both(note)}</p>' if note else ""
    return Html(
        f'<section class="card wide" id="{key}" aria-label="{text(title[0])}"><h3>{both(title)}</h3>{body}{more}</section>'
    )


def _aside(table: Table, number: int) -> str:
    return ' class="n"' if table.rows and isinstance(table.rows[0][number], int) else ""


def _cell(value: Cell, label: Label) -> str:
    if isinstance(value, int):
        return f'<td class="n" data-label="{text(label[0])}">{value:,}</td>'
    return f'<td data-label="{text(label[0])}">{value if isinstance(value, Html) else text(value)}</td>'
