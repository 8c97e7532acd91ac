"""The report in a real browser, Debian's Chromium, opened from disk with the network off."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from govnews_spider.article import Article
from govnews_spider.ledger.coverage import Gap
from govnews_spider.report import report
from govnews_spider.runs.run import ListStats, Run
from govnews_spider.storage.parquet import ParquetWriter
from tests.support.crawls import ROOT
from tests.support.rows import NOON, full

PYTHON = ROOT / ".venv-browser" / "bin" / "python"
LISTS = ("国内滚动", "宏观经济", "地方经济", "部委动态", "金融新闻", None)
SOURCES = ("江城晚报", "河口日报", "21世纪江城经济报道", "北岭新闻网", "海右县人民政府发布", None)
TOPICS = ("跨省通办", "政务服务", "医保", "房地产调控", "货币政策", "新型城镇化建设")
PLACES = ("110000", "430100", "650000", "450000", "150000", "522300")
CHARTS = ("per-period", "together", "calendar", "coverage", "layouts", "refusals", "topics", "regions", "sources", "pairs", "lags", "outcomes", "endings")  # fmt: skip
ODD = "</script>“放管服”<b>&amp;"
SLUGS = ("unknown_layout", "http_404", "headimg_thumbnail_differ")
PLACED = ("cut", "covered", "beyond", "narrow", "paper")
COUNT = 700
VIEWS = [f"{width}-{scheme}" for width in (1280, 390) for scheme in ("light", "dark")]


def articles(rng: random.Random) -> Iterator[Article]:
    """Of 400 days, a reprint among ten."""
    for number in range(COUNT):
        fields: dict[str, Any] = {
            "section": rng.choice(LISTS),
            "source": rng.choice(SOURCES),
            "author": rng.choice(("王小河", None)),
            "topics": rng.sample(TOPICS, 2),
            "regions": rng.sample(PLACES, 2),
            "layout": rng.choice(("finance_2018_artibody", "news_2018_article")),
        }
        yield (one := full(number, days=number * 400 / COUNT, **fields))
        if number % 10 == 0:
            again = full(
                COUNT + number, title=one.title, published_at=one.published_at + timedelta(hours=rng.expovariate(0.2))
            )
            again.duplicate_of, again.similarity, again.source = one.article_id, 0.9, rng.choice(SOURCES)
            yield again
    yield full(9_999, title=ODD, days=401)


def account(number: int, rng: random.Random) -> dict[str, Any]:
    """What a run says of itself."""
    at = NOON + timedelta(days=380 + number)
    run = Run(
        run_id=f"{at:%Y%m%dT%H%M%SZ}-{number}", spider="sina_gov", arguments={}, started=at, finished=at, seconds=90
    )
    run.reason, run.seen = "shutdown" if number == 9 else "finished", 60
    run.outcomes.update(stored=40, unchanged=10, reprint=5, rejected=rng.randrange(5))
    run.outcomes["failed"] = run.seen - run.outcomes.total()
    run.lists["部委动态"] = ListStats(newest=at, gaps=[Gap(at - timedelta(hours=9), at - timedelta(hours=4))])
    run.marked.update(reprint=2, article=1, other_original=number)
    if number % 2:
        return run.as_json()
    run.lists["地方经济"] = ListStats(newest=at - timedelta(days=1823))
    return run.as_json() | {"settings": {"GOVNEWS_REPLAY": "archives/20211125T060000Z-sina_gov-4d1f-00000.warc.gz"}}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


def looked(data: Path, title: str, pictures: Path) -> dict[str, Any]:
    """What a browser sees of the report on that folder."""
    browser = shutil.which("chromium")
    assert browser, "no_browser: apt-get install chromium fonts-noto-cjk"
    assert PYTHON.exists(), f"no_playwright: {PYTHON} is not there; `make test-all` sets it up"
    report(data, data / "report.html", now=datetime(2023, 1, 1, tzinfo=UTC))
    line = [PYTHON, Path(__file__).with_name("looking.py"), browser, data / "report.html", title, pictures]
    clean = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(line, env=clean, capture_output=True, encoding="utf-8", timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def write(data: Path, rows: Iterable[Article]) -> None:
    writer = ParquetWriter(data)
    for one in rows:
        one.first_seen = one.published_at
        writer.write(one.day, [one])
    writer.flush()


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, pictures: Path) -> dict[str, Any]:
    """Of more than a year."""
    data = tmp_path_factory.mktemp("data")
    rng = random.Random(7)
    write(data, articles(rng))
    for folder in ("runs", "rejected"):
        (data / folder).mkdir()
    for told in (account(number, rng) for number in range(20)):
        (data / "runs" / f"{told['run_id']}.json").write_text(json.dumps(told), "utf-8")
    lines = [{"slug": rng.choice(SLUGS), "outcome": rng.choice(("rejected", "failed"))} for _ in range(30)]
    (data / "rejected" / "a.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    return looked(data, full(321).title, pictures)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Of three days, with no run to tell of."""
    data = tmp_path_factory.mktemp("few")
    write(data, (full(number, days=number // 2, section=LISTS[number % 3]) for number in range(6)))
    return looked(data, full(3).title, tmp_path_factory.mktemp("pictures"))


@pytest.mark.parametrize("view", VIEWS)
class TestView:
    """Wide and narrow, by day and by night."""

    def test_no_request_leaves_and_nothing_is_complained_of(self, seen: dict[str, Any], view: str) -> None:
        assert [address for address in seen[view]["asked"] if not address.startswith("data:")] == seen[view]["asked"][
            :1
        ]
        assert seen[view]["told"] == []

    def test_every_chart_has_marks(self, seen: dict[str, Any], view: str) -> None:
        marks = seen[view]["marks"]
        assert marks.keys() == {f"plot-{key}" for key in CHARTS}
        assert {key for key, count in marks.items() if count < 2} == set()

    def test_nothing_is_cut_or_covered_or_wider_than_the_screen(self, seen: dict[str, Any], view: str) -> None:
        """Nor than one of 320 pixels, nor than a sheet of paper."""
        assert {name: seen[view][name] for name in PLACED} == {name: [] for name in PLACED}

    def test_every_text_stands_out_from_what_is_behind_it(self, seen: dict[str, Any], view: str) -> None:
        """4.5 to 1, as WCAG 2 asks for (AA)."""
        assert seen[view]["faint"] == []

    def test_the_search_finds_a_title_and_nothing_else(self, seen: dict[str, Any], view: str) -> None:
        """What is found is what is printed, however far down it stands."""
        assert seen[view]["found"] == seen[view]["printed"] == [full(321).title]
        assert seen[view]["none"] == []
        assert seen[view]["shown"] == 100

    def test_the_search_by_a_province_finds_what_names_only_places_in_it(self, seen: dict[str, Any], view: str) -> None:
        """As the chart of provinces counts."""
        assert seen[view]["province"] == seen[view]["places"]
        assert len(seen[view]["places"]) == 100, "and more are not shown"

    def test_the_search_says_how_many_and_escape_empties_it(self, seen: dict[str, Any], view: str) -> None:
        assert seen[view]["said"] == "0 篇符合，显示 0 篇 · 0 of 0 shown"
        assert seen[view]["again"] == 100
        assert len(seen[view]["spoken"]["status"]) == 1

    def test_keys_do_what_a_mouse_does(self, seen: dict[str, Any], view: str) -> None:
        """Tab stops in the order of the page, each time where it can be seen; more rows go on at the first new one."""
        assert seen[view]["keys"] == {
            "skip": True,
            "more": 100,
            "table": True,
            "search": True,
            "order": True,
            "unseen": [],
        }

    def test_a_reader_that_speaks_is_told_what_a_picture_is_and_where_its_numbers_are(
        self, seen: dict[str, Any], view: str
    ) -> None:
        spoken = seen[view]["spoken"]
        assert len(spoken["image"]) == len(set(spoken["image"])) == len(CHARTS)
        assert all("数据表" in name and "table" in name for name in spoken["image"])
        assert len(set(spoken["DisclosureTriangle"])) == len(CHARTS)

    def test_a_reader_that_speaks_is_told_of_tables_and_rows_on_a_phone_too(
        self, seen: dict[str, Any], view: str
    ) -> None:
        """Where rows are laid out as blocks, Safari takes them for rows by their roles alone."""
        spoken = seen[view]["spoken"]
        assert seen[view]["plain"] == 0
        assert sorted(name.split()[0] for name in spoken["table"]) == [
            "列表新鲜度",
            "最新文章",
            "最近的运行（至多",
            "缺口：从未读到的时段",
            "转载最多的文章",
        ]
        assert full(COUNT - 1).title in spoken["rowheader"]
        assert len(set(spoken["region"])) == len(spoken["region"]) == 7

    def test_there_is_a_picture_of_it(self, seen: dict[str, Any], pictures: Path, view: str) -> None:
        assert (pictures / f"{view}.png").stat().st_size > 100_000


@pytest.mark.parametrize("view", VIEWS)
def test_a_report_of_three_days_is_drawn_as_well(few: dict[str, Any], view: str) -> None:
    assert {name: few[view][name] for name in PLACED} == {name: [] for name in PLACED}
    assert (few[view]["faint"], few[view]["told"], few[view]["keys"]["unseen"]) == ([], [], [])
    marks = few[view]["marks"]
    assert marks["plot-per-period"] == 6, "two lists a day"
    assert marks["plot-calendar"] == 3
    assert marks["plot-coverage"] == 12
    assert all(marks.values())
    assert few[view]["keys"]["more"] is None


def test_without_scripts_every_row_and_every_table_is_there(seen: dict[str, Any]) -> None:
    plain = seen["plain"]
    assert plain["rows"] == COUNT + 1
    assert (plain["last"], plain["table"], plain["search"]) == (True, True, False)
    assert "图表需要脚本" in plain["said"]


def test_it_is_printed(seen: dict[str, Any], pictures: Path) -> None:
    assert (pictures / "print.pdf").read_bytes().startswith(b"%PDF")
