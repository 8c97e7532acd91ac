"""Run reports on disk; `tests/report/test_report.py` has what the report reads of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from govnews_spider.runs.rejections import read_rejections
from govnews_spider.runs.run import ListStats, Run
from govnews_spider.runs.saved_runs import load_runs, read_run_report, write_run_report
from govnews_spider.storage.errors import StorageError

STARTED = datetime(2021, 11, 26, 1, 2, 3, tzinfo=UTC)


def run_of(**fields: Any) -> Run:
    run = Run(run_id="20211126T010203Z-sina_gov-ab12", spider="sina_gov", arguments={}, started=STARTED)
    for name, value in {"finished": STARTED + timedelta(seconds=5), "reason": "finished", **fields}.items():
        setattr(run, name, value)
    return run


def test_a_report_that_is_read_again_says_what_the_run_was(tmp_path: Path) -> None:
    lists = {"部委动态": ListStats(rows=3, newest=STARTED)}
    write_run_report(tmp_path, run_of(arguments={"keyword": "央行"}, seen=1, lists=lists, after=["dead"]))
    saved = load_runs(tmp_path)
    (run,) = saved.runs
    assert (run.run_id, run.arguments, run.started) == ("20211126T010203Z-sina_gov-ab12", {"keyword": "央行"}, STARTED)
    assert (run.balance["seen"], run.lists["部委动态"].newest, saved.killed) == (1, STARTED, ["dead"])


def test_the_keys_of_errors_in_the_report_are_those_of_former_versions(tmp_path: Path) -> None:
    error = StorageError("disk_full", "data: no room")
    write_run_report(tmp_path, run_of(internal_errors=["ValueError: x"], storage_errors=[error]))
    report = json.loads(next(tmp_path.glob("runs/*.json")).read_text("utf-8"))
    assert (report["errors"], report["faults"]) == (["ValueError: x"], ["disk_full: data: no room"])


def test_a_path_that_is_no_utf_8_does_not_stop_the_report_of_any_run(tmp_path: Path) -> None:
    write_run_report(tmp_path, run_of(arguments={"from": "/data/\udcff.warc.gz"}))
    assert load_runs(tmp_path).runs[0].arguments == {"from": "/data/\udcff.warc.gz"}


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "JSONDecodeError: "), ("{}", "KeyError: 'run_id'"), ("[]", "TypeError: ")],
)
def test_a_report_that_cannot_be_read_is_a_value_error_that_names_the_reason(
    tmp_path: Path, content: str, message: str
) -> None:
    (tmp_path / "a.json").write_text(content, "utf-8")
    with pytest.raises(ValueError, match=message):
        read_run_report(tmp_path / "a.json", lambda report: report["run_id"])


def test_a_log_is_read_by_the_keys_that_are_asked_for_and_its_last_line_may_break_off(tmp_path: Path) -> None:
    log = tmp_path / "a.jsonl"
    log.write_text('{"slug": "no_time"}\n{"slug": "no_text", "outcome": "failed"}\n{"slug', "utf-8")
    assert list(read_rejections(log, "slug")) == [("no_time",), ("no_text",)]
    with pytest.raises(ValueError, match=r"^line 1: KeyError: 'outcome'$"):
        list(read_rejections(log, "slug", "outcome"))
    assert list(read_rejections(tmp_path / "none.jsonl", "slug")) == []
