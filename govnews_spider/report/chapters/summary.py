"""The first screen: the numbers, and what needs a person's eye."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from govnews_spider.report.html import Html, Label, both, local, text
from govnews_spider.report.lists import ListState
from govnews_spider.report.rows import Collected
from govnews_spider.runs.saved_runs import SavedRuns


def head(found: Collected, accounts: SavedRuns, lists: Sequence[ListState], *, reprints: int, revisions: int) -> Html:
    """All of it; ``reprints`` and ``revisions`` are how many there are."""
    return Html(_tiles(found, reprints, revisions, len(accounts.runs)) + _attention(accounts, lists))


def _tiles(found: Collected, reprints: int, revisions: int, runs: int) -> Html:
    """The numbers of the whole folder."""
    first, last = found.days
    media = sum(source is not None for source in found.sources)
    numbers: list[tuple[str, Label]] = [
        (f"{found.articles:,}", ("篇文章", "articles")),
        (f"{reprints:,}", ("篇转载", "reprints")),
        (f"{revisions:,}", ("个旧版本", "former revisions")),
        (f"{media:,}", ("家来源", "sources")),
        (f"{(last - first).days + 1:,}", ("天跨度", "days from first to last")),
        (f"{runs:,}", ("次运行", "runs")),
    ]
    shown = "".join(f"<li><b>{number}</b><span>{both(label)}</span></li>" for number, label in numbers)
    return Html(f'<ul class="tiles">{shown}</ul>')


def _attention(accounts: SavedRuns, lists: Sequence[ListState]) -> Html:
    """What is not as it should be, each in a line; or that all is well, as far as it was judged."""
    lines = [*_runs(accounts), *_lists(lists)]
    unjudged = _unjudged(lists)
    if not lines and unjudged:
        none = both(("没有发现需要注意的事项", "Nothing was found that needs attention"))
        return Html(f'<p class="status">{none}；{unjudged}</p>')
    if not lines:
        return Html(f'<p class="status good">✓ {both(("没有需要注意的事项", "Nothing needs attention"))}</p>')
    items = "".join(f"<li>{line}</li>" for line in (*lines, unjudged) if line)
    head = both(("需要注意", "Needs attention"))
    return Html(
        f'<section class="status bad" aria-labelledby="attention"><h2 id="attention">⚠ {head}</h2><ul>{items}</ul></section>'
    )


def _runs(accounts: SavedRuns) -> list[Html]:
    lines = []
    if accounts.runs and accounts.runs[0].exit_code:
        run = accounts.runs[0]
        label = (f"最近一次运行以 {run.exit_code} 结束", f"the last run ended with {run.exit_code}")
        lines.append(Html(f"{both(label)}：<bdi>{text(run.exit_reason)}</bdi>"))
    if accounts.killed:
        count = len(accounts.killed)
        lines.append(both((f"{count} 次运行被强行终止", f"runs that were killed, and left no account: {count}")))
    if accounts.unfinished:
        names = "、".join(accounts.unfinished)
        lines.append(both((f"正在进行或被强行终止的运行：{names}", "a run that is at it now, or was killed")))
    return lines


def _lists(lists: Sequence[ListState]) -> list[Html]:
    lines = []
    stale: dict[str, list[str]] = {}
    for state in lists:
        if state.stale and state.judged:
            stale.setdefault(local(state.judged)[:10], []).append(state.name)
    for day, names in sorted(stale.items(), reverse=True):
        label = (
            f"列表过旧（{day} 的运行）：{'、'.join(names)}",
            f"lists whose newest row was too old for the run of {day}",
        )
        lines.append(Html(f'<a href="#freshness">{both(label)}</a>'))
    gaps = [gap for state in lists for gap in state.gaps]
    if gaps:
        hours = sum((gap.until - gap.since for gap in gaps), timedelta()) / timedelta(hours=1)
        label = (
            f"{len(gaps)} 处缺口，共 {hours:,.0f} 小时",
            f"times that were never read: {len(gaps)}, {hours:,.0f} h in all",
        )
        lines.append(Html(f'<a href="#gaps">{both(label)}</a>'))
    return lines


def _unjudged(lists: Sequence[ListState]) -> Html:
    """Of how many lists nobody knows whether they are stale; "" where there is none."""
    count = sum(state.stale is None for state in lists)
    label = (f"{count} 个列表的新鲜度未判断", f"lists whose freshness no run judged: {count}")
    return Html(f'<a href="#freshness">{both(label)}</a>' if count else "")
