"""`scrapy layouts`: the layout that reads a page and the locator of each field, or the reason for which the page is no article."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from govnews_spider.sina.layouts import LAYOUTS

ROOT = Path(__file__).parents[2]
NOTICE = ROOT / "tests/pages/news_2018_article/notice.html"
TIMELESS = "<h1 class='main-title'>两部门延长缓税期限</h1><div id='artibody'><p>财政部25日发布公告。</p></div>".encode()


def layouts(*arguments: str, page: bytes = b"") -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "scrapy", "layouts", *arguments]
    wide = os.environ | {"COLUMNS": "300", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(line, cwd=ROOT, env=wide, input=page, capture_output=True, timeout=60, check=False)
    return subprocess.CompletedProcess(line, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture(scope="module")
def shown() -> str:
    done = layouts(str(NOTICE), "--url", "https://news.sina.com.cn/c/2021-11-25/doc-iktzqtyt9000001.shtml")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize(
    "line",
    [
        r"layout +news_2018_article",
        r"kind +article",
        r"title +武汉“一网通办”.+ text:h1\.main-title",
        r"published_at +2021-11-25 09:12:31\+08:00 +text:\.date-source \.date",
        r"author +周慕白 +function:second_date +\S+",
        r"editor +郑一鸣 SN230 +text:责任编辑",
        r"regions +420100 +-",
        r"encoding +utf-8: bytes",
        r"published_seconds +meta:weibo: article:create_at",
    ],
)
def test_a_line_of_the_table(shown: str, line: str) -> None:
    """Field, value, the locator that gave it, the ones tried before."""
    assert re.search(rf"^{line} *$", shown, re.MULTILINE)


def test_a_long_value_is_cut(shown: str) -> None:
    text = next(line for line in shown.splitlines() if line.startswith("text "))
    assert text.rstrip(" -").endswith("…")


def test_the_page_may_come_from_standard_input() -> None:
    assert "news_2018_article" in layouts("-", page=NOTICE.read_bytes()).stdout


def test_square_brackets_of_a_page_are_no_markup() -> None:
    page = NOTICE.read_text("utf-8").replace("江城日报", "[bold]江城日报[/bold]").encode()
    assert "[bold]江城日报[/bold]" in layouts("-", page=page).stdout


def test_a_page_without_a_layout_is_told_with_its_slug_and_exit_code_3() -> None:
    page = ("<title>滚动新闻</title>" + "<a>今日要闻与各地快讯</a>" * 30).encode()
    done = layouts("-", page=page)
    assert done.returncode == 3
    assert re.search(r"layout +none\nrejected +not_an_article\n", done.stdout)


def test_a_page_that_misses_a_field_is_told_with_its_layout_and_what_was_tried() -> None:
    done = layouts("-", page=TIMELESS)
    assert done.returncode == 3
    assert re.search(r"layout +finance_2018_artibody\nrejected +no_time\n.+tried text:\.date-source", done.stdout)


def test_the_content_type_is_weighed_too() -> None:
    """A header that names big5 shows in the encoding's reason, even though the bytes decide."""
    assert re.search(
        r"encoding +utf-8: .*big5", layouts(str(NOTICE), "--content-type", "text/html; charset=big5").stdout
    )


@pytest.mark.parametrize(
    ("arguments", "slug"),
    [(("nowhere.html",), "unreadable_page"), (("a.html", "b.html"), "bad_argument"), (("--uri=x",), "bad_argument")],
)
def test_what_cannot_be_done_ends_with_2_and_says_why(arguments: tuple[str, ...], slug: str) -> None:
    done = layouts(*arguments)
    assert done.returncode == 2
    assert slug in done.stderr


def test_without_a_page_the_layouts_are_listed_in_their_order() -> None:
    lines = layouts().stdout.splitlines()[1:]
    assert [line.split()[0] for line in lines] == [layout.name for layout in LAYOUTS]
    assert "h1.main-title  #article" in next(line for line in lines if line.startswith("news_2018_article"))
