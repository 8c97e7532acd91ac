"""Every way in which a data folder can be broken is found, under its own name, and nothing else is said with it."""

from __future__ import annotations

import gc
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from govnews_spider.article import Article
from govnews_spider.ledger.export import export
from govnews_spider.ledger.ledger import Ledger
from govnews_spider.storage.parquet import from_row
from govnews_spider.verify.audit import audit
from govnews_spider.verify.audit.findings import CHECKS, SHOWN
from tests.support.crawls import crawl
from tests.support.damage import (
    FIRST,
    SECOND,
    change,
    day_file,
    flip,
    folder,
    halve,
    query,
    report,
    sound,
    wait_for_a_run,
    with_value,
)
from tests.support.rows import contents, store, writers

POST = "posts/2021/11/20211125-sina-kztest0000003.md"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "data"))


def doubled(table: pa.Table) -> pa.Table:
    return pa.concat_tables([table, table.slice(0, 1)])


def moved(data: Path, source: Path, target: Path, *, keep: bool = False) -> None:
    """The first row of a file goes to another file, or stands in both."""
    row = pq.ParquetFile(source).read().slice(0, 1)
    change(target, lambda table: pa.concat_tables([table, row]))
    if not keep:
        change(source, lambda table: table.slice(1))


def edited(column: str, value: object, kind: str = "articles") -> Callable[[Path], None]:
    return lambda data: change(day_file(data, FIRST, kind), lambda table: with_value(table, column, value))


def told(sql: str) -> Callable[[Path], object]:
    return lambda data: query(data, sql)


def renamed(data: Path) -> None:
    (data / "articles/2021-11-25.parquet").write_bytes(day_file(data, FIRST).read_bytes())
    day_file(data, FIRST).unlink()


def garbage(data: Path) -> None:
    path = data / "ledger.sqlite"
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xa5" * (size // 4))


PLANTS: dict[str, tuple[Callable[[Path], object], dict[str, int]]] = {
    "a bit of a day file flips": (
        lambda data: flip(day_file(data, FIRST)),
        {
            "damaged_day_file": 1,
            "row_missing": 4,
            "post_without_row": 4,
            "revision_not_older": 1,
            "reprint_of_nothing": 1,
        },
    ),
    "a day file is cut in half": (
        lambda data: halve(day_file(data, FIRST, "revisions")),
        {"damaged_day_file": 1, "revision_missing": 2},
    ),
    "a day file is deleted": (
        lambda data: day_file(data, FIRST, "reprints").unlink(),
        {"row_missing": 1},
    ),
    "a file of another schema": (
        lambda data: pq.write_table(
            pa.table({"article_id": ["sina:kztest0000009"]}), day_file(data, FIRST, "reprints")
        ),
        {"other_schema": 1, "row_missing": 1},
    ),
    "a day file lies elsewhere": (renamed, {"misplaced_day_file": 1}),
    "a text is edited": (edited("text", "窗口关了。"), {"wrong_hash": 1, "wrong_length": 1, "text_unknown": 1}),
    "a length is edited": (edited("char_count", 1), {"wrong_length": 1}),
    "a kind is edited": (edited("kind", "advert"), {"unknown_kind": 1}),
    "a picture is edited": (
        edited("images", [{"url": "http://n.sinaimg.cn/a.jpg", "caption": ""}]),
        {"insecure_picture": 1, "text_unknown": 1},
    ),
    "a version is edited": (edited("schema_version", 9), {"other_schema_version": 1}),
    "a title goes": (edited("title", " "), {"wrong_hash": 1, "row_without_document": 1, "text_unknown": 1}),
    "a row stands under another day": (
        lambda data: moved(data, day_file(data, FIRST), day_file(data, SECOND)),
        {"row_of_another_day": 1},
    ),
    "a row stands in its file twice": (lambda data: change(day_file(data, FIRST), doubled), {"article_twice": 1}),
    "a superseded row stands twice": (
        lambda data: change(day_file(data, FIRST, "revisions"), doubled),
        {"revision_twice": 1},
    ),
    "a row stands among its revisions too": (
        lambda data: moved(data, day_file(data, FIRST), day_file(data, FIRST, "revisions"), keep=True),
        {"revision_twice": 1},
    ),
    "a newest revision stands among the superseded": (
        lambda data: moved(data, day_file(data, SECOND), day_file(data, FIRST, "revisions")),
        {"row_of_another_day": 1, "revision_not_older": 2, "row_missing": 1, "post_without_row": 1},
    ),
    "a reprint loses its mark": (
        edited("similarity", None, "reprints"),
        {"reprint_unmarked": 1, "identity_differs": 1},
    ),
    "an article gets a mark": (
        edited("duplicate_of", "sina:kztest0000004"),
        {"article_marked": 1, "identity_differs": 1},
    ),
    "a reprint repeats a reprint": (
        edited("duplicate_of", "sina:kztest0000009", "reprints"),
        {"reprint_of_reprint": 1, "identity_differs": 1},
    ),
    "a reprint repeats nothing": (
        edited("duplicate_of", "sina:kznone", "reprints"),
        {"reprint_of_nothing": 1, "identity_differs": 1},
    ),
    "the ledger is deleted": (lambda data: (data / "ledger.sqlite").unlink(), {"ledger_missing": 1}),
    "the ledger is no database": (
        lambda data: (data / "ledger.sqlite").write_text("没有" * 999),
        {"ledger_damaged": 1},
    ),
    "the ledger is damaged within": (garbage, {"ledger_damaged": 1}),
    "the ledger does not know an article": (
        told("DELETE FROM identities WHERE article_id = 'sina:kztest0000004'"),
        {"ledger_behind": 1},
    ),
    "the ledger knows an older revision": (
        told("UPDATE identities SET revision = 1 WHERE article_id = 'sina:kztest0000001'"),
        {"ledger_behind": 1},
    ),
    "the ledger knows another content": (
        told("UPDATE identities SET content_hash = 'f' WHERE article_id = 'sina:kztest0000001'"),
        {"identity_differs": 1},
    ),
    "the ledger knows one article too many": (
        told(
            "INSERT INTO identities (article_id, content_hash, published_at, day, revision, first_seen, last_seen)"
            " SELECT 'sina:kznone', 'f', published_at, day, 1, first_seen, last_seen FROM identities LIMIT 1"
        ),
        {"row_missing": 1},
    ),
    "the ledger does not know a text": (
        told("UPDATE identities SET text = NULL WHERE article_id = 'sina:kztest0000004'"),
        {"text_unknown": 1},
    ),
    "the ledger lost an alias": (
        edited("provenance", [("article_id", "also text:0123456789abcdef")]),
        {"alias_missing": 1},
    ),
    "the ledger lost a version": (
        told("DELETE FROM versions WHERE article_id = 'sina:kztest0000003'"),
        {"version_missing": 1},
    ),
    "the ledger lost an address": (
        told("DELETE FROM urls WHERE article_id = 'sina:kztest0000003'"),
        {"url_missing": 1},
    ),
    "the ledger counts a day wrongly": (told("UPDATE tallies SET articles = articles + 100"), {"tallies_differ": 2}),
    "the ledger forgets a day's count": (told("DELETE FROM tallies WHERE day = '2021-11-25'"), {"tallies_differ": 1}),
    "a post is edited": (lambda data: (data / POST).write_text("---\n", "utf-8"), {"post_differs": 1}),
    "a post is deleted": (lambda data: (data / POST).unlink(), {"post_missing": 1}),
    "a post has no row": (
        lambda data: (data / POST).with_name("20211125-sina-none.md").write_text("---\n", "utf-8"),
        {"post_without_row": 1},
    ),
    "a reprint has a post": (
        lambda data: (data / POST).with_name("20211125-sina-kztest0000009.md").write_text("---\n", "utf-8"),
        {"post_without_row": 1},
    ),
    "a report is cut": (lambda data: halve(report(data)), {"unreadable_report": 1}),
    "a report has lost a key": (lambda data: report(data, unaccounted=None), {"unreadable_report": 1}),
    "a balance does not add up": (lambda data: report(data, unaccounted=1), {"wrong_balance": 1}),
    "a run left articles without outcome": (
        lambda data: report(data, unaccounted=1, balance=report_balance(seen=6)),
        {"wrong_balance": 1},
    ),
    "a rejection is not in the log": (lambda data: report(data, slugs={"no_time": 2}), {"rejections_differ": 1}),
    "a rejection is not in the report": (
        lambda data: report(data, slugs={}, faults=["disk_full"]),
        {"rejections_differ": 1},
    ),
    "a line of the log is no JSON": (
        lambda data: (data / "rejected" / f"{report(data).stem}.jsonl").write_text("{\n", "utf-8"),
        {"unreadable_report": 1},
    ),
}


