"""`scrapy verify`: the findings in a data folder, and with `--repair` their repair."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from govnews_spider.ledger.ledger import Ledger
from tests.support.crawls import crawl
from tests.support.damage import flip_bit, rewrite_day_file, with_value
from tests.support.data_folders import FIRST, data_folder, day_file
from tests.support.rows import file_contents

ROOT = Path(__file__).parents[2]


def verify(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "scrapy", "verify", *arguments, "-s", f"GOVNEWS_DATA={data}"]
    wide = os.environ | {"COLUMNS": "300", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(line, cwd=ROOT, env=wide, capture_output=True, encoding="utf-8", timeout=60, check=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return data_folder(tmp_path / "data")


def test_what_a_crawl_left_is_whole_and_the_table_says_what_was_looked_at(tmp_path: Path) -> None:
    assert crawl(tmp_path, "seeds").code == 0
    done = verify(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    looked = dict(re.findall(r"^│ (\w[\w ]*\w) +│ +([\d,]+) │ +0 │$", done.stdout, re.MULTILINE))
    assert looked == {
        "day files": "2", "rows": "2", "articles": "2", "reprints": "0", "ledger": "2", "posts": "2", "runs": "1"
    }  # fmt: skip


def test_what_is_broken_is_told_with_its_place_and_its_cure_and_is_exit_code_7(data: Path) -> None:
    flip_bit(day_file(data, FIRST))
    before = file_contents(data)
    done = verify(data)
    assert (done.returncode, done.stderr) == (7, "")
    assert re.search(r"^│ day files +│ +4 │ +1 │$", done.stdout, re.MULTILINE)
    place = re.escape(str(day_file(data, FIRST).relative_to(data)))
    assert re.search(rf"^damaged_day_file: {place}: .+; put back a copy of it, or ", done.stdout, re.MULTILINE)
    assert file_contents(data) == before, "nothing is mended unasked"


def test_repair_says_what_it_did_and_ends_by_what_is_left(data: Path) -> None:
    flip_bit(day_file(data, FIRST))
    (data / "ledger.sqlite").write_text("没有数据库", "utf-8")
    done = verify(data, "--repair")
    assert (done.returncode, done.stderr) == (0, "")
    assert "repaired: ledger.sqlite was damaged" in done.stdout
    assert "is damaged: 0 rows of it could be read" in done.stdout
    assert verify(data).returncode == 0


def test_what_cannot_be_mended_is_exit_code_7_after_a_repair_too(data: Path) -> None:
    rewrite_day_file(day_file(data, FIRST), lambda table: with_value(table, "text", "窗口关了。"))
    done = verify(data, "--repair")
    assert done.returncode == 7
    assert "wrong_hash: " in done.stdout


def test_a_crawl_that_a_damaged_ledger_stopped_goes_on_after_a_repair(tmp_path: Path) -> None:
    assert crawl(tmp_path, "seeds").code == 0
    (tmp_path / "ledger.sqlite").write_text("没有数据库", "utf-8")
    assert crawl(tmp_path, "seeds").code == 7
    assert verify(tmp_path, "--repair").returncode == 0
    again = crawl(tmp_path, "seeds")
    assert (again.code, again.balance) == (0, {"seen": 2, "unchanged": 2})


def test_a_folder_that_a_run_holds_is_not_read(data: Path) -> None:
    with Ledger(data / "ledger.sqlite"):
        done = verify(data)
    assert done.returncode == 2
    assert f"process {os.getpid()} is writing to this folder" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("data",), "bad_argument: 'data'"),
        (("-s", "GOVNEWS_FLUSH_ROWS=none"), "bad_setting: GOVNEWS_FLUSH_ROWS"),
        (("--mend",), "bad_argument: '--mend'"),
    ],
)
def test_a_bad_argument_is_exit_code_2(data: Path, arguments: tuple[str, ...], message: str) -> None:
    done = verify(data, *arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_a_folder_of_other_things_is_exit_code_2_and_nothing_is_left_there(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("说明", "utf-8")
    done = verify(tmp_path)
    assert (done.returncode, "no_data: " in done.stderr) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_a_folder_that_does_not_exist_is_exit_code_2_and_is_not_made(tmp_path: Path) -> None:
    done = verify(tmp_path / "nothing")
    assert done.returncode == 2
    assert "no_data: " in done.stderr
    assert not (tmp_path / "nothing").exists()
