"""The runs: what came of each, and how it ended."""

from __future__ import annotations

from collections import Counter
from typing import Final

from govnews_spider.report import specs
from govnews_spider.report.html import Html, Label, local, text, time_tag
from govnews_spider.report.parts import Cell, Chapter, Chart, Table, table_card
from govnews_spider.runs.run import OUTCOMES
from govnews_spider.runs.saved_runs import SavedRun, SavedRuns

_SHOWN: Final = 60
_LISTED: Final = 50
CODES: Final = {
    0: "正常 ok",
    1: "内部错误 internal",
    2: "参数有误 argument",
    3: "一无所获 nothing",
    4: "网站不通 unreachable",
    5: "部分完成 partial",
    6: "来源过旧 stale",
    7: "数据受损 broken",
    130: "已中断 interrupted",
}
"""What an exit code is called in both languages."""
_OUTCOMES: Final[dict[str, str]] = {
    "stored": "新入库",
    "revised": "已修订",
    "unchanged": "无变化",
    "reprint": "转载",
    "off_topic": "无关",
    "rejected": "拒收",
    "failed": "失败",
}
_MARKED: Final[dict[str, str]] = {"reprint": "转为转载", "article": "转回文章", "other_original": "改认首发"}


def chapter(found: SavedRuns) -> Chapter:
    """The newest runs, and how all of them ended."""
    return Chapter("runs", ("运行", "Runs"), [_outcomes(found), _endings(found), _list(found)])


def _outcomes(found: SavedRuns) -> Chart:
    shown = found.runs[:_SHOWN][::-1]
    series = [f"{_OUTCOMES[name]} {name}" for name in OUTCOMES]
    counts = [
        (
            f"{local(run.started)} {run.run_id}",
            {said: run.balance[name] for said, name in zip(series, OUTCOMES, strict=True)},
        )
        for run in shown
    ]
    # The day says which run it was, but where there were several on a day.
    end = 10 if len({name[:10] for name, _ in counts}) == len(counts) else 16
    spec = specs.columns(counts, series, label_expr=f"slice(datum.value, 5, {end})")
    rows: list[list[Cell]] = [[run.run_id, *(run.balance[name] for name in OUTCOMES)] for run in reversed(shown)]
    columns: list[Label] = [("运行", "run"), *((_OUTCOMES[name], name) for name in OUTCOMES)]
    title = ("每次运行的结果", "What came of each run")
    later = ("", "")
    if any(run.marked for run in shown):
        later = (
            "；入库以后才转为转载的仍计为入库，见下表“改标”",
            "; what became a reprint later stays stored here: see “marked” below",
        )
    note = (
        f"最近的运行，至多 {_SHOWN} 次；每篇只计一个结果{later[0]}",
        f"the latest runs, {_SHOWN} at most; every article ends as exactly one of these{later[1]}",
    )
    return Chart("outcomes", title, note, spec if shown else None, Table(columns, rows), series, wide=False)


def _endings(found: SavedRuns) -> Chart:
    codes = Counter(run.exit_code for run in found.runs)
    counts = [(f"{code} {CODES.get(code, '')}".strip(), codes[code]) for code in sorted(codes)]
    if found.killed:
        counts.append(("强行终止 killed", len(found.killed)))
    spec = specs.bars(counts, said="次 runs") if counts else None
    title = ("退出码", "Exit codes")
    note = ("0 为一切正常", "0: all is accounted for")
    return Chart("endings", title, note, spec, Table([("退出码", "exit code"), ("次数", "runs")], counts), wide=False)


def _list(found: SavedRuns) -> Html:
    shown = found.runs[:_LISTED]
    title: Label = (f"最近的运行（至多 {_LISTED} 次）", f"The latest runs, {_LISTED} at most")
    columns = [
        ("开始", "started"),
        ("爬虫", "spider"),
        ("参数与设置", "given"),
        ("用时", "took"),
        ("见到", "seen"),
        ("入库", "stored"),
        ("改标", "marked"),
        ("退出码", "exit code"),
    ]
    named = "、".join(found.killed)
    note = (f"未留下记录的运行：{named}", "runs that left no account") if found.killed else None
    return table_card("run-list", title, Table(columns, [_row(run) for run in shown]), note)


def _row(run: SavedRun) -> list[Cell]:
    given = " ".join(f"{name}={value}" for name, value in (*run.arguments.items(), *run.settings.items()))
    marked = "<br>".join(
        text(f"{_MARKED.get(kind, '')} {kind} {count:,}".strip()) for kind, count in run.marked.items()
    )
    took = (
        "—"
        if run.seconds is None
        else f"{run.seconds:,.0f}\u00a0s"
        if run.seconds < 600
        else f"{run.seconds / 60:,.0f}\u00a0min"
    )
    state = "bad" if run.exit_code else "good"
    code = Html(f'<span class="badge {state}">{run.exit_code}</span> <small><bdi>{text(run.exit_reason)}</bdi></small>')
    seen, stored = run.balance["seen"], run.balance["stored"]
    return [
        time_tag(run.started),
        run.spider,
        given,
        took,
        seen,
        stored,
        Html(marked and f"<span>{marked}</span>"),
        code,
    ]
