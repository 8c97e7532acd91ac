"""The exit code of `crawl`: the rules as a table, and each code once more from a real run."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from govnews_spider.ledger.ledger import Ledger
from govnews_spider.runs.run import EXIT_CODES, OUTCOMES, ListStats, LostArticles, Run, exit_code
from govnews_spider.runs.summary import show
from govnews_spider.spiders.arguments import KNOWN
from tests.site import Catalog, SinaSite
from tests.support.crawls import ROOT, command, crawl

NOW = datetime(2021, 11, 25, 12, tzinfo=UTC)
FRESH, OLD = NOW - timedelta(hours=1), NOW - timedelta(hours=73)


def listed(rows: int = 3, newest: datetime | None = FRESH, **errors: int) -> ListStats:
    return ListStats(pages=1, rows=rows, newest=newest if rows else None, errors=Counter(errors))


def run_of(lists: dict[str, ListStats] | None = None, *, seen: int | None = None, **fields: Any) -> Run:
    """A run that ended by itself; its outcomes are among the fields."""
    outcomes = Counter({name: fields.pop(name) for name in OUTCOMES if name in fields})
    run = Run(run_id="r", spider="sina_gov", arguments={}, started=NOW, finished=NOW, reason="finished")
    given = {"seen": outcomes.total() if seen is None else seen, "outcomes": outcomes, "lists": lists or {}}
    return replace(run, **{"stale_after": timedelta(hours=72)} | given | fields)


RULES: list[tuple[str, Run, int]] = [
    ("all went well", run_of({"a": listed()}, stored=3), 0),
    ("nothing new", run_of({"a": listed()}, unchanged=3), 0),
    ("some pages are no articles", run_of({"a": listed()}, stored=2, rejected=1), 0),
    ("nothing has the keyword", run_of({"a": listed()}, off_topic=3), 0),
    ("only reprints", run_of({"a": listed()}, reprint=3), 0),
    ("an error of ours", run_of({"a": listed()}, stored=2, failed=1, internal_errors=["KeyError: 'a'"]), 1),
    ("the spider never closed", run_of({"a": listed()}, stored=3, reason=""), 1),
    ("stopped, but by no signal", run_of({"a": listed()}, stored=3, reason="shutdown"), 1),
    ("lists without a row", run_of({"a": listed(0, list_empty=1), "b": listed(0, list_not_registered=1)}), 3),
    ("a folder without documents", run_of(), 3),
    ("a day without news", run_of({"a": listed(0)}), 3),
    ("nothing but rejections", run_of({"a": listed()}, rejected=3), 3),
    ("lists unreachable", run_of({"a": listed(0, connection_refused=1), "b": listed(0, http_502=1)}), 4),
    ("lists answer with HTML", run_of({"a": listed(0, list_not_json=1)}), 4),
    ("one list away, the other empty", run_of({"a": listed(0, http_403=1), "b": listed(0, list_empty=1)}), 4),
    ("no article can be fetched", run_of({"a": listed()}, failed=3), 4),
    ("one list of two fails", run_of({"a": listed(), "b": listed(0, http_502=1)}, stored=3), 5),
    ("a list fails on its second page", run_of({"a": listed(50, http_502=1)}, stored=50), 5),
    ("an article fails", run_of({"a": listed()}, stored=2, failed=1), 5),
    ("a rebuild loses an article", run_of(stored=2, lost=[LostArticles("data", Counter(too_short=1), ["a b c"])]), 5),
    ("one list is not registered", run_of({"a": listed(), "b": listed(0, list_not_registered=1)}, stored=3), 5),
    ("the templates drift", run_of({"a": listed()}, stored=90, layouts=Counter(a=95), drifted=10, drift_limit=0.1), 5),
    ("a few odd pages", run_of({"a": listed()}, stored=90, layouts=Counter(a=95), drifted=9, drift_limit=0.1), 0),
    ("too few pages to tell", run_of({"a": listed()}, stored=4, layouts=Counter(a=4), drifted=4, drift_limit=0.1), 0),
    ("every list is old", run_of({"a": listed(newest=OLD), "b": listed(newest=OLD)}, unchanged=6), 6),
    ("one list is fresh", run_of({"a": listed(newest=OLD), "b": listed()}, unchanged=6), 0),
    ("old, but a backfill", run_of({"a": listed(newest=OLD)}, stored=3, stale_after=None), 0),
    ("no row told its time", run_of({"a": listed(newest=None)}, stored=3), 0),
    ("old and partial", run_of({"a": listed(newest=OLD)}, stored=2, failed=1), 5),
    ("an article vanished", run_of({"a": listed()}, stored=2, seen=3), 7),
    (
        "an article counted twice, and stopped",
        run_of({"a": listed()}, stored=4, seen=3, reason="closespider_timeout"),
        7,
    ),
    ("an article counted twice", run_of({"a": listed()}, stored=4, seen=3), 7),
    ("a sample leaves the rest", run_of({"a": listed()}, seen=3, reason="sample"), 0),
    ("a limit ends it early", run_of({"a": listed()}, stored=1, seen=3, reason="closespider_timeout"), 5),
    ("a limit ends it before anything was seen", run_of({"a": listed()}, reason="closespider_timeout", unchanged=3), 5),
    ("interrupted", run_of({"a": listed()}, stored=1, seen=3, reason="shutdown", interrupted=True), 130),
    ("killed while closing", run_of({"a": listed()}, stored=1, reason="", interrupted=True), 130),
]


@pytest.mark.parametrize(("run", "code"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES])
def test_the_rules_of_the_exit_code(run: Run, code: int) -> None:
    assert exit_code(run)[0] == code
    assert exit_code(run)[1]


WORSE: list[tuple[int, Callable[[Run], Run]]] = [
    (6, lambda run: replace(run, lists={"a": listed(newest=OLD)})),
    (5, lambda run: replace(run, seen=4, outcomes=run.outcomes + Counter(failed=1))),
    (3, lambda run: replace(run, seen=2, outcomes=Counter(rejected=2))),
    (4, lambda run: replace(run, lists={"a": listed(0, http_403=1)})),
    (7, lambda run: replace(run, seen=99)),
    (1, lambda run: replace(run, internal_errors=["KeyError"])),
    (130, lambda run: replace(run, interrupted=True)),
]


def test_the_graver_fact_decides() -> None:
    run = run_of({"a": listed()}, stored=3)
    for code, make_worse in WORSE:
        run = make_worse(run)
        assert exit_code(run)[0] == code


def test_every_code_has_its_meaning() -> None:
    assert set(EXIT_CODES) == {code for _, _, code in RULES} | {2}


CATALOG = Catalog.generate(seed=5, lists=[1686, 1689], days=[date(2021, 11, 25)], count=6)
ARTICLES = [article.url for article in CATALOG.articles]


@pytest.fixture
def site() -> Any:
    with SinaSite(CATALOG) as served:
        yield served


LISTS = ("sections=国内滚动,部委动态",)


@pytest.mark.parametrize(
    ("arguments", "settings", "message"),
    [
        (["sections=部委動态"], {}, "unknown_section: '部委動态'"),
        (["section=1686"], {}, "unknown_argument: section; the spider has sections"),
        (["since=2021-13-01"], {}, "bad_day: since='2021-13-01'"),
        (["until=2021-11-25"], {}, "until_without_since: until=2021-11-25"),
        (["since=2021-11-26", "until=2021-11-25"], {}, "empty_period: since=2021-11-26 is after 2021-11-25"),
        (["topics=跨省通办,养猫"], {}, "unknown_topic: 养猫; known are 跨省通办、"),
        (["max_pages=0"], {}, "bad_count: max_pages='0'"),
        ([], {"GOVNEWS_GATEWAY": "localhost:8155"}, "bad_setting: GOVNEWS_GATEWAY='localhost:8155'"),
        ([], {"GOVNEWS_CONTACT": "a) b"}, "bad_setting: GOVNEWS_CONTACT='a) b'"),
        ([], {"GOVNEWS_STALE_AFTER": "soon"}, "bad_setting: GOVNEWS_STALE_AFTER='soon'"),
        (
            [],
            {"GOVNEWS_REPALY": "a.warc.gz"},
            "unknown_setting: GOVNEWS_REPALY: no setting has this name; did you mean GOVNEWS_REPLAY?",
        ),
        ([], {"GOVNEWS_REPLAY": ROOT / "docs"}, "docs: there is no archive (.warc, .warc.gz, .wacz)"),
        (["as_of=2021-11-25"], {}, "as_of_without_replay: as_of chooses among archived answers"),
    ],
)
def test_2_a_bad_argument_or_setting_ends_before_any_request(
    tmp_path: Path, arguments: list[str], settings: dict[str, Any], message: str
) -> None:
    done = crawl(tmp_path / "data", "sina_gov", *arguments, **settings)
    assert done.code == 2
    assert message in done.log
    assert "Traceback" not in done.log
    assert not done.data.exists()


def test_2_a_setting_of_the_environment_that_does_not_exist(tmp_path: Path) -> None:
    done = crawl(tmp_path / "data", "seeds", env={"GOVNEWS_DAT": str(tmp_path)})
    assert (done.code, "unknown_setting: GOVNEWS_DAT: " in done.log, done.data.exists()) == (2, True, False)


def test_2_a_data_folder_that_cannot_be_used(tmp_path: Path) -> None:
    done = crawl(Path("/proc/data"), "seeds")
    assert (done.code, "data_unusable: /proc/data: " in done.log, "Traceback" in done.log) == (2, True, False)
    with Ledger(tmp_path / "ledger.sqlite"):
        done = crawl(tmp_path, "seeds")
    assert (done.code, f"process {os.getpid()} is writing" in done.log, "Traceback" in done.log) == (2, True, False)
    assert not (tmp_path / "runs").exists()


def test_2_a_spider_that_does_not_exist(tmp_path: Path) -> None:
    done = crawl(tmp_path / "data", "sina")
    assert (done.code, "unknown_spider: 'sina'; there are seeds, sina_gov" in done.log) == (2, True)


@pytest.mark.parametrize("kind", ["code11", "empty_list"])
def test_3_lists_that_have_nothing(tmp_path: Path, site: SinaSite, kind: str) -> None:
    site.fault("https://feed.mix.sina.com.cn/api", kind)
    done = crawl(tmp_path, "sina_gov", *LISTS, gateway=site.url)
    assert (done.code, done.report["exit_code"]) == (3, 3)


@pytest.mark.parametrize(
    ("kind", "slug"),
    [
        (403, "http_403"),
        (502, "http_502"),
        (429, "http_429"),
        ("html", "list_not_json"),
        ("empty", "list_empty_body"),
        ("truncated_json", "list_truncated"),
        ("truncated", "truncated_body"),
        ("reset", "connection_lost"),
    ],
)
def test_4_lists_that_cannot_be_read(tmp_path: Path, site: SinaSite, kind: str | int, slug: str) -> None:
    site.fault("https://feed.mix.sina.com.cn/api", kind)
    done = crawl(tmp_path, "sina_gov", *LISTS, gateway=site.url, GOVNEWS_WAIT_MAX=0.05)
    assert done.code == 4
    assert done.report["slugs"] == {slug: 2}
    assert [line["slug"] for line in done.rejections] == [slug, slug]


def test_4_a_site_that_does_not_answer(tmp_path: Path) -> None:
    done = crawl(tmp_path, "sina_gov", *LISTS, gateway="http://127.0.0.1:1")
    assert (done.code, done.report["slugs"]) == (4, {"robots_unavailable": 2})


def test_5_one_list_fails_and_the_other_arrives(tmp_path: Path, site: SinaSite) -> None:
    site.fault(lambda url: "lid=1689" in url, 502)
    done = crawl(tmp_path, "sina_gov", *LISTS, gateway=site.url)
    assert done.code == 5
    assert done.balance["stored"] == done.balance["seen"] > 0
    assert done.report["lists"]["部委动态"]["errors"] == {"http_502": 1}


def test_6_old_news_is_stale_unless_it_was_asked_for(tmp_path: Path, site: SinaSite) -> None:
    assert crawl(tmp_path, "sina_gov", *LISTS, gateway=site.url, GOVNEWS_STALE_AFTER=72).code == 6
    backfill = ("since=2021-11-25", "until=2021-11-25")
    assert crawl(tmp_path, "sina_gov", *LISTS, *backfill, gateway=site.url, GOVNEWS_STALE_AFTER=72).code == 0


FAULT_INJECTOR = (
    '{"govnews_spider.extensions.run_report.RunReport": 0, "tests.support.fault_injection.FaultInjector": 1}'
)


@pytest.mark.parametrize(
    "place", ["start", "parse_list", "parse_article", "article_failed", "stage", "accept", "open", "close", "writer"]
)
def test_1_an_error_of_ours_wherever_it_happens(tmp_path: Path, site: SinaSite, place: str) -> None:
    site.fault(lambda url: "doc-i" in url, 404, times=1)
    settings = {"EXTENSIONS": FAULT_INJECTOR, "FAULT_PLACE": place, "LOG_LEVEL": "CRITICAL"}
    done = crawl(tmp_path, "sina_gov", *LISTS, gateway=site.url, **settings)
    assert done.code == 1
    assert done.report["exit_code"] == 1
    assert done.report["errors"][0] == f"ZeroDivisionError: injected fault in {place}"


def test_7_an_article_that_vanishes_on_the_way(tmp_path: Path, site: SinaSite) -> None:
    done = crawl(tmp_path, "sina_gov", *LISTS, gateway=site.url, EXTENSIONS=FAULT_INJECTOR, FAULT_PLACE="vanish")
    assert (done.code, done.report["unaccounted"]) == (7, 6)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_130_a_signal_ends_it_and_what_was_stored_is_written(
    tmp_path: Path, site: SinaSite, number: signal.Signals
) -> None:
    site.fault(ARTICLES[0], "slow", seconds=2.0)
    line = command(tmp_path, "sina_gov", *LISTS, gateway=site.url)
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _wait_for(lambda: sum("doc-i" in url for url in site.requests) >= 6)
        time.sleep(0.3)
        process.send_signal(number)
        assert process.wait(timeout=30) == 130
    (report,) = (tmp_path / "runs").glob("*.json")
    assert '"exit_code": 130' in report.read_text(encoding="utf-8")
    assert len(list((tmp_path / "posts").rglob("*.md"))) >= 5


def signalled(line: list[str], ready: Callable[[], bool], *numbers: signal.Signals) -> int:
    """The exit code of a crawl that gets these signals once it is ready."""
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(ready)
            for number in numbers:
                process.send_signal(number)
                time.sleep(0.3)
            return process.wait(timeout=30)
        finally:
            process.kill()


def only_report(data: Path) -> dict[str, Any]:
    (path,) = (data / "runs").glob("*.json")
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return report


def test_130_a_replay_of_many_files_ends_and_the_next_run_goes_on(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    text = (ROOT / "seeds" / "003_765698001f50274d.txt").read_text(encoding="utf-8")
    for number in range(600):
        (tmp_path / "in" / f"{number}.md").write_text(text.replace("南昌", f"南昌{number}"), encoding="utf-8")
    data, path = tmp_path / "data", f"path={tmp_path / 'in'}"
    begun = lambda: any(data.glob("posts/**/*.md"))  # noqa: E731 - a name for what is waited for
    line = command(data, "seeds", path, GOVNEWS_FLUSH_ROWS=20)
    assert signalled(line, begun, signal.SIGINT) == 130
    stored = only_report(data)["balance"]["stored"]
    assert 0 < stored < 600
    assert crawl(data, "seeds", path).balance == {"seen": 600, "stored": 600 - stored, "unchanged": stored}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_130_a_signal_while_the_pipelines_open(tmp_path: Path, number: signal.Signals) -> None:
    mark = tmp_path / "mark"
    settings = {"EXTENSIONS": FAULT_INJECTOR, "FAULT_PLACE": "slow_open", "FAULT_MARK": mark}
    assert signalled(command(tmp_path / "data", "seeds", **settings), mark.exists, number) == 130


def test_130_a_signal_while_the_site_asked_for_patience(tmp_path: Path, site: SinaSite) -> None:
    site.fault(lambda url: "doc-i" in url, 429, retry_after="100")
    line = command(tmp_path, "sina_gov", *LISTS, gateway=site.url)
    began = time.monotonic()
    assert signalled(line, lambda: any("doc-i" in url for url in site.requests), signal.SIGINT) == 130
    assert time.monotonic() - began < 20
    report = only_report(tmp_path)
    assert report["balance"] | {"seen": 6} == dict.fromkeys(report["balance"], 0) | {"seen": 6}
    assert report["unaccounted"] == 6


def test_130_a_second_signal_ends_it_at_once_and_the_account_is_told(tmp_path: Path, site: SinaSite) -> None:
    site.fault(lambda url: "doc-i" in url, "slow", seconds=25.0)
    line = command(tmp_path, "sina_gov", *LISTS, gateway=site.url, DOWNLOAD_TIMEOUT=60)
    began = time.monotonic()
    ready = lambda: any("doc-i" in url for url in site.requests)  # noqa: E731 - as above
    assert signalled(line, ready, signal.SIGINT, signal.SIGINT) == 130
    assert time.monotonic() - began < 15
    assert only_report(tmp_path)["exit_code"] == 130


def test_1_a_log_of_rejections_that_cannot_be_written_is_told_once_and_the_balance_adds_up(
    tmp_path: Path, site: SinaSite
) -> None:
    (tmp_path / "rejected").touch()
    site.fault(ARTICLES[0], 404)
    site.fault(ARTICLES[1], 502)
    report = crawl(tmp_path, "sina_gov", *LISTS, gateway=site.url).report
    assert report["exit_code"] == 1
    assert [fault.partition(":")[0] for fault in report["faults"]] == ["in_the_way"]
    assert {name: count for name, count in report["balance"].items() if count} == {
        "seen": 6,
        "stored": 4,
        "rejected": 1,
        "failed": 1,
    }


def test_the_balance_names_what_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    show(run_of({"a": listed()}, stored=56, seen=120, reason="shutdown", interrupted=True))
    assert re.search(r"left for the next run\W+64\b", capsys.readouterr().out)


def test_the_balance_tells_what_became_of_rows_that_were_stored_before(capsys: pytest.CaptureFixture[str]) -> None:
    show(run_of({"a": listed()}, stored=37, seen=37, marked=Counter(reprint=1008, other_original=3, article=2)))
    said = capsys.readouterr().out.splitlines()
    assert said[-4].startswith("1,008 moved to the reprints")
    assert said[-3].startswith("3 reprints of another one now")
    assert said[-2].startswith("2 moved to the articles")


def test_the_help_of_crawl_names_the_spiders_and_their_arguments() -> None:
    line = [sys.executable, "-m", "scrapy", "crawl", "--help"]
    told = subprocess.run(line, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=60, check=True).stdout
    assert {"seeds", "path", "sina_gov", *KNOWN} <= set(re.findall(r"\w+", told))


def test_scrapys_own_commands_work(tmp_path: Path, site: SinaSite) -> None:
    line = [sys.executable, "-m", "scrapy", "fetch", ARTICLES[0], "-s", f"GOVNEWS_GATEWAY={site.url}"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0
    assert b"</html>" in done.stdout
    assert b"Traceback" not in done.stderr


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "the crawl did not get that far"
        time.sleep(0.05)
