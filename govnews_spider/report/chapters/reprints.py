"""Reprints: who repeats whom, after how long, and what is repeated most."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Final

from govnews_spider.report import specs
from govnews_spider.report.heat import heat, shades
from govnews_spider.report.html import Html, Label, link, time_tag
from govnews_spider.report.parts import Cell, Chapter, Chart, Table, table_card
from govnews_spider.report.reprinted import LAGS, Reprinted, Story

_NAMED: Final = 12
_PAIRS: Final = 200
_STORIES: Final = 15
_NONE: Final = "未写 none"


def chapter(found: Reprinted) -> Chapter:
    """Charts stay empty where there are no reprints."""
    return Chapter("reprints", ("转载", "Reprints"), [_pairs(found), _lags(found), _stories(found)])


def _pairs(found: Reprinted) -> Chart:
    firsts: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    cells: Counter[tuple[str, str]] = Counter()
    for (first, second), count in found.pairs.items():
        one, other = first or _NONE, second or _NONE
        firsts[one] += count
        seconds[other] += count
        cells[other, one] += count
    down, across = ([name for name, _ in totals.most_common(_NAMED)] for totals in (firsts, seconds))
    kept = {(other, one): cells[other, one] for other in across for one in down}
    axis = {"orient": "top", "labelAngle": -90, "labelAlign": "left", "labelOverlap": False}
    said = ("转载 reprint", "首发 first", "次数 times")
    spec = heat(kept, across, down, said=said, across_axis=axis) if kept else None
    title = ("谁转载谁", "Who reprints whom")
    note = (
        f"行：首发来源；列：转载来源（各取前 {_NAMED}）",
        f"row: source of the first one; column: source of the reprint (the first {_NAMED} of each)",
    )
    rows: list[list[Cell]] = [[one, other, count] for (other, one), count in cells.most_common(_PAIRS)]
    columns = [("首发", "first"), ("转载", "reprint"), ("次数", "times")]
    opacities = shades(max(kept.values(), default=0))
    return Chart("pairs", title, note, spec, Table(columns, rows), shades=opacities, wide=False)


def _lags(found: Reprinted) -> Chart:
    counts = [(" ".join(label), found.lags[number]) for number, (_, label) in enumerate(LAGS)]
    spec = specs.bars(counts, said="篇 reprints") if found.lags else None
    median = ("", "")
    if found.median is not None:
        hours = f"{found.median / timedelta(hours=1):,.1f}"
        median = (f"；中位数 {hours} 小时", f"; median {hours} h")
    title = ("多久以后转载", "How long until the reprint")
    note = (f"从首发到转载{median[0]}", f"from the first publication{median[1]}")
    rows: list[list[Cell]] = [[name, count] for name, count in counts]
    return Chart("lags", title, note, spec, Table([("时长", "time"), ("转载", "reprints")], rows), wide=False)


def _stories(found: Reprinted) -> Html:
    title: Label = ("转载最多的文章", "Most reprinted articles")
    columns = [
        ("标题", "title"),
        ("首发", "first"),
        ("发布时间", "published"),
        ("转载", "reprints"),
        ("最后一次", "last one"),
    ]
    rows = [_row(story) for story in found.stories[:_STORIES]]
    others = f"另有 {found.lone:,} 篇转载，其首发文章不在库中"
    note = (others, f"{found.lone:,} more reprints repeat an article that is not here") if found.lone else None
    return table_card("stories", title, Table(columns, rows), note)


def _row(story: Story) -> list[Cell]:
    row = story.row
    title = link(row.title, row.url)
    return [title, row.source or _NONE, time_tag(row.published_at), story.count, time_tag(story.last)]