def report_balance(**counts: int) -> dict[str, int]:
    return (
        dict.fromkeys(("revised", "unchanged", "reprint", "off_topic", "failed"), 0)
        | {
            "seen": 5,
            "stored": 4,
            "rejected": 1,
        }
        | counts
    )


@pytest.mark.parametrize("plant", PLANTS)
def test_what_is_planted_is_found_under_its_name(data: Path, plant: str) -> None:
    damage, expected = PLANTS[plant]
    damage(data)
    assert dict(audit(data).broken) == expected


def test_every_name_is_found_by_some_plant() -> None:
    planted = {slug for _, expected in PLANTS.values() for slug in expected}
    of_other_formats = set(CHECKS["outputs"])  # tests/storage/test_added_format.py plants these
    assert planted == {slug for cures in CHECKS.values() for slug in cures} - of_other_formats


def test_a_whole_folder_has_nothing_broken_and_every_thing_was_looked_at(data: Path) -> None:
    report(data)
    before = contents(data)
    found = audit(data)
    assert not found.broken
    assert found.remarks == []
    assert found.looked == {
        "day files": 4, "rows": 11, "articles": 9, "reprints": 1, "ledger": 9, "posts": 8, "runs": 1
    }  # fmt: skip
    assert contents(data) == before, "and nothing was changed"


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


def cut() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("steps", range(12))
def test_an_export_that_was_cut_short_leaves_nothing_broken(
    data: Path, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run writes what waits: new articles, revisions, articles that change their day or become reprints."""
    wait_for_a_run(data)
    left = iter([True] * steps)
    for name in ("replace", "unlink"):
        do = getattr(Path, name)
        monkeypatch.setattr(Path, name, lambda *given, do=do: do(*given) if next(left, False) else cut())
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
        ledger.begin_run("20211126T000000Z-seeds-ab12", "seeds", sound(1).published_at)
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
    report(data, unaccounted=2, balance=report_balance(seen=7), **ending)
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
    one = sound(8, days=2)
    store(data, one)
    (row,) = pq.ParquetFile(day_file(data, "2021-11-27")).read().to_pylist()
    assert from_row(row) == one


def test_memory_holds_one_day_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store(tmp_path, *(sound(number, days=number % 10) for number in range(100)))
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
