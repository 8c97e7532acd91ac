"""Chapter on quality: fields, layouts, rejections, freshness, gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from govnews_spider.report import specs
from govnews_spider.report.chapters.collected import OTHERS
from govnews_spider.report.chapters.lists import freshness, gaps
from govnews_spider.report.heat import heat, shades
from govnews_spider.report.html import Html, Label
from govnews_spider.report.lists import ListState
from govnews_spider.report.parts import Cell, Chapter, Chart, Table
from govnews_spider.report.periods import UNIT_NAMES, Unit, between, label, month_or_year, start_of
from govnews_spider.report.rows import MEASURED, Collected
from govnews_spider.report.timeline import month_axis, over_time

_FIELDS: Final[dict[str, Label]] = {
    "url": ("网址", "url"),
    "source": ("来源", "source"),
    "author": ("记者", "author"),
    "editor": ("责编", "editor"),
    "original_title": ("原标题", "original_title"),
    "section": ("列表", "section"),
    "keywords": ("关键词", "keywords"),
    "topics": ("主题", "topics"),
    "regions": ("地区", "regions"),
    "headimg": ("配图", "headimg"),
    "char_count": ("正文", "text"),
    "fetched_at": ("抓取时间", "fetched_at"),
}
_REFUSED: Final = {"rejected": "拒收 rejected", "failed": "失败 failed"}
_SLUGS: Final = 20


def chapter(found: Collected, refused: Counter[tuple[str, str]], lists: Sequence[ListState], now: datetime) -> Chapter:
    """``now`` is what ages are told from."""
    parts: list[Chart | Html] = [
        _coverage(found),
        _layouts(found),
        _refusals(refused),
        freshness(lists, now),
        gaps(lists),
    ]
    return Chapter("quality", ("质量如何", "How well"), parts)


def _coverage(found: Collected) -> Chart:
    unit = month_or_year(*found.days)
    across = [label(start, unit) for start in between(*found.days, unit)]
    names = [" ".join(_FIELDS[name]) for name in MEASURED]
    shares = _shares(found, unit)
    said = (" ".join(UNIT_NAMES[unit]), "字段 field", "有值 filled")
    spec = heat(shares, across, names, said=said, share=True, across_axis=month_axis(across, unit))
    table = [
        [at, *(f"{shares[at, name]:.1%}" if (at, name) in shares else "—" for name in names)] for at in reversed(across)
    ]
    title = (f"各字段完整度（按{UNIT_NAMES[unit][0]}）", f"Fields filled, by {UNIT_NAMES[unit][1]}")
    note = (
        "有值的文章占比，空白处没有文章；并非每篇都有记者、原标题或地区",
        "the share of articles that have it, empty where there are none; not every one names an author, an original title or a region",
    )
    columns = [UNIT_NAMES[unit], *(_FIELDS[name] for name in MEASURED)]
    return Chart("coverage", title, note, spec, Table(columns, table), shades=shades(1, share=True))


def _shares(found: Collected, unit: Unit) -> dict[tuple[str, str], float]:
    """Period and field, as they are shown → share of that period's articles; periods without any are not there."""
    rows: Counter[date] = Counter()
    filled: Counter[tuple[date, str]] = Counter()
    for (day, _), count in found.by_day.items():
        rows[start_of(day, unit)] += count
    for (day, name), count in found.filled.items():
        filled[start_of(day, unit), name] += count
    return {
        (label(start, unit), " ".join(_FIELDS[name])): filled[start, name] / rows[start]
        for start in sorted(rows)
        for name in MEASURED
    }


def _layouts(found: Collected) -> Chart:
    unit = month_or_year(*found.days)
    periods = between(*found.days, unit)
    totals: Counter[str] = Counter()
    for (_, layout), count in found.layouts.items():
        totals[layout] += count
    most = [name for name, _ in totals.most_common(specs.COLOURS - (len(totals) > specs.COLOURS))]
    series = most + [OTHERS] * (len(totals) > len(most))
    counts: Counter[tuple[date, str]] = Counter()
    for (day, layout), count in found.layouts.items():
        counts[start_of(day, unit), layout if layout in most else OTHERS] += count
    spec = over_time(counts, periods, series, unit, mark="share")
    title = ("版式构成", "Layouts")
    note = ("每篇由哪一种页面版式或文档样式读出", "which page layout or document style read the articles")
    rows: list[list[Cell]] = [[name, count, f"{count / found.articles:.1%}"] for name, count in totals.most_common()]
    columns = [("版式", "layout"), ("文章", "articles"), ("占比", "share")]
    return Chart("layouts", title, note, spec, Table(columns, rows), series, wide=False)


def _refusals(refused: Counter[tuple[str, str]]) -> Chart:
    most = refused.most_common()
    slugs = Counter(slug for slug, _ in refused)
    shown = [(f"{slug} ({outcome})" if slugs[slug] > 1 else slug, count) for (slug, outcome), count in most[:_SLUGS]]
    groups = [_REFUSED.get(outcome, outcome) for (_, outcome), _ in most[:_SLUGS]]
    spec = specs.bars(shown, said="次 times", groups=groups) if shown else None
    title = ("未入库的原因", "Why articles were refused")
    note = (
        "拒收：不是可收录的文章；失败：没能读出，以后可能补上",
        "rejected: nothing to store; failed: could not be read, and may arrive later",
    )
    table = Table([("原因", "slug"), ("结果", "outcome"), ("次数", "times")], [[*pair, count] for pair, count in most])
    return Chart("refusals", title, note, spec, table, list(dict.fromkeys(groups)), wide=False)
