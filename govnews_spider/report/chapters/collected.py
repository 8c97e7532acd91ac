"""Chapter on the collection: articles by day and list, and in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import Final

from govnews_spider.report import specs
from govnews_spider.report.heat import heat, shades
from govnews_spider.report.html import Label
from govnews_spider.report.parts import Cell, Chapter, Chart, Table
from govnews_spider.report.periods import UNIT_NAMES, Unit, between, label, start_of, unit_of
from govnews_spider.report.rows import Collected
from govnews_spider.report.timeline import FEW, over_time

NO_LIST: Final = "未列名 no list"
OTHERS: Final = "其他 others"
_DAY: Final[Label] = ("日期", "date")
_WEEKDAYS: Final = ("一 Mon", "二 Tue", "三 Wed", "四 Thu", "五 Fri", "六 Sat", "日 Sun")
_SIDE_BY_SIDE: Final = 5
"""Periods that half the page's width is enough for."""
_YEAR: Final = timedelta(days=370)


def chapter(found: Collected) -> Chapter:
    """Needs at least one article."""
    return Chapter("collected", ("收录了什么", "What was collected"), [*_over_time(found), _calendar(found)])


def _over_time(found: Collected) -> list[Chart]:
    unit = unit_of(*found.days)
    periods = between(*found.days, unit)
    lists = _lists(found)
    counts: Counter[tuple[date, str]] = Counter()
    for (day, name), count in found.by_day.items():
        counts[start_of(day, unit), lists.get(name, OTHERS)] += count
    series = list(dict.fromkeys(lists.values())) + [OTHERS] * any(name == OTHERS for _, name in counts)
    together = _so_far(counts, periods, series)
    chinese, english = UNIT_NAMES[unit]
    title = (f"每{chinese}各列表的文章", f"Articles per {english} and list")
    week = ("；一周自周一起", "; weeks begin on Monday") if unit == "week" else ("", "")
    note = (
        f"按发布日期，转载不计{week[0]}；一篇可见于几个列表，只计入最先列出它的，不可据此统计列表",
        f"by day of publication, without reprints{week[1]}; an article may stand in several lists and counts for the one that"
        " named it first: do not count lists by this",
    )
    spec = over_time(counts, periods, series, unit, mark="bar")
    spec_together = over_time(together, periods, series, unit, mark="area" if len(periods) >= FEW else "bar")
    title_together = ("累计文章", "Articles so far")
    note_together = (
        "自首日起累计；一篇只计入最先列出它的列表",
        "from the first day on; an article counts for the list that named it first",
    )
    numbers, numbers_together = (_table(found, periods, series, unit) for found in (counts, together))
    wide = len(periods) > _SIDE_BY_SIDE
    return [
        Chart("per-period", title, note, spec, numbers, series, wide=wide),
        Chart("together", title_together, note_together, spec_together, numbers_together, series, wide=wide),
    ]


def _table(numbers: Counter[tuple[date, str]], periods: Sequence[date], series: Sequence[str], unit: Unit) -> Table:
    """The newest period first."""
    rows: list[list[Cell]] = []
    for start in reversed(periods):
        counts = [numbers[start, name] for name in series]
        rows.append([label(start, unit), *counts, sum(counts)])
    return Table([UNIT_NAMES[unit], *((name, "") for name in series), ("合计", "all")], rows)


def _so_far(
    counts: Counter[tuple[date, str]], periods: Sequence[date], series: Sequence[str]
) -> Counter[tuple[date, str]]:
    """What has come together of each series at the end of each period."""
    together: Counter[tuple[date, str]] = Counter()
    for name in series:
        totals = accumulate(counts[start, name] for start in periods)
        together.update({(start, name): total for start, total in zip(periods, totals, strict=True)})
    return together


def _lists(found: Collected) -> dict[str | None, str]:
    """The lists with most articles, as they are shown."""
    totals: Counter[str | None] = Counter()
    for (_, name), count in found.by_day.items():
        totals[name] += count
    most = [name for name, _ in totals.most_common()]
    kept = most if len(most) <= specs.COLOURS else most[: specs.COLOURS - 1]
    return {name: NO_LIST if name is None else name for name in kept}


def _calendar(found: Collected) -> Chart:
    """Every day of the last year: one without articles is an empty square."""
    first, last = found.days
    first = max(first, last - _YEAR)
    totals: Counter[date] = Counter()
    for (day, _), count in found.by_day.items():
        totals[day] += count
    days = between(first, last, "day")
    cells = {(start_of(day, "week").isoformat(), _WEEKDAYS[day.weekday()]): totals[day] for day in days}
    weeks = [start.isoformat() for start in between(first, last, "week")]
    # A week is named by its month where it is the month's first, few weeks by their Mondays.
    first_of_month = "slice(datum.value, 8) <= '07' ? slice(datum.value, 0, 7) : ''"
    axis = {"labelExpr": first_of_month if len(weeks) > specs.FEW else "slice(datum.value, 5)"}
    said = ("周 week", "星期 weekday", "文章 articles")
    spec = heat(cells, weeks, _WEEKDAYS, said=said, across_axis=axis, step=18)
    rows: list[list[Cell]] = [[day.isoformat(), totals[day]] for day in reversed(days)]
    title = ("近一年每天的文章", "Articles per day, last year")
    note = ("一列为一周（周一至周日），颜色越浓越多", "a column is a week from Monday to Sunday; the fuller, the more")
    opacities = shades(max(cells.values()))
    return Chart("calendar", title, note, spec, Table([_DAY, ("文章", "articles")], rows), shades=opacities)
