"""`scrapy diff OLD NEW`: the changes from one data folder to another."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scrapy.exceptions import UsageError

from govnews_spider.commands.diff import Command
from tests.support.damage import flip_bit
from tests.support.data_folders import FIRST, day_file
from tests.support.rows import article, full, write_articles

ROOT = Path(__file__).parents[2]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An ``old`` and a ``new`` data folder in it: one article lost, one added, two changed, one the same."""
    old = [full(number) for number in range(1, 5)]
    text = f"{old[1].text}\n{'群众少跑腿。' * 40}"
    new = [
        old[0],
        replace(old[1], text=text, source=None),
        replace(old[2], source="江城日报", layout="blk_2009"),
        full(7, days=1, title="[bold]新题[/bold] :smile:"),
    ]
    write_articles(tmp_path / "old", old)
    write_articles(tmp_path / "new", new)
    return tmp_path


@pytest.fixture
def diff(data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(old: str = "old", new: str = "new", examples: int = 3, columns: int = 100) -> tuple[int, str]:
        monkeypatch.setenv("COLUMNS", str(columns))
        command = Command()
        command.run([str(data / old), str(data / new)], argparse.Namespace(examples=examples))
        return command.exitcode, capsys.readouterr().out.replace(f"{data}/", "")

    return run


def test_the_counts_stand_by_layout_and_in_all(diff: Any) -> None:
    code, printed = diff()
    assert code == 0
    assert printed.startswith("OLD  old: 4 articles\nNEW  new: 4 articles\n")
    rows = re.findall(r"^│ (\w+) +│ +(\d+) │ +(\d+) │ +(\d+) │ +(\d+) │$", printed, re.MULTILINE)
    assert rows == [
        ("finance_2018_artibody", "1", "1", "1", "1"),
        ("blk_2009", "0", "1", "0", "0"),
        ("all", "1", "2", "1", "1"),
    ]


def test_the_fields_stand_by_how_many_articles_changed_in_them_and_in_which_layouts(diff: Any) -> None:
    rows = re.findall(r"^│ (\w+) +│ +(\d+) │ (\S.*\S) +│$", diff()[1], re.MULTILINE)
    assert rows == [
        ("source", "2", "blk_2009 1 · finance_2018_artibody 1"),
        ("layout", "1", "blk_2009 1"),
        ("text", "1", "finance_2018_artibody 1"),
    ]


def test_beyond_the_layouts_with_most_changes_it_is_said_how_many_more_there_are(data: Path, diff: Any) -> None:
    layouts = ("blk_2009", "finance_2016", "finance_2016", "wap_sina_cn", "slide_album", "slide_album")
    old = [full(number, layout=layout) for number, layout in enumerate(layouts)]
    write_articles(data / "one", old)
    write_articles(data / "other", [replace(one, editor=None) for one in old])
    assert "│ editor │       6 │ finance_2016 2 · slide_album 2 · 2 more │" in diff("one", "other")[1]


def test_the_examples_show_the_old_and_the_new_value(diff: Any) -> None:
    printed = diff()[1]
    second, third, added, lost = (full(number) for number in (2, 3, 7, 4))
    assert f'\nsource  {second.article_id}\n- "江城晚报"\n+ null\n' in printed
    assert f'\nsource  {third.article_id}\n- "江城晚报"\n+ "江城日报"\n' in printed
    assert f"\ntext  {second.article_id}  character {len(second.text) + 1}\n- …" in printed
    assert re.search(r'^- ….+两地跑。"$\n^\+ ….+两地跑。\\n群众少跑腿。.*…$', printed, re.MULTILINE)
    assert f"\nadded  {added.article_id}  [bold]新题[/bold] :smile:  {added.url}\n" in printed
    assert f"\nlost  {lost.article_id}  {lost.title}  {lost.url}\n" in printed


def test_as_many_examples_are_shown_as_were_asked_for(diff: Any) -> None:
    assert [diff(examples=number)[1].count("\nsource  sina:") for number in (0, 1, 2)] == [0, 1, 2]
    assert "\nlost" not in diff(examples=0)[1]


def test_the_same_folder_twice_has_no_difference(diff: Any) -> None:
    code, printed = diff("new", "new")
    assert code == 0
    assert re.search(r"^│ all +│ +4 │ +0 │ +0 │ +0 │\n└[─┴]+┘\n\Z", printed, re.MULTILINE)


def test_nothing_of_an_article_is_obeyed_by_the_terminal_or_breaks_its_line(data: Path, diff: Any) -> None:
    bad = "[red]\x1b[2J\r\n\u202e窗口"
    write_articles(data / "one", [article(1, layout="[b]\x1b"), article(2, article_id=f"url:{bad}")])
    write_articles(data / "other", [article(1, layout="[b]\x1b", title=bad)])
    printed = diff("one", "other")[1]
    assert {sign for sign in printed if not sign.isprintable()} == {"\n"}
    assert '+ "[red]\\u001b[2J\\r\\n\\u202e窗口"\n' in printed
    assert "│ [b]\\u001b " in printed
    assert "lost  url:[red]\\u001b[2J\\r\\n\\u202e窗口  第2批“跨省通办”事项公布  no url\n" in printed


def test_a_value_is_never_cut_or_folded_by_the_width_of_the_terminal(diff: Any) -> None:
    wide, narrow = (diff(columns=columns)[1].partition("\nsource  ")[2] for columns in (300, 30))
    assert wide == narrow


@pytest.mark.parametrize(
    ("arguments", "examples", "message"),
    [
        (["old"], 3, "bad_argument: 'old'; give two data folders"),
        (["old", "new", "newer"], 3, "bad_argument: 'old new newer'"),
        (["old", "--all"], 3, "bad_argument: 'old --all'"),
        (["old", "new"], -1, "bad_argument: --examples -1"),
        (["old", "nothing"], 3, "no_articles: nothing: there is no such folder"),
    ],
)
def test_a_bad_argument_is_an_error_of_usage(
    data: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], examples: int, message: str
) -> None:
    monkeypatch.chdir(data)
    with pytest.raises(UsageError, match=re.escape(message)):
        Command().run(arguments, argparse.Namespace(examples=examples))


def test_a_damaged_file_is_exit_code_7(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flip_bit(day_file(data / "new", FIRST))
    command = Command()
    command.run([str(data / "old"), str(data / "new")], argparse.Namespace(examples=3))
    printed = capsys.readouterr()
    assert (command.exitcode, printed.out) == (7, "")
    assert printed.err.startswith(f"damaged_day_file: {day_file(data / 'new', FIRST)}: ")


def scrapy_diff(*arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "scrapy", "diff", *arguments]
    env = os.environ | {"PYTHONIOENCODING": "ascii"}
    return subprocess.run(line, cwd=ROOT, env=env, capture_output=True, encoding="utf-8", timeout=60, check=False)


def test_scrapy_has_the_command_and_a_pipe_that_knows_no_chinese_takes_it(data: Path) -> None:
    done = scrapy_diff(str(data / "old"), str(data / "new"), "--examples", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^OLD  \S+/old: 4 articles$", done.stdout, re.MULTILINE)
    assert '- "????"\n+ null\n' in done.stdout


def test_a_folder_without_articles_is_exit_code_2_and_nothing_is_made(data: Path) -> None:
    done = scrapy_diff(str(data / "old"), str(data / "gone"))
    assert done.returncode == 2
    assert f"no_articles: {data / 'gone'}: there is no such folder" in done.stderr
    assert sorted(path.name for path in data.iterdir()) == ["new", "old"]
