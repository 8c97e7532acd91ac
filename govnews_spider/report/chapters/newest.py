"""The newest articles, one a row, each with the way to its source."""

from __future__ import annotations

from collections.abc import Sequence

from govnews_spider.core.regions.gazetteer import gazetteer
from govnews_spider.report.html import Html, both, link, time_tag
from govnews_spider.report.parts import Cell, Chapter, Table, table_html
from govnews_spider.report.rows import Row


def chapter(rows: Sequence[Row]) -> Chapter:
    """The table is whole without scripts; with them it is searched and shown page by page."""
    title = ("最新文章", "Newest articles")
    columns = [
        ("时间", "published"),
        ("标题", "title"),
        ("来源", "source"),
        ("列表", "list"),
        ("主题", "topics"),
        ("地区", "regions"),
    ]
    table = table_html(Table(columns, [_cells(row) for row in rows], head=1), title, attributes=' id="articles"')
    label = ("搜索标题、来源、列表、主题或地区", "search title, source, list, topics or regions")
    search = (
        f'<search class="search" hidden><label for="search">{both(label)}</label>'
        '<input id="search" type="search" autocomplete="off" spellcheck="false" aria-describedby="found">'
        '<p id="found" role="status" aria-live="polite"></p></search>'
    )
    more = f'<button id="more" type="button" hidden>{both(("显示更多", "Show more"))}</button>'
    count = (
        f"最新的 {len(rows):,} 篇，时间为北京时间；标题在新标签页打开原文",
        f"the newest {len(rows):,}; times are those of Asia/Shanghai; titles open the source in a new tab",
    )
    note = f'<p class="note">{both(count)}</p>'
    return Chapter("newest", title, [Html(f'<div class="card wide">{note}{search}{table}{more}</div>')])


def _cells(row: Row) -> list[Cell]:
    title = link(row.title, row.url)
    topics = "、".join(row.topics)
    return [time_tag(row.published_at), title, row.source or "", row.section or "", topics, places(row.regions)]


def places(codes: Sequence[str]) -> str:
    """Their names; a province that is not among them stands before the first place of its, so that who searches it finds them."""
    names = gazetteer().names
    said, met = [], set()
    for code in codes:
        province = f"{code[:2]}0000"
        above = "" if province in met or province == code else names.get(province, "")
        said.append(above + names.get(code, code))
        met.add(province)
    return "、".join(said)
