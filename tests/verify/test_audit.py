"""Every way in which a data folder can be broken is found, under its own name, and nothing else is said with it."""

from __future__ import annotations

import gc
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from govnews_spider.article import Article
from govnews_spider.ledger.export import export
from govnews_spider.ledger.ledger import Ledger
from govnews_spider.storage.parquet import from_row
from govnews_spider.verify.audit import audit
from govnews_spider.verify.audit.findings import CHECKS, SHOWN
from tests.support.crawls import crawl
from tests.support.damage import DAMAGES, interrupt
from tests.support.data_folders import (
    data_folder,
    day_file,
    fill_outbox,
    report_balance,
    valid_article,
    write_run_report,
)
from tests.support.rows import file_contents, store, writers


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return data_folder(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "data"))


@pytest.mark.parametrize("plant", DAMAGES)
def test_what_is_planted_is_found_under_its_name(data: Path, plant: str) -> None:
    damage, expected = DAMAGES[plant]
    damage(data)
    assert dict(audit(data).broken) == expected


def test_every_name_is_found_by_some_plant() -> None:
    planted = {slug for _, expected in DAMAGES.values() for slug in expected}
    of_other_formats = set(CHECKS["outputs"])  # tests/storage/test_added_format.py plants these
    assert planted == {slug for cures in CHECKS.values() for slug in cures} - of_other_formats


def test_a_whole_folder_has_nothing_broken_and_every_thing_was_looked_at(data: Path) -> None:
    write_run_report(data)
    before = file_contents(data)
    found = audit(data)
    assert not found.broken
    assert found.remarks == []
    assert found.looked == {
        "day files": 4, "rows": 11, "articles": 9, "reprints": 1, "ledger": 9, "posts": 8, "runs": 1
    }  # fmt: skip
    assert file_contents(data) == before, "and nothing was changed"


def test_an_empty_folder_is_not_broken(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("数据说明", "utf-8")
    assert not audit(tmp_path).broken
    assert not (tmp_path / "ledger.sqlite").exists()


def test_what_real_crawls_leave_is_whole(tmp_path: Path) -> None:
    assert crawl(tmp_path, "seeds").code == 0
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "cut.md").write_text("---\ntitle: '没有结尾'\n", "utf-8")
    assert crawl(tmp_path, "seeds", f"path={tmp_path / 'in'}").code == 3
    found = audit(tmp_path)
    assert not found.broken
    assert found.remarks == []
    assert (found.looked["rows"], found.looked["runs"]) == (2, 2)


@pytest.mark.parametrize("steps", range(12))
def test_an_export_that_was_cut_short_leaves_nothing_broken(
    data: Path, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run writes what waits: new articles, revisions, articles that change their day or become reprints."""
    fill_outbox(data)
    left = iter([True] * steps)
    for name in ("replace", "unlink"):
        do = getattr(Path, name)
        monkeypatch.setattr(Path, name, lambda *given, do=do: do(*given) if next(left, False) else interrupt())
    with Ledger(data / "ledger.sqlite") as ledger, pytest.raises(KeyboardInterrupt):
        export(ledger, writers(data))
    monkeypatch.undo()
    found = audit(data)
    assert not found.broken
    assert any("wait in the outbox; the next run writes them" in remark for remark in found.remarks)
    store(data)
    found = audit(data)
    assert not found.broken
    assert found.remarks == []


def test_what_is_not_broken_is_told_as_a_remark(data: Path) -> None:
    (data / ".part" / "2021-11-25.parquet.part").write_bytes(b"PAR1")
    (data / "articles" / "notes.txt").write_text("备忘", "utf-8")
    with Ledger(data / "ledger.sqlite") as ledger:
        ledger.begin_run("20211126T000000Z-seeds-ab12", "seeds", valid_article(1).published_at)
    found = audit(data)
    assert not found.broken
    runs, parts, unknown = found.remarks
    assert runs.startswith("1 runs were killed")
    assert ".part/2021-11-25.parquet.part" in parts
    assert "articles/notes.txt" in unknown


def test_the_log_of_a_killed_run_may_break_off(data: Path) -> None:
    log = data / "rejected" / "20211126T010203Z-sina_gov-ab12.jsonl"
    log.parent.mkdir()
    log.write_text('{"slug": "no_time"}\n{"slug": "no_ti', "utf-8")
    assert not audit(data).broken


@pytest.mark.parametrize("ending", [{"exit_code": 130}, {"exit_code": 5, "reason": "closespider_timeout"}])
def test_an_interrupted_run_may_leave_articles_to_the_next(data: Path, ending: dict[str, object]) -> None:
    write_run_report(data, unaccounted=2, balance=report_balance(seen=7), **ending)
    assert not audit(data).broken


def test_findings_of_a_check_are_all_counted_and_the_first_are_kept(data: Path) -> None:
    for number in range(SHOWN + 5):
        (data / "posts" / "2021" / "11" / f"20211125-sina-none{number:02d}.md").write_text("---\n", "utf-8")
    found = audit(data)
    assert found.broken_of("posts") == SHOWN + 5
    assert len(found.first["posts"]) == SHOWN
    line = str(found.first["posts"][0])
    assert line.startswith("post_without_row: posts/2021/11/20211125-sina-none00.md: ")
    assert line.endswith("`scrapy verify --repair` sets it aside")


def test_a_row_gives_back_its_article(data: Path) -> None:
    one = valid_article(8, days=2)
    store(data, one)
    (row,) = pq.ParquetFile(day_file(data, "2021-11-27")).read().to_pylist()
    assert from_row(row) == one


def test_memory_holds_one_day_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store(tmp_path, *(valid_article(number, days=number % 10) for number in range(100)))
    gc.collect()
    others = sum(isinstance(one, Article) for one in gc.get_objects())
    most = 0

    def counted(*given: object) -> str:
        nonlocal most
        most = max(most, sum(isinstance(one, Article) for one in gc.get_objects()) - others)
        return "x"

    monkeypatch.setattr("govnews_spider.verify.audit.files.content_hash", counted)
    audit(tmp_path)
    assert 0 < most <= 20


def test_the_ledger_is_closed_and_is_written_as_before(data: Path) -> None:
    audit(data)
    assert not (data / "ledger.sqlite-wal").exists()
    with closing(sqlite3.connect(data / "ledger.sqlite")) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
