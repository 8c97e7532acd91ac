"""Habits of all commands: their names, their descriptions, and terminals without Chinese."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from scrapy import commands as scrapy_commands

from govnews_spider import commands
from tests.support.damage import flip_bit
from tests.support.data_folders import FIRST, data_folder, day_file

ROOT = Path(__file__).parents[2]
NOTICE = ROOT / "tests/pages/news_2018_article/notice.html"
OURS = {"crawl", "diff", "layouts", "rebuild", "report", "savepage", "verify"}


def scrapy(*arguments: str, encoding: str = "utf-8") -> subprocess.CompletedProcess[str]:
    line, env = [sys.executable, "-m", "scrapy", *arguments], os.environ | {"PYTHONIOENCODING": encoding}
    return subprocess.run(line, cwd=ROOT, env=env, capture_output=True, encoding="utf-8", timeout=120, check=False)


def modules(package: object) -> set[str]:
    return {path.stem for path in Path(package.__file__).parent.glob("*.py")} - {"__init__"}  # type: ignore[attr-defined]


def test_scrapy_lists_the_modules_of_the_package_and_no_base_class() -> None:
    done = scrapy("-h")
    listed = set(re.findall(r"^  (\w+) {2,}\S", done.stdout, re.MULTILINE))
    assert listed == modules(scrapy_commands) | OURS
    assert modules(commands) == OURS


@pytest.mark.parametrize("name", sorted(OURS))
def test_the_help_of_a_command_says_what_it_does_and_names_its_arguments(name: str) -> None:
    done = scrapy(name, "-h", encoding="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(rf"^  scrapy {name} \[options\]", done.stdout, re.MULTILINE)
    assert len(done.stdout.split("Options")[0].split()) > 15


@pytest.mark.parametrize(
    ("line", "code", "printed"),
    [
        (("layouts", str(NOTICE)), 0, "????"),
        (("layouts", "{tmp}/list.html"), 3, "not_an_article"),
        (("layouts",), 0, "news_2018_article"),
        (("savepage", str(NOTICE), "notice", "--folder", "{tmp}/页面"), 0, "Saved {tmp}/??/news_2018_article/notice.html"),
        (("savepage", "{tmp}/garbled.html", "garbled", "--folder", "{tmp}/页面"), 7, "wrong    bad_sign"),
        (("report", "--out", "{tmp}/报告.html", "-s", "GOVNEWS_DATA={tmp}/数据"), 0, "{tmp}/??.html: 8 articles"),
        (("verify", "-s", "GOVNEWS_DATA={tmp}/数据"), 0, "day files"),
        (("verify", "-s", "GOVNEWS_DATA={tmp}/坏"), 7, "damaged_day_file"),
        (("diff", "{tmp}/数据", "{tmp}/数据"), 0, "OLD  {tmp}/??: 9 articles"),
        (("rebuild", "--from", "{tmp}/没有", "--to", "{tmp}/新"), 2, ""),
        (("rebuild", "--from", "{tmp}/档案", "--to", "{tmp}/新", "--workers", "1", "-s", "GOVNEWS_DATA={tmp}/数据"), 0, "OLD  {tmp}/??"),
    ],
)  # fmt: skip
def test_a_terminal_without_chinese_is_no_error(tmp_path: Path, line: tuple[str, ...], code: int, printed: str) -> None:
    (tmp_path / "list.html").write_text("<title>滚动新闻</title>" + "<a>今日要闻与各地快讯</a>" * 30, "utf-8")
    garbled = NOTICE.read_bytes().replace("江城日报".encode(), b"\xe6\xb1\x9f\xff\xff")
    (tmp_path / "garbled.html").write_bytes(garbled)
    if line[0] in ("report", "verify", "diff", "rebuild"):
        flip_bit(day_file(data_folder(tmp_path / "坏"), FIRST))
        data_folder(tmp_path / "数据")
        (tmp_path / "档案").mkdir()
        (tmp_path / "档案/演示.warc.gz").write_bytes((ROOT / "examples/demo.warc.gz").read_bytes())
    done = scrapy(*(part.format(tmp=tmp_path) for part in line), encoding="ascii")
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert printed.format(tmp=tmp_path) in done.stdout


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (("rebuild", "raw"), "bad_argument: 'raw'; scrapy rebuild takes options only"),
        (("report", "a.html"), "bad_argument: 'a.html'; the file is named by --out PATH"),
        (("verify", "data"), "bad_argument: 'data'; the folder is named by -s GOVNEWS_DATA="),
        (("diff", "data"), "bad_argument: 'data'; give two data folders: OLD NEW"),
        (("layouts", "a.html", "b.html"), "bad_argument: 'a.html b.html'; give one page, or none"),
        (("savepage", "a.html"), "bad_argument: 'a.html'; give a page and a name: scrapy savepage page.html notice"),
        (("diff", "a", "b", "--colour"), "bad_argument: 'a b --colour'; "),
        (("crawl",), "give one spider"),
        (("rebuild", "-s", "GOVNEWS_DATE=x"), "unknown_setting: GOVNEWS_DATE: "),
        (("report", "-s", "GOVNEWS_DATE=x"), "unknown_setting: GOVNEWS_DATE: "),
        (("verify", "-s", "GOVNEWS_DATE=x"), "unknown_setting: GOVNEWS_DATE: "),
    ],
)
def test_a_bad_argument_or_setting_is_exit_code_2_and_names_the_cure(line: tuple[str, ...], message: str) -> None:
    done = scrapy(*line)
    assert (done.returncode, message in done.stderr) == (2, True), done.stderr
