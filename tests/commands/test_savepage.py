"""`scrapy savepage`: a test made of a page, from its bytes and the values read from it, to be checked by a human."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from govnews_spider.commands.savepage import expected_of, golden_problems
from govnews_spider.core import extract

ROOT = Path(__file__).parents[2]
NOTICE = ROOT / "tests/pages/news_2018_article/notice.html"
URL = "https://news.sina.com.cn/c/2021-11-25/doc-iktzqtyt9000001.shtml"
CASES = sorted(path.with_suffix("") for path in (ROOT / "tests/pages").glob("*/*.html"))
GOOD: dict[str, Any] = {
    "title": "十七部门联合推进早期矫正",
    "published_at": "2021-11-25T18:57:00+08:00",
    "source": "新华社",
    "author": None,
    "editor": "王翔",
    "keywords": [],
    "images": [["https://n.sinaimg.cn/a.jpg", ""]],
    "text": "教育部25日发布通知。",
}


def savepage(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "scrapy", "savepage", *arguments, "--folder", str(folder)]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False)


def test_a_page_is_saved_under_its_layout_with_what_was_read_from_it(tmp_path: Path) -> None:
    done = savepage(str(NOTICE), "notice-2", "--url", URL, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    saved = tmp_path / "news_2018_article/notice-2"
    assert f"Saved {saved}.html and {saved}.json." in done.stdout
    assert saved.with_suffix(".html").read_bytes() == NOTICE.read_bytes()
    golden = json.loads(saved.with_suffix(".json").read_text("utf-8"))
    assert golden["url"] == URL
    assert golden["expected"]["published_at"] == "2021-11-25T09:12:31+08:00"
    assert golden["expected"]["author"] == "周慕白"
    assert golden["expected"]["images"][0][1] == "市民在自助机上办事。"
    assert "kind" not in golden["expected"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_what_it_expects_of_a_known_page_is_what_its_golden_says(case: Path) -> None:
    """The format is that of tests/pages: every value of a checked golden comes out the same, and no checked golden has a fault."""
    golden = json.loads(case.with_suffix(".json").read_text("utf-8"))
    expected = expected_of(extract(case.with_suffix(".html").read_bytes(), url=golden["url"]))
    assert {field: expected.get(field) for field in golden["expected"] if field in expected} == {
        field: value for field, value in golden["expected"].items() if field in expected
    }
    assert golden_problems(expected) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    kept = tmp_path / "news_2018_article/notice.json"
    kept.parent.mkdir()
    kept.write_text("checked by hand", "utf-8")
    done = savepage(str(NOTICE), "notice", folder=tmp_path)
    assert done.returncode == 2
    assert f"page_exists: {kept}" in done.stderr
    assert [path.name for path in kept.parent.iterdir()] == ["notice.json"]
    assert kept.read_text("utf-8") == "checked by hand"


def test_a_rejected_page_is_not_saved(tmp_path: Path) -> None:
    page = tmp_path / "list.html"
    page.write_text("<title>滚动新闻</title>" + "<a>今日要闻与各地快讯</a>" * 30, "utf-8")
    done = savepage(str(page), "list", folder=tmp_path / "pages")
    assert done.returncode == 3
    assert "not_an_article: " in done.stdout
    assert not (tmp_path / "pages").exists()


def test_a_value_that_must_be_wrong_is_named_and_ends_with_7(tmp_path: Path) -> None:
    """The page is saved all the same: it is the test that the extractor fails."""
    page = tmp_path / "garbled.html"
    page.write_bytes(NOTICE.read_bytes().replace("江城日报".encode(), b"\xe6\xb1\x9f\xff\xff"))
    done = savepage(str(page), "garbled", folder=tmp_path)
    assert done.returncode == 7
    assert "wrong    bad_sign" in done.stdout
    assert (tmp_path / "news_2018_article/garbled.json").exists()


@pytest.mark.parametrize(
    ("arguments", "slug"),
    [
        ((str(NOTICE),), "bad_argument"),
        ((str(NOTICE), "../notice"), "bad_name"),
        ((str(NOTICE), "Notice.html"), "bad_name"),
        (("nowhere.html", "notice"), "unreadable_page"),
    ],
)
def test_what_cannot_be_done_ends_with_2_and_says_why(arguments: tuple[str, ...], slug: str, tmp_path: Path) -> None:
    done = savepage(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert slug in done.stderr


def test_a_folder_that_cannot_be_made_ends_with_2(tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    done = savepage(str(NOTICE), "notice", folder=tmp_path / "a file")
    assert (done.returncode, "cannot_save: " in done.stderr, "Traceback" in done.stderr) == (2, True, False)


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"text": "教育部\ufffd日发布"}, "bad_sign"),
        ({"title": "十七部门联合推进早期矫正_新浪网"}, "site_in_title"),
        ({"source": ""}, "empty_value: source"),
        ({"text": ""}, "empty_value: text"),
        ({"author": "王翔"}, "editor_as_author"),
        ({"images": [["http://n.sinaimg.cn/a.jpg", ""]]}, "insecure_picture"),
    ],
)
def test_a_golden_with_a_fault_is_found_out(values: dict[str, Any], fault: str) -> None:
    assert [problem.startswith(fault) for problem in golden_problems(GOOD | values)] == [True]


@pytest.mark.parametrize("values", [{}, {"kind": "gallery", "text": ""}, {"kind": "video", "text": ""}])
def test_a_good_golden_has_no_fault(values: dict[str, Any]) -> None:
    assert golden_problems(GOOD | values) == []
