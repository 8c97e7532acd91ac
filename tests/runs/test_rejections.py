from __future__ import annotations

import json
from pathlib import Path

from govnews_spider.runs.rejections import RejectedLog, Rejection

LIST_PAGE = Rejection(
    slug="unknown_layout",
    detail="https://finance.sina.com.cn/china/: 没有正文；\n它是一张列表页",
    url="https://finance.sina.com.cn/china/",
    origin="https://finance.sina.com.cn/china/",
    outcome="rejected",
)
NO_FILE = Rejection(slug="unreadable_file", detail="a.md: 读不出", url=None, origin="seeds/a.md", outcome="failed")


def test_a_run_without_rejections_leaves_no_file(tmp_path: Path) -> None:
    RejectedLog(tmp_path, "20211126T010203Z").close()
    assert list(tmp_path.iterdir()) == []


def test_every_rejection_is_one_line_of_json_with_its_chinese_legible(tmp_path: Path) -> None:
    log = RejectedLog(tmp_path, "20211126T010203Z")
    log.add(LIST_PAGE)
    log.add(NO_FILE)
    log.close()
    lines = (tmp_path / "rejected" / "20211126T010203Z.jsonl").read_text(encoding="utf-8").splitlines()
    assert [Rejection(**json.loads(line)) for line in lines] == [LIST_PAGE, NO_FILE]
    assert "列表页" in lines[0]


def test_a_line_is_in_the_file_when_add_returns(tmp_path: Path) -> None:
    log = RejectedLog(tmp_path, "run")
    log.add(NO_FILE)
    assert (tmp_path / "rejected" / "run.jsonl").read_text(encoding="utf-8").endswith("}\n")
    log.close()


def test_a_log_that_is_opened_again_is_continued(tmp_path: Path) -> None:
    for rejection in (LIST_PAGE, NO_FILE):
        log = RejectedLog(tmp_path, "run")
        log.add(rejection)
        log.close()
    assert len((tmp_path / "rejected" / "run.jsonl").read_text(encoding="utf-8").splitlines()) == 2


def test_a_lone_surrogate_in_a_detail_does_not_stop_the_log(tmp_path: Path) -> None:
    log = RejectedLog(tmp_path, "run")
    log.add(Rejection(slug="bad_title", detail="半个字\ud842", url=None, origin="a.md", outcome="rejected"))
    log.add(NO_FILE)
    log.close()
    lines = (tmp_path / "rejected" / "run.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["slug"] for line in lines] == ["bad_title", "unreadable_file"]
