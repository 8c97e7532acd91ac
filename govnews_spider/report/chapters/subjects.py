"""Chapter on subjects: topics, places, sources."""

from __future__ import annotations

from collections import Counter
from typing import Final

from govnews_spider.core.regions.gazetteer import gazetteer
from govnews_spider.report import specs
from govnews_spider.report.heat import heat, shades
from govnews_spider.report.parts import Cell, Chapter, Chart, Table
from govnews_spider.report.periods import UNIT_NAMES, between, label, month_or_year, start_of
from govnews_spider.report.rows import Collected
from govnews_spider.report.timeline import month_axis

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
    # Where there are articles, none on a topic is a number too.
    met = sorted({label(start_of(day, unit), unit) for day, _ in found.by_day})
    kept = {(at, topic): cells[at, topic] for at in met for topic in shown}
    said = (" ".join(UNIT_NAMES[unit]), "主题 topic", specs.ARTICLES)
    spec = heat(kept, across, shown, said=said, across_axis=month_axis(across, unit)) if shown else None
    title = (f"主题的变化（按{UNIT_NAMES[unit][0]}）", f"Topics, by {UNIT_NAMES[unit][1]}")
    note = (
        f"文章最多的 {len(shown)} 个主题；一篇可有多个主题",
        f"the {len(shown)} topics with most articles; an article may have several",
    )
    every = [topic for topic, _ in totals.most_common()]
    rows: list[list[Cell]] = [["合计 all", *(totals[topic] for topic in every)]]
    rows += [[at, *(cells[at, topic] for topic in every)] for at in reversed(across)]
    table = Table([UNIT_NAMES[unit], *((topic, "") for topic in every)], rows)
    return Chart("topics", title, note, spec, table, shades=shades(max(kept.values(), default=0)))


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
        "articles that name the province or a place in it; the table has these places too",
    )
    columns = [("级别", "level"), ("地区", "region"), ("文章", "articles"), ("占比", "share")]
    return Chart("regions", title, note, spec, Table(columns, rows, head=1), wide=False)


def _sources(found: Collected) -> Chart:
    named = [(source, count) for source, count in found.sources.most_common() if source is not None]
    spec = specs.bars(named[:_BARS]) if named else None
    rows: list[list[Cell]] = [[source, count, _share(count, found)] for source, count in named[:_ROWS]]
    none = found.sources[None]
    title = ("文章最多的来源", "Sources of most articles")
    note = (f"共 {len(named):,} 家；{none:,} 篇未写来源", f"of {len(named):,}; articles that name none: {none:,}")
    columns = [("来源", "source"), ("文章", "articles"), ("占比", "share")]
    return Chart("sources", title, note, spec, Table(columns, rows), wide=False)


def _share(count: int, found: Collected) -> str:
    return f"{count / found.articles:.1%}"
