"""Chapter parts on the lists: their freshness as the runs judged it, and their gaps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from govnews_spider.report.html import Html, Label, both, time_tag
from govnews_spider.report.lists import ListState
from govnews_spider.report.parts import Cell, Table, table_card

_VERDICTS: Final[dict[bool | None, tuple[str, Label]]] = {
    True: ("bad", ("过旧", "stale")),
    False: ("good", ("正常", "ok")),
    None: ("", ("未判断", "not judged")),
}
"""Class and name of what was found."""


def freshness(lists: Sequence[ListState], now: datetime) -> Html:
    """The table; ``now`` is what ages are told from."""
    rows: list[list[Cell]] = []
    for state in lists:
        age = "—" if state.newest is None else _span(now - state.newest)
        rows.append(
            [state.name, time_tag(state.newest), age, _verdict(state), time_tag(state.through), len(state.gaps)]
        )
    columns = [
        ("列表", "list"),
        ("最新一行", "newest row"),
        ("距今", "age"),
        ("判断", "judged"),
        ("读到", "read through"),
        ("缺口", "gaps"),
    ]
    note = (
        "判断：最近一次看新消息的运行当时所见，附其开始时间；回放、补抓（since）和 GOVNEWS_STALE_AFTER=0 不判断",
        "judged: what the last run that looked for news found then, with its start; replays, backfills (since) and"
        " GOVNEWS_STALE_AFTER=0 do not judge",
    )
    return table_card(
        "freshness", ("列表新鲜度", "Freshness of the lists"), Table(columns, rows), note if rows else None
    )


def _verdict(state: ListState) -> Html:
    kind, name = _VERDICTS[state.stale]
    when = "" if state.judged is None else f" <small>{time_tag(state.judged)}</small>"
    return Html(f'<span class="badge {kind}">{both(name)}</span>{when}')


def gaps(lists: Sequence[ListState]) -> Html:
    """Every gap in a row."""
    rows: list[list[Cell]] = []
    for state in lists:
        for gap in state.gaps:
            cure = ("仅存档可补", "only by -a fill_gaps=1") if gap.gone else ("下次运行可补", "by the next run")
            rows.append(
                [state.name, time_tag(gap.since), time_tag(gap.until), _span(gap.until - gap.since), both(cure)]
            )
    columns = [("列表", "list"), ("自", "from"), ("至", "until"), ("时长", "length"), ("如何补上", "how it closes")]
    return table_card("gaps", ("缺口：从未读到的时段", "Gaps: times that were never read"), Table(columns, rows))


def _span(length: timedelta) -> str:
    hours = max(length, timedelta()) / timedelta(hours=1)
    if hours < 1:
        return f"{hours * 60:,.0f} 分钟 min"
    return f"{hours:,.1f} 小时 h" if hours < 48 else f"{hours / 24:,.1f} 天 d"
