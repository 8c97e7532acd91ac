"""The report counts what stands in a data folder, and its one page asks for nothing but what it holds."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from base64 import b64encode
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.exceptions import UsageError
from scrapy.settings import Settings
from selectolax.lexbor import LexborHTMLParser

from govnews_spider.article import Article
from govnews_spider.commands.report import Command
from govnews_spider.ledger.coverage import Coverage, Gap
from govnews_spider.ledger.ledger import Ledger
from govnews_spider.ledger.schema import MIGRATIONS, connect
from govnews_spider.report import library, report
from govnews_spider.report.chapters import newest, quality, runs, subjects
from govnews_spider.report.chapters.collected import chapter
from govnews_spider.report.chapters.runs import CODES
from govnews_spider.report.heat import shades
from govnews_spider.report.html import in_script, link, text
from govnews_spider.report.lists import list_states, unfinished
from govnews_spider.report.parts import Chart
from govnews_spider.report.periods import Unit, after, between, start_of, unit_of
from govnews_spider.report.reprinted import LAGS, copies, reprinted
from govnews_spider.report.rows import NEWEST, Collected, collect
from govnews_spider.report.specs import upward
from govnews_spider.report.timeline import over_time
from govnews_spider.runs.run import EXIT_CODES, ListStats, Run
from govnews_spider.runs.saved_runs import load_runs
from govnews_spider.storage.errors import StorageError
from govnews_spider.storage.parquet import ParquetWriter
from tests.support.damage import cut_in_half
from tests.support.data_folders import FIRST, data_folder, day_file, valid_article
from tests.support.rows import NOON, article, full, reprint, store

ROOT = Path(__file__).parents[2]
DAY = date(2021, 11, 25)
NOW = datetime(2021, 11, 29, tzinfo=UTC)
ODD = "</script><script>alert(1)</script><!--\u2028“&amp;”\x07"
DAYS = st.dates(date(1999, 1, 1), date(2040, 1, 1))


def write(data: Path, *articles: Article) -> Path:
    """Day files with these rows, and nothing else."""
    writer = ParquetWriter(data)
    for one in articles:
        one.first_seen = one.published_at
        writer.write(one.day, [one])
    writer.flush()
    return data


def run_of(data: Path, number: int, **fields: Any) -> Run:
    """The account of a run, as a run leaves it."""
    started = NOON + timedelta(days=number)
    run = Run(run_id=f"{started:%Y%m%dT%H%M%SZ}-{number}", spider="sina_gov", arguments={}, started=started)
    for name, value in {"finished": started, "seconds": 5.0, "reason": "finished", "seen": 1, **fields}.items():
        setattr(run, name, value)
    run.outcomes.update({"stored": run.seen})
    (data / "runs").mkdir(parents=True, exist_ok=True)
    (data / "runs" / f"{run.run_id}.json").write_text(json.dumps(run.as_json()), "utf-8")
    return run


def judge(data: Path, number: int, said: bool | None, name: str = "部委动态", hours: float = 1, **told: Any) -> Run:
    """The account of a run that says so of that list, whose newest row is so many hours old; ``told``: its other keys."""
    run = run_of(data, number)
    path = data / "runs" / f"{run.run_id}.json"
    newest = (run.started - timedelta(hours=hours)).isoformat()
    report = json.loads(path.read_text("utf-8")) | told
    report["lists"] = {name: {"newest": newest, "age_hours": hours, "stale": said, "gaps": []}}
    path.write_text(json.dumps(report), "utf-8")
    return run


def made(data: Path) -> tuple[str, LexborHTMLParser]:
    """The page about the folder, and its tree as browsers make it."""
    out = data / "report.html"
    report(data, out, now=NOW)
    source = out.read_text("utf-8")
    return source, LexborHTMLParser(source)


def cells(tree: LexborHTMLParser, key: str) -> list[list[str]]:
    """The table behind a chart, row by row."""
    return [[cell.text() for cell in row.css("th, td")] for row in tree.css(f"#{key} tbody tr")]


def test_articles_are_counted_by_day_list_layout_topic_place_and_source(tmp_path: Path) -> None:
    far = full(4, days=1, section=None, source=None, topics=[], regions=["430100", "430000"], layout="finance_2016")
    found = collect(write(tmp_path, full(1), full(2, section="地方经济"), full(3), far))
    assert found.articles == 4
    assert found.days == (DAY, DAY + timedelta(days=1))
    assert found.by_day == {(DAY, "部委动态"): 2, (DAY, "地方经济"): 1, (DAY + timedelta(days=1), None): 1}
    assert found.layouts == {(DAY, full(1).layout): 3, (DAY + timedelta(days=1), "finance_2016"): 1}
    assert found.topics == {(DAY, "跨省通办"): 3, (DAY, "政务服务"): 3}
    assert found.regions == {"110000": 3, "120000": 3, "430100": 1, "430000": 1}
    assert found.provinces == {"110000": 3, "120000": 3, "430000": 1}, "a province counts once an article"
    assert found.sources == {"江城晚报": 3, None: 1}


def test_a_field_counts_as_filled_only_when_it_says_something(tmp_path: Path) -> None:
    empty = article(2, author="", text="", char_count=0)
    found = collect(write(tmp_path, full(1), empty))
    assert {name for (_, name), count in found.filled.items() if count == 0} == set()
    assert {name: count for (_, name), count in found.filled.items() if count != 1} == {}
    assert +collect(write(tmp_path / "bare", empty)).filled == {}


def test_reprints_and_former_revisions_are_no_articles_but_are_told(tmp_path: Path) -> None:
    store(tmp_path, *(valid_article(n) for n in (1, 2)))
    store(tmp_path, valid_article(1, text="窗口明日起受理。"))
    write(tmp_path, reprint(3, of=1, duplicate_of=valid_article(1).article_id, similarity=0.9))
    _, tree = made(tmp_path)
    tiles = [tile.text() for tile in tree.css(".tiles b")]
    assert tiles[:4] == ["2", "1", "1", "1"]


def test_the_newest_come_first_and_are_no_more_than_may_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("govnews_spider.report.rows.NEWEST", 3)
    found = collect(write(tmp_path, *(full(n, days=n // 2) for n in range(6))))
    assert [row.title for row in found.newest] == [full(n).title for n in (5, 4, 3)]
    assert NEWEST == 2_000


def test_a_day_file_without_rows_changes_nothing(tmp_path: Path) -> None:
    writer = ParquetWriter(tmp_path)
    write(tmp_path, full(1), full(2, days=1))
    writer.remove(DAY, [full(1).article_id])
    writer.flush()
    found = collect(tmp_path)
    assert (found.articles, found.days) == (1, (DAY + timedelta(days=1),) * 2)


def test_reprints_are_told_by_pair_and_by_how_long_they_took(tmp_path: Path) -> None:
    first = full(1, source="甲报")
    at = first.published_at
    again = [
        full(2, source="乙报", published_at=at + timedelta(minutes=10)),
        full(3, source="乙报", published_at=at + timedelta(minutes=11)),
        full(4, source=None, published_at=at + timedelta(days=9)),
    ]
    for one in again:
        one.duplicate_of, one.similarity = first.article_id, 0.9
    lone = full(5, duplicate_of="sina:gone", similarity=0.9)
    write(tmp_path, first, *again, lone)
    told = copies(tmp_path)
    found = reprinted(told, collect(tmp_path, told).asked)
    assert (found.total, found.lone) == (4, 1)
    assert found.pairs == {("甲报", "乙报"): 2, ("甲报", None): 1}
    assert found.lags == {0: 1, 1: 1, len(LAGS) - 1: 1}
    assert found.median == timedelta(minutes=11)
    (story,) = found.stories
    assert (story.row.title, story.count, story.last) == (first.title, 3, at + timedelta(days=9))


def test_runs_are_read_newest_first_with_those_that_left_no_account(tmp_path: Path) -> None:
    ended = [run_of(tmp_path, 1), run_of(tmp_path, 2, after=["20211101T000000Z-dead"])]
    (tmp_path / "rejected").mkdir()
    line = json.dumps({"slug": "no_text", "outcome": "rejected"}) + "\n"
    (tmp_path / "rejected" / "a.jsonl").write_text(f'{line}{line}{{"slug": "http', "utf-8")
    found = load_runs(tmp_path)
    assert [run.run_id for run in found.runs] == [ended[1].run_id, ended[0].run_id]
    assert found.killed == ["20211101T000000Z-dead"]
    assert found.rejections == {("no_text", "rejected"): 2}, "the last line may break off"


@pytest.mark.parametrize(
    ("name", "content"),
    [("runs/a.json", "{"), ("runs/a.json", "{}"), ("runs/a.json", "[]"), ("rejected/a.jsonl", "{}\n"), ("rejected/a.jsonl", "\xff\n")],
)  # fmt: skip
def test_an_account_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text(content, "latin-1")
    with pytest.raises(StorageError, match=rf"unreadable_report: .*{name}: ") as caught:
        load_runs(tmp_path)
    assert caught.value.breaks_data


OLD = 1823 * 24.0
REPLAY = {"GOVNEWS_REPLAY": "examples/demo.warc.gz"}


@pytest.mark.parametrize(
    ("said", "hours", "told", "verdict"),
    [
        (True, OLD, {}, True),
        (False, 71, {}, False),
        (False, 71, {"settings": {}}, False),
        (False, 500, {"settings": {"GOVNEWS_STALE_AFTER": "999"}}, False),
        (None, 1, {"settings": {}}, None),
        (None, OLD, {"settings": REPLAY}, None),
        (False, 1, {"settings": REPLAY}, None),
        (False, 1, {"arguments": {"since": "2021-11-01"}}, None),
        (False, OLD, {}, None),
        (False, 1, {"settings": {"GOVNEWS_STALE_AFTER": "0"}}, None),
    ],
)
def test_a_list_is_ok_only_where_a_run_looked_for_news_of_it(
    tmp_path: Path, said: bool | None, hours: float, told: dict[str, Any], verdict: bool | None
) -> None:
    """Accounts of before say false for what was not asked, too, and name no settings."""
    run = judge(tmp_path, 1, said, hours=hours, **told)
    (state,) = list_states(tmp_path, load_runs(tmp_path).runs)
    assert (state.stale, state.judged) == (verdict, None if verdict is None else run.started)
    assert state.newest == run.started - timedelta(hours=hours)


def test_a_list_of_which_a_run_saw_no_row_was_not_judged_by_it(tmp_path: Path) -> None:
    run_of(tmp_path, 1, lists={"部委动态": ListStats()}, stale_after=timedelta(hours=72))
    (state,) = list_states(tmp_path, load_runs(tmp_path).runs)
    assert (state.stale, state.newest) == (None, None)


def test_a_backfill_and_a_replay_leave_the_verdict_of_the_crawl_before_them(tmp_path: Path) -> None:
    """And its newest row, than which those of a backfill are older."""
    write(tmp_path, full(1))
    crawl = judge(tmp_path, 1, True, hours=90)
    judge(tmp_path, 2, None, hours=OLD, arguments={"since": "2016-01-01"}, settings={})
    judge(tmp_path, 3, None, hours=OLD, settings=REPLAY)
    (state,) = list_states(tmp_path, load_runs(tmp_path).runs)
    assert (state.stale, state.judged, state.newest) == (True, crawl.started, crawl.started - timedelta(hours=90))
    _, tree = made(tmp_path)
    assert "列表过旧（2021-11-26 的运行）：部委动态" in tree.css_first(".status.bad").text()
    assert "过旧 stale 2021-11-26 12:00" in cells(tree, "freshness")[0]


def test_lists_that_no_run_judged_are_neither_well_nor_ill(tmp_path: Path) -> None:
    write(tmp_path, full(1))
    judge(tmp_path, 1, False, hours=OLD, settings=REPLAY)
    _, tree = made(tmp_path)
    assert cells(tree, "freshness")[0][3] == "未判断 not judged"
    assert tree.css_first("#freshness .badge").attributes["class"] == "badge "
    assert not tree.css(".status.good, .status.bad")
    assert "1 个列表的新鲜度未判断" in tree.css_first(".status").text()
    judge(tmp_path, 2, False, name="地方经济", settings={})
    judge(tmp_path, 3, True, name="宏观经济", hours=OLD, settings={})
    _, tree = made(tmp_path)
    lines = [line.text() for line in tree.css(".status.bad li")]
    assert len(lines) == 2
    assert "宏观经济" in lines[0]
    assert "1 个列表的新鲜度未判断" in lines[1]


def test_a_list_s_gaps_are_the_ledger_s_and_its_newest_row_the_newest_of_all_runs(tmp_path: Path) -> None:
    old = Gap(NOON - timedelta(days=9), NOON - timedelta(days=8))
    run_of(tmp_path, 1, lists={"部委动态": ListStats(newest=NOON), "地方经济": ListStats()})
    seen = ListStats(newest=NOON - timedelta(days=1), gaps=[old])
    run_of(tmp_path, 2, lists={"部委动态": seen, "地方经济": ListStats(gaps=[old])})
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.coverage.read("部委动态", NOON - timedelta(days=3), NOON - timedelta(days=2), to_end=True)
        ledger.coverage.read("部委动态", NOON - timedelta(days=1), NOON, to_end=False)
    states = {state.name: state for state in list_states(tmp_path, load_runs(tmp_path).runs)}
    assert states["部委动态"].newest == states["部委动态"].through == NOON
    assert states["部委动态"].gaps == [Gap(NOON - timedelta(days=2), NOON - timedelta(days=1))]
    assert states["地方经济"].gaps == [old], "a list that the ledger does not know"


@pytest.mark.parametrize(("version", "known"), [(1, 0), (2, 1), (3, 1), (4, 1), (99, 1)])
def test_a_ledger_is_only_read_and_one_of_another_version_too_if_it_knows_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int, known: int
) -> None:
    with monkeypatch.context() as former:
        former.setattr("govnews_spider.ledger.schema.MIGRATIONS", MIGRATIONS[:version])
        with closing(connect(tmp_path / "ledger.sqlite")) as db:
            if known:
                Coverage(db).read("部委动态", NOON, NOON + timedelta(days=1), to_end=True, failed=[NOON])
            db.execute(f"PRAGMA user_version = {version}")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert [(state.name, len(state.gaps)) for state in list_states(tmp_path, [])] == [("部委动态", 1)] * known
    assert unfinished(tmp_path) == []
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_run_that_has_not_ended_needs_attention_until_it_has(tmp_path: Path) -> None:
    write(tmp_path, article(1))
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.begin_run("20211125T040000Z-sina_gov-dead", "sina_gov", NOON)
        assert unfinished(tmp_path) == ["20211125T040000Z-sina_gov-dead"]
        assert "20211125T040000Z-sina_gov-dead" in made(tmp_path)[0]
        ledger.end_run("20211125T040000Z-sina_gov-dead", NOON, 0, "{}")
    assert unfinished(tmp_path) == []
    assert "20211125T040000Z-sina_gov-dead" not in made(tmp_path)[0]


def killed(data: Path, ledger: Ledger) -> Path:
    """The folder as a run that ends here without a word leaves it: what it committed lies in the -wal file."""
    ledger.coverage.read("部委动态", NOON - timedelta(days=3), NOON - timedelta(days=2), to_end=True)
    ledger.coverage.read("部委动态", NOON - timedelta(days=1), NOON, to_end=False)
    data.mkdir(exist_ok=True)
    for path in Path(ledger.path).parent.glob("ledger.sqlite*"):
        (data / path.name).write_bytes(path.read_bytes())
    assert (data / "ledger.sqlite-wal").stat().st_size
    return data


def test_what_a_killed_run_committed_is_read_and_left_for_the_next_run(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with Ledger(tmp_path / "run" / "ledger.sqlite") as ledger:
        data = killed(tmp_path / "data", ledger)
    kept = ("ledger.sqlite", "ledger.sqlite-wal")
    before = [(data / name).read_bytes() for name in kept]
    (state,) = list_states(data, [])
    assert state.gaps == [Gap(NOON - timedelta(days=2), NOON - timedelta(days=1))]
    assert [(data / name).read_bytes() for name in kept] == before


def test_a_damaged_ledger_is_a_fault_of_the_data(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_text("没有数据库" * 300, "utf-8")
    with pytest.raises(StorageError, match="ledger_damaged") as caught:
        list_states(tmp_path, [])
    assert caught.value.breaks_data


@given(DAYS, DAYS)
def test_periods_cover_all_days_and_are_not_too_many(one: date, other: date) -> None:
    first, last = sorted((one, other))
    unit = unit_of(first, last)
    periods = between(first, last, unit)
    assert periods[0] <= first
    assert periods[-1] <= last < after(periods[-1], unit)
    assert all(after(here, unit) == there for here, there in pairwise(periods))
    assert all(start_of(start, unit) == start for start in periods)
    assert len(periods) <= 250


def test_weeks_begin_on_monday() -> None:
    assert start_of(date(2021, 11, 28), "week") == date(2021, 11, 22)


def test_what_comes_together_of_a_list_is_all_that_it_had_until_then(tmp_path: Path) -> None:
    rows = [full(1), full(2, days=1), full(3, days=1, section="地方经济"), full(4, days=3)]
    chart = chapter(collect(write(tmp_path, *rows))).parts[1]
    assert isinstance(chart, Chart)
    assert chart.spec is not None
    assert list(chart.legend) == ["部委动态", "地方经济"]
    days = [f"2021-11-{day}" for day in (28, 27, 26, 25)]
    numbers = [(3, 1, 4), (2, 1, 3), (2, 1, 3), (1, 0, 1)]
    assert [tuple(row) for row in chart.table.rows] == [(day, *row) for day, row in zip(days, numbers, strict=True)]
    last = {(value["s"], value["y"], value["z"]) for value in chart.spec["data"]["values"][-2:]}
    assert last == {("部委动态", 0, 3), ("地方经济", 3, 4)}, "one stands on the other"


def test_bars_stand_on_each_other_and_shares_fill_the_height() -> None:
    counts = {(DAY, "甲"): 3, (DAY, "丙"): 1}
    for mark, whole in (("bar", 4), ("share", 1)):
        spec = over_time(counts, [DAY], ["甲", "乙", "丙"], "day", mark=mark)
        parts = [(value["s"], value["y"], value["z"]) for value in spec["data"]["values"] if value["n"]]
        assert parts == [("甲", 0, whole * 3 / 4), ("丙", whole * 3 / 4, whole)]


def test_lists_beyond_the_colours_are_one_and_no_article_is_left_out() -> None:
    found = Collected(articles=78)
    found.by_day = Counter({(DAY, f"列表{n}" if n else None): n + 1 for n in range(12)})
    chart = chapter(found).parts[0]
    assert isinstance(chart, Chart)
    assert chart.spec is not None
    assert len(chart.legend) == 8
    assert sum(value["n"] for value in chart.spec["data"]["values"]) == 78
    assert list(chart.table.rows[0])[-1] == 78


@given(st.integers(0, 10**9))
def test_counts_have_few_ticks_and_all_of_them_whole(most: int) -> None:
    axis = upward(most)
    ticks = axis["axis"]["values"]
    assert ticks[0] == 0
    assert most <= ticks[-1] == axis["scale"]["domain"][1]
    assert 2 <= len(ticks) <= 6
    assert len({there - here for here, there in pairwise(ticks)}) == 1


@given(DAYS, st.integers(1, 4000), st.sampled_from(["day", "week", "month", "year"]))
def test_bars_are_named_inside_them_and_by_few_names(first: date, days: int, unit: Unit) -> None:
    periods = between(first, first + timedelta(days=days), unit)
    spec = over_time({(periods[0], "甲"): 1}, periods, ["甲"], unit, mark="bar")
    axis = spec["encoding"]["x"]["axis"]
    named = [datetime.fromtimestamp(at / 1000, UTC) for at in json.loads(axis["values"]["expr"])]
    assert len(named) <= 10
    assert named or unit == "week"
    if unit == "week":
        assert {at.day for at in named} <= {1}
    else:
        assert {start_of(at.date(), unit) for at in named} <= set(periods)


def test_of_many_months_the_januaries_are_named() -> None:
    periods = between(date(2011, 5, 1), date(2020, 5, 1), "month")
    spec = over_time({(DAY, "甲"): 1}, periods, ["甲"], "month", mark="bar")
    named = [
        datetime.fromtimestamp(at / 1000, UTC) for at in json.loads(spec["encoding"]["x"]["axis"]["values"]["expr"])
    ]
    assert [(at.year, at.month) for at in named] == [(year, 1) for year in range(2012, 2021)]


def test_a_bar_is_named_at_its_middle() -> None:
    axis = over_time({(DAY, "甲"): 1}, [DAY], ["甲"], "day", mark="bar")["encoding"]["x"]["axis"]
    noon = datetime.combine(DAY, datetime.min.time(), UTC) + timedelta(hours=12)
    assert json.loads(axis["values"]["expr"]) == [noon.timestamp() * 1000]


def test_a_legend_of_shades_goes_from_nothing_to_the_most_and_says_no_number_twice() -> None:
    assert shades(1) == [("0", 0.12), ("1", 1)]
    assert [name for name, _ in shades(1600)] == ["0", "100", "400", "900", "1,600"]
    steps = [opacity for _, opacity in shades(1600)]
    assert steps == [opacity for _, opacity in shades(1, share=True)] == pytest.approx([0.12, 0.34, 0.56, 0.78, 1])
    assert [name for name, _ in shades(1, share=True)] == ["0%", "25%", "50%", "75%", "100%"]
    assert shades(0) == [("0", 0.12)]


def test_a_month_without_articles_is_empty_and_one_without_a_topic_is_none(tmp_path: Path) -> None:
    far = article(2, days=70, topics=["医保"])
    write(tmp_path, full(1, topics=["税务"]), far)
    found = collect(tmp_path)
    drawn = [
        part.spec
        for part in (subjects.chapter(found).parts[0], quality.chapter(found, Counter(), [], NOW).parts[0])
        if isinstance(part, Chart)
    ]
    topics, fields = (spec for spec in drawn if spec)
    cells = {(value["x"], value["y"]): value["n"] for value in topics["data"]["values"]}
    assert cells == {("2021-11", "税务"): 1, ("2021-11", "医保"): 0, ("2022-02", "税务"): 0, ("2022-02", "医保"): 1}
    assert {value["x"] for value in fields["data"]["values"]} == {"2021-11", "2022-02"}
    assert {"2021-12", "2022-01"} < set(fields["encoding"]["x"]["scale"]["domain"])


def test_a_run_is_named_by_its_time_in_shanghai(tmp_path: Path) -> None:
    run = run_of(tmp_path, 1, started=datetime(2021, 11, 25, 18, tzinfo=UTC))
    chart = runs.chapter(load_runs(tmp_path)).parts[0]
    assert isinstance(chart, Chart)
    assert chart.spec
    assert [bar["name"] for bar in chart.spec["data"]["values"]] == [f"2021-11-26 02:00 {run.run_id}"]


def test_a_run_says_what_it_was_given_and_what_rows_of_before_became_by_it(tmp_path: Path) -> None:
    write(tmp_path, full(1))
    run_of(tmp_path, 1, arguments={"since": "2021-11-01"}, marked=Counter({"reprint": 2, "other_original": 1}))
    judge(tmp_path, 2, None, settings=REPLAY)
    _, tree = made(tmp_path)
    replay, backfill = cells(tree, "run-list")
    assert replay[2] == "GOVNEWS_REPLAY=examples/demo.warc.gz"
    assert backfill[2] == "since=2021-11-01"
    assert replay[6] == ""
    assert backfill[6] == "转为转载 reprint 2改认首发 other_original 1"
    assert "见下表“改标”" in tree.css_first("#outcomes .note").text()


def test_charts_by_list_say_that_an_article_stands_in_several(told: tuple[str, LexborHTMLParser]) -> None:
    _, tree = told
    for key in ("per-period", "together"):
        note = tree.css_first(f"#{key} .note").text()
        assert "只计入最先列出它的" in note
        assert "named it first" in note


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        (["430100"], "湖南省长沙市"),
        (["430000", "430100"], "湖南省、长沙市"),
        (["110101", "430100", "430200"], "北京市东城区、湖南省长沙市、株洲市"),
        (["990100", "999999"], "990100、999999"),
        ([], ""),
    ],
)
def test_a_search_by_a_province_finds_the_places_in_it(codes: list[str], said: str) -> None:
    assert newest.places(codes) == said


@given(st.text())
def test_any_text_stays_text(given: str) -> None:
    tree = LexborHTMLParser(f"<p title='{text(given)}'>{text(given)}</p>")
    (element,) = tree.css("body > *")
    assert element.child is None or element.child.tag == "-text"
    assert json.loads(in_script([given])) == [given]
    assert not set(in_script([given])) & set("<>&")


@pytest.mark.parametrize(
    "url", [None, "javascript:alert(1)", "data:text/html,x", "//a.cn/", 'file:///etc"onclick="x', "JAVASCRIPT:x"]
)
def test_only_addresses_of_the_web_become_links(url: str | None) -> None:
    assert link("标题", url) == "<bdi>标题</bdi>"


def test_an_address_cannot_leave_its_attribute() -> None:
    (found,) = LexborHTMLParser(link("标题", 'https://a.cn/"onclick="x')).css("a")
    assert found.attributes["href"] == 'https://a.cn/"onclick="x'
    assert "onclick" not in found.attributes


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, LexborHTMLParser]:
    """The page about a folder in which everything is as odd as it may be."""
    data = tmp_path_factory.mktemp("data")
    odd = {"title": ODD, "source": ODD, "section": ODD, "topics": [ODD], "regions": ["999999"], "layout": ODD}
    first = full(1, **odd)
    write(
        data,
        first,
        full(2, url="javascript:alert(1)"),
        article(3, days=200),
        reprint(4, of=1, duplicate_of=first.article_id, similarity=1.0, source=ODD),
    )
    run_of(data, 1, arguments={"keyword": ODD}, internal_errors=[ODD], lists={ODD: ListStats(newest=NOON)}, after=[ODD])
    (data / "rejected").mkdir()
    line = json.dumps({"slug": ODD, "outcome": ODD})
    (data / "rejected" / "a.jsonl").write_text(f"{line}\n", "utf-8")
    return made(data)


def test_odd_text_opens_no_element(told: tuple[str, LexborHTMLParser]) -> None:
    _, tree = told
    assert [script.attributes.get("type") for script in tree.css("script")] == ["application/json", None, None]
    shown = ODD.replace("\x07", "\ufffd")
    assert shown in {cell.text() for cell in tree.css("#articles tbody th")}
    assert ODD in {bar["name"] for bar in json.loads(tree.css_first("#charts").text())["sources"]["data"]["values"]}


def test_the_page_refers_to_nothing_outside_but_the_sources_of_its_articles(told: tuple[str, LexborHTMLParser]) -> None:
    source, tree = told
    assert not tree.css(
        "[src], link, iframe, object, embed, form, base, img, video, audio, [style*=url], [srcset], [action], [ping]"
    )
    addresses = {found.attributes["href"] for found in tree.css("[href]")}
    assert {address for address in addresses if not str(address).startswith("#")} == {full(1).url}
    assert all(tree.css_first(str(address)) for address in addresses if str(address).startswith("#"))
    assert not re.search(r"url\(|@import", "".join(style.text() for style in tree.css("style")))
    (policy,) = tree.css("meta[http-equiv=Content-Security-Policy]")
    said = str(policy.attributes["content"])
    assert said.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-inline" not in said.partition("style-src")[0]
    assert "unsafe-eval" not in said
    assert source.startswith("<!DOCTYPE html>")


def test_the_page_is_read_the_same_as_it_is_written(told: tuple[str, LexborHTMLParser]) -> None:
    """A browser mends what is not well-formed; here there is nothing to mend."""
    source, tree = told
    ids = [found.attributes["id"] for found in tree.css("[id]")]
    assert len(ids) == len(set(ids))
    body = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", source, flags=re.DOTALL)
    opened = Counter(re.findall(r"<([a-z]\w*)[\s>]", body))
    closed = Counter(re.findall(r"</(\w+)>", body))
    assert {tag: n for tag, n in opened.items() if n != closed[tag]}.keys() == {"meta", "input"}
    assert {tag: len(tree.css(tag)) for tag in ("table", "tr", "td", "figure", "section")} == {
        tag: opened[tag] for tag in ("table", "tr", "td", "figure", "section")
    }


def test_every_chart_has_a_name_and_a_table(told: tuple[str, LexborHTMLParser]) -> None:
    _, tree = told
    drawn = json.loads(tree.css_first("#charts").text())
    assert len(drawn) == 13
    for key in drawn:
        plot = tree.css_first(f"#{key} #plot-{key}")
        assert plot.attributes["role"] == "img"
        assert plot.attributes["aria-label"]
        assert tree.css_first(f"#{key} details summary")
        assert cells(tree, key)
    names = [summary.text() for summary in tree.css("summary")]
    assert len(set(names)) == len(drawn), "each says of which chart it is"


def test_every_cell_of_a_table_has_a_column_and_a_row_that_name_it(told: tuple[str, LexborHTMLParser]) -> None:
    _, tree = told
    assert len(tree.css("table")) > len(tree.css("details")) > 0
    for table in tree.css("table"):
        assert table.attributes["aria-label"]
        heads = table.css("thead th")
        assert {head.attributes["scope"] for head in heads} == {"col"}
        for row in table.css("tbody tr"):
            assert [head.attributes["scope"] for head in row.css("th")] == ["row"]
            assert row.css_first("th").text()
            assert len(row.css("th, td")) == len(heads)
    for cell in tree.css(".stack td"):
        assert cell.attributes["data-label"], "its column's name goes with it where the page is narrow"


def test_headings_go_down_one_step_at_a_time(told: tuple[str, LexborHTMLParser]) -> None:
    _, tree = told
    levels = [int(str(heading.tag)[1]) for heading in tree.css("h1, h2, h3, h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


def test_what_needs_attention_is_on_the_first_screen(tmp_path: Path) -> None:
    stale = ListStats(newest=NOON - timedelta(days=9), gaps=[Gap(NOON - timedelta(hours=5), NOON)])
    write(tmp_path, full(1))
    run_of(tmp_path, 1, lists={"部委动态": stale}, stale_after=timedelta(hours=72))
    _, tree = made(tmp_path)
    shown = tree.css_first(".status.bad").text()
    assert "最近一次运行以 6 结束" in shown
    assert "部委动态" in shown
    assert "1 处缺口，共 5 小时" in shown
    fresh = ListStats(newest=NOON + timedelta(days=2))
    run_of(tmp_path, 2, lists={"部委动态": fresh}, stale_after=timedelta(hours=72))
    _, tree = made(tmp_path)
    assert tree.css_first(".status.good")


def test_an_article_alone_makes_a_page_and_the_same_folder_the_same_page(tmp_path: Path) -> None:
    write(tmp_path, article(1, source=None))
    assert made(tmp_path)[0] == made(tmp_path)[0]
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["report.html"]


def test_every_exit_code_has_a_name_in_the_report() -> None:
    assert CODES.keys() == EXIT_CODES.keys()


def test_the_policy_knows_the_scripts_as_they_stand_in_the_page(told: tuple[str, LexborHTMLParser]) -> None:
    source, tree = told
    for script in re.findall(r"<script>(.*?)</script>", source, re.DOTALL):
        digest = b64encode(sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in str(tree.css_first("meta[http-equiv]").attributes["content"])


def command(
    data: Path, *arguments: str, without: str = "", through: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """`scrapy report`; ``without``: a package that is not installed there; ``through``: what starts it."""
    start = f"import sys; sys.modules[{without!r}] = None; from scrapy.cmdline import execute; execute()"
    line = [sys.executable, "-c", start] if without else [sys.executable, "-m", "scrapy"]
    wide = os.environ | {"PYTHONIOENCODING": "utf-8"}
    line = [*through, *line, "report", *arguments, "-s", f"GOVNEWS_DATA={data}"]
    return subprocess.run(line, cwd=ROOT, env=wide, capture_output=True, encoding="utf-8", timeout=60, check=False)


def scrapy_report(data: Path, out: Path) -> int:
    """The command in this process; its exit code, or the UsageError that stands for 2."""
    done = Command()
    done.settings = Settings()
    done.settings.setmodule("govnews_spider.settings")
    done.settings.set("GOVNEWS_DATA", str(data), priority="cmdline")
    done.run([], argparse.Namespace(out=out))
    return done.exitcode


def test_the_command_names_the_file_and_its_counts(tmp_path: Path) -> None:
    data = data_folder(tmp_path / "data")
    done = command(data)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(
        rf"{re.escape(str(data / 'report.html'))}: 8 articles, 1 reprints, 0 runs; \d\.\d MB\n", done.stdout
    )
    out = tmp_path / "page.html"
    assert command(data, "--out", str(out)).returncode == 0
    assert {path.name for path in tmp_path.iterdir()} == {"data", "page.html"}


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("data", "data is a folder; name a file in it: --out data/report.html"),
        ("there/page.html", "there is no folder there; make it"),
        ("file/page.html", "there is no folder file; make it"),
        ("pipe", "pipe is no regular file"),
        ("x" * 300, "File name too long"),
    ],
)
def test_a_report_goes_only_where_a_file_may_be_made(
    tmp_path: Path, out: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("data"), full(1))
    Path("file").touch()
    os.mkfifo("pipe")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match=f"bad_argument: --out .*{re.escape(message)}"):
        scrapy_report(Path("data"), Path(out))
    assert sorted(tmp_path.rglob("*")) == before


@pytest.fixture
def obeying() -> tuple[str, ...]:
    """What starts a program that may not write where the modes say so; to root they say nothing."""
    if os.geteuid():
        return ()
    setpriv = shutil.which("setpriv")
    through = (str(setpriv), "--bounding-set=-dac_override")
    if setpriv is None or subprocess.run([*through, "true"], capture_output=True, check=False).returncode:
        pytest.skip("root writes where it likes, and there is no setpriv that keeps it from that")
    return through


@pytest.mark.parametrize("alive", [False, True])
def test_a_folder_that_may_only_be_read_has_a_report_elsewhere(
    tmp_path: Path, obeying: tuple[str, ...], *, alive: bool
) -> None:
    """``alive``: a run is writing there, or was killed."""
    data = write(tmp_path / "data", full(1))
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        killed(data, ledger)
    if not alive:
        with closing(sqlite3.connect(data / "ledger.sqlite")) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    folders = [data, *(path for path in data.rglob("*") if path.is_dir())]
    before = sorted(data.rglob("*"))
    assert (data / "ledger.sqlite-wal" in before) == alive
    for path in folders:
        path.chmod(0o555)
    done = command(data, "--out", str(tmp_path / "page.html"), through=obeying)
    for path in folders:
        path.chmod(0o755)
    assert (done.returncode, done.stderr) == (0, "")
    tree = LexborHTMLParser((tmp_path / "page.html").read_text("utf-8"))
    assert len(cells(tree, "gaps")) == 1, "which the ledger alone knows"
    assert sorted(data.rglob("*")) == before


def test_what_is_damaged_is_exit_code_7_and_leaves_the_last_report(tmp_path: Path) -> None:
    data = data_folder(tmp_path / "data")
    (data / "report.html").write_text("before", "utf-8")
    cut_in_half(day_file(data, FIRST))
    done = command(data)
    assert (done.returncode, done.stdout) == (7, "")
    assert done.stderr.startswith("damaged_day_file: ")
    assert (data / "report.html").read_text("utf-8") == "before"


@pytest.mark.parametrize(
    ("arguments", "without", "message"),
    [
        ((), "", "no_articles: "),
        (("data",), "", "bad_argument: 'data'"),
        ((), "vl_convert", "pip install 'govnews-spider[report]'"),
        (("--out", "/"), "", "bad_argument: --out / is a folder"),
    ],
)
def test_a_report_that_cannot_be_made_is_exit_code_2_and_says_how(
    tmp_path: Path, arguments: tuple[str, ...], without: str, message: str
) -> None:
    done = command(tmp_path, *arguments, without=without)
    assert done.returncode == 2
    assert message in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_nothing_is_named(tmp_path: Path) -> None:
    data = write(tmp_path / "data", full(1))
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="in_the_way"):
        report(data, tmp_path / "file" / "report.html", now=NOW)


def test_the_library_can_stand_in_a_page() -> None:
    script = library.script()
    assert "window.vegaEmbed" in script
    assert not re.search(r"</script|<!--|\r|\0", script)


def test_a_slug_that_was_rejected_and_failed_has_two_bars(tmp_path: Path) -> None:
    write(tmp_path, full(1))
    (tmp_path / "rejected").mkdir()
    lines = [{"slug": "http_404", "outcome": outcome} for outcome in ("rejected", "failed", "failed")]
    (tmp_path / "rejected" / "a.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    _, tree = made(tmp_path)
    drawn = json.loads(tree.css_first("#charts").text())["refusals"]["data"]["values"]
    assert [(bar["name"], bar["n"]) for bar in drawn] == [("http_404 (failed)", 2), ("http_404 (rejected)", 1)]
    assert cells(tree, "refusals") == [["http_404", "failed", "2"], ["http_404", "rejected", "1"]]
