"""What it is about: topics, places, sources."""

from __future__ import annotations

from collections import Counter
from typing import Final

from govnews_spider.core.gazetteer import gazetteer
from govnews_spider.report import specs
from govnews_spider.report.html import Cell, Chapter, Chart, Table
from govnews_spider.report.periods import UNIT_NAMES, between, label, month_or_year, start_of
from govnews_spider.report.rows import Collected

_TOPICS: Final = 20
_BARS: Final = 15
_ROWS: Final = 200


def chapter(found: Collected) -> Chapter:
    """Shares are of all articles."""
    return Chapter("subjects", ("关于什么", "What about"), [_topics(found), _regions(found), _sources(found)])


def _topics(found: Collected) -> Chart:
    unit = month_or_year(*found.days)
    across = [label(start, unit) for start in between(*found.days, unit)]
    totals: Counter[str] = Counter()
    cells: Counter[tuple[str, str]] = Counter()
    for (day, topic), count in found.topics.items():
        totals[topic] += count
        cells[label(start_of(day, unit), unit), topic] += count
    shown = [topic for topic, _ in totals.most_common(_TOPICS)]
    kept = {(at, topic): count for (at, topic), count in cells.items() if topic in shown}
    spec = (
        specs.heat(kept, across, shown, said=(" ".join(UNIT_NAMES[unit]), "主题 topic", specs.ARTICLES))
        if shown
        else None
    )
    title = (f"主题的变化（按{UNIT_NAMES[unit][0]}）", f"Topics, by {UNIT_NAMES[unit][1]}")
    note = (
        f"文章最多的 {len(shown)} 个主题；一篇可有多个主题",
        f"the {len(shown)} topics with most articles; an article may have several",
    )
    every = [topic for topic, _ in totals.most_common()]
    rows: list[list[Cell]] = [["合计 all", *(totals[topic] for topic in every)]]
    rows += [[at, *(cells[at, topic] for topic in every)] for at in reversed(across)]
    return Chart("topics", title, note, spec, Table([UNIT_NAMES[unit], *((topic, "") for topic in every)], rows))


def _regions(found: Collected) -> Chart:
    names = gazetteer().names
    provinces = [(names.get(code, code), count) for code, count in found.provinces.most_common()]
    spec = specs.bars(provinces[:_BARS]) if provinces else None
    rows: list[list[Cell]] = [["省级 province", name, count, _share(count, found)] for name, count in provinces]
    places = [pair for pair in found.regions.most_common() if not pair[0].endswith("0000")]
    for code, count in places[:_ROWS]:
        above = names.get(f"{code[:2]}0000", "")
        rows.append(["市县 below", f"{above} {names.get(code, code)}", count, _share(count, found)])
    title = ("提到最多的省份", "Provinces named most")
    note = (
        "文章提到该省或其市县；数据表另列市县",
        "articles that name the province or a place in it; the table has the places too",
    )
    columns = [("级别", "level"), ("地区", "region"), ("文章", "articles"), ("占比", "share")]
    return Chart("regions", title, note, spec, Table(columns, rows), wide=False)


def _sources(found: Collected) -> Chart:
    named = [(source, count) for source, count in found.sources.most_common() if source is not None]
    spec = specs.bars(named[:_BARS]) if named else None
    rows: list[list[Cell]] = [[source, count, _share(count, found)] for source, count in named[:_ROWS]]
    none = found.sources[None]
    title = ("文章最多的来源", "Sources of most articles")
    note = (f"共 {len(named):,} 家；{none:,} 篇未写来源", f"of {len(named):,}; {none:,} articles name none")
    columns = [("来源", "source"), ("文章", "articles"), ("占比", "share")]
    return Chart("sources", title, note, spec, Table(columns, rows), wide=False)


def _share(count: int, found: Collected) -> str:
    return f"{count / found.articles:.1%}"
