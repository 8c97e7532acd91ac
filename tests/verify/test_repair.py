"""Repairs by `scrapy verify --repair`: whole rows and the outbox stay, lost rows are fetched again or named."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govnews_spider.ledger.export import export
from govnews_spider.ledger.identities import Validators
from govnews_spider.ledger.ledger import Ledger, Outcome
from govnews_spider.verify.audit import audit
from govnews_spider.verify.audit.inventory import lost_rows
from govnews_spider.verify.repair import repair
from tests.support.damage import (
    DAMAGES,
    cut_in_half,
    flip_bit,
    interrupt,
    move_first_row,
    overwrite_ledger,
    rewrite_day_file,
    with_first_row_twice,
    with_value,
)
from tests.support.data_folders import (
    FIRST,
    LIST,
    SECOND,
    data_folder,
    day_file,
    fill_outbox,
    put_in_outbox,
    query,
    row_versions,
    valid_article,
    valid_reprint,
    write_run_report,
)
from tests.support.rows import file_contents, store, writers

ALL = ("articles", "reprints", "revisions")
LEFT = {
    *("wrong_hash", "wrong_length", "unknown_kind", "insecure_picture", "other_schema", "other_schema_version"),
    *("row_without_document", "article_marked", "reprint_unmarked", "reprint_of_reprint"),
    *("wrong_balance", "rejections_differ"),
}
"""Damage that cannot be repaired without inventing values."""
HEADER = 100
"""Bytes at the start of a database that say, among other things, which version of ours wrote it."""
MENDED = [plant for plant, (_, slugs) in DAMAGES.items() if not LEFT & slugs.keys()]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return data_folder(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "data"))


def mended(data: Path) -> str:
    """What a repair says; nothing is broken after it."""
    said = "\n".join(repair(data))
    found = audit(data)
    assert not found.broken, [str(one) for kept in found.first.values() for one in kept]
    return said


LOSES = {
    "a bit of a day file flips": "articles",
    "a day file is cut in half": "revisions",
    "a day file is deleted": "reprints",
}
"""The day file that is gone with all its rows."""


@pytest.mark.parametrize("plant", MENDED)
def test_what_was_planted_is_mended_and_no_other_row_is_lost(whole: Path, data: Path, plant: str) -> None:
    DAMAGES[plant][0](data)
    mended(data)
    gone = keys(day_file(whole, FIRST, LOSES[plant])) if plant in LOSES else []
    assert row_versions(data, *ALL) == sorted(set(row_versions(whole, *ALL)) - set(gone))
    assert list(repair(data)) == [], "once is enough"


def keys(path: Path) -> list[tuple[str, int, str]]:
    table = pq.ParquetFile(path).read(["article_id", "revision", "content_hash"])
    return [tuple(row.values()) for row in table.to_pylist()]


@pytest.mark.parametrize("plant", [plant for plant in DAMAGES if plant not in MENDED])
def test_what_cannot_be_mended_stays_as_it_is_and_stays_broken(data: Path, plant: str) -> None:
    DAMAGES[plant][0](data)
    before = row_versions(data, "articles", "revisions")
    list(repair(data))
    assert LEFT & audit(data).broken.keys()
    assert row_versions(data, "articles", "revisions") == before


def test_a_whole_folder_is_left_alone(data: Path) -> None:
    write_run_report(data)
    before = file_contents(data), query(data, "SELECT * FROM identities"), query(data, "SELECT * FROM urls")
    assert list(repair(data)) == []
    assert (file_contents(data), query(data, "SELECT * FROM identities"), query(data, "SELECT * FROM urls")) == before


def test_a_missing_ledger_is_made_from_the_rows_and_knows_every_version_and_address(whole: Path, data: Path) -> None:
    (data / "ledger.sqlite").unlink()
    mended(data)
    for sql in (
        "SELECT article_id, content_hash, published_at, day, revision, first_seen FROM identities",
        "SELECT * FROM versions",
        "SELECT url, article_id FROM urls",
    ):
        assert query(data, sql) == query(whole, sql)
    with Ledger(data / "ledger.sqlite") as ledger:
        assert ledger.accept(valid_article(3)) is Outcome.UNCHANGED
        assert ledger.accept(valid_article(1), replayed=True) is Outcome.UNCHANGED
        again = valid_article(3, text="二稿。")
        assert ledger.accept(again) is Outcome.REVISED
        assert again.revision == 2
        assert not list(ledger.coverage.gaps(LIST))
        assert ledger.coverage.bound(LIST) is None, "a list of which nothing is known is read to its end"


@pytest.mark.parametrize("ruin", ["garbage", "no database", "cut"])
def test_a_damaged_ledger_is_kept_beside_the_new_one(data: Path, ruin: str) -> None:
    path = data / "ledger.sqlite"
    {
        "garbage": lambda: overwrite_ledger(data),
        "no database": lambda: path.write_text("没有"),
        "cut": lambda: cut_in_half(path),
    }[ruin]()
    damaged = path.read_bytes()
    said = mended(data)
    (aside,) = data.glob("ledger.sqlite.damaged-*Z")
    assert aside.read_bytes() == damaged
    assert f"it is now {aside.name}" in said


def test_rows_that_wait_in_a_damaged_ledger_are_kept_and_written_by_the_next_run(data: Path) -> None:
    """Its identities are garbage, its outbox is not."""
    put_in_outbox(
        data,
        *(valid_article(number, text=f"第{number}条。" * 200) for number in range(20, 40)),
        valid_article(3, text="二稿。"),
    )
    ruin(data, "identities")
    assert "21 rows of its outbox are kept" in mended(data)
    assert query(data, "SELECT count(*) FROM lists UNION ALL SELECT count(*) FROM windows") == [(1,), (2,)]
    store(data)
    assert not audit(data).broken
    assert {f"sina:kztest00000{number}" for number in range(20, 40)} <= {
        row[0] for row in row_versions(data, "articles")
    }
    assert next(row[1] for row in row_versions(data, "articles") if row[0].endswith("3")) == 2


def test_of_a_damaged_outbox_every_row_beside_the_damage_is_kept_and_the_lists_are_read_again(data: Path) -> None:
    with Ledger(data / "ledger.sqlite") as ledger:
        for number in range(20, 60):
            one = valid_article(
                number, text=f"第{number}条。" * 200, origin=f"https://finance.sina.com.cn/{number}.shtml"
            )
            ledger.accept(one, validators=Validators(etag="a"))
    ruin(data, "outbox", whole=False)
    said = mended(data)
    waiting = query(data, "SELECT count(*) FROM outbox")[0][0]
    assert 30 <= waiting < 40
    assert f"{waiting} rows of its outbox are kept" in said
    assert "the lists are read to their end again" in said
    with Ledger(data / "ledger.sqlite") as ledger:
        assert ledger.coverage.bound(LIST) is None
        assert not ledger.coverage.has_day(LIST, date(2021, 11, 25), datetime(2022, 1, 1, tzinfo=UTC))
        outcomes = [ledger.accept(valid_article(number, text=f"第{number}条。" * 200)) for number in range(20, 60)]
    assert outcomes.count(Outcome.UNCHANGED) == waiting, "the others are stored when they are fetched again"
    assert query(data, "SELECT count(etag) FROM urls") == [(0,)], "and the site is not asked whether they changed"


def test_a_row_of_the_outbox_that_is_not_what_was_committed_is_not_kept(data: Path) -> None:
    """SQLite has no checksums: a bit of a text that flips is seen by the content's own hash only."""
    put_in_outbox(data, valid_article(20), valid_article(21))
    query(data, "UPDATE outbox SET article = replace(article, '群众', '郡众') WHERE article_id = 'sina:kztest0000020'")
    garbage_in(data, "refusals")
    said = mended(data)
    assert "1 rows of its outbox are kept" in said
    assert query(data, "SELECT article_id FROM outbox") == [("sina:kztest0000021",)]


def test_what_a_damaged_day_file_had_is_fetched_again(data: Path) -> None:
    path = day_file(data, FIRST)
    with Ledger(data / "ledger.sqlite") as ledger:
        ledger.accept(valid_article(3, origin="https://finance.sina.cn/3.d.html"), validators=Validators(etag="a"))
    flip_bit(path)
    damaged = path.read_bytes()
    said = mended(data)
    assert (data / "damaged" / path.relative_to(data)).read_bytes() == damaged
    assert (data / "damaged/posts/2021/11/20211125-sina-kztest0000003.md").exists()
    assert "2021-11-25.parquet is damaged: 0 rows of it could be read" in said
    assert "3 articles have no row any more" in said
    with Ledger(data / "ledger.sqlite") as ledger:
        assert not ledger.has_article("sina:kztest0000003")
        assert not ledger.has_url("https://finance.sina.cn/3.d.html")
        (gap,) = ledger.coverage.gaps(LIST)
        assert (gap.days(), gap.gone) == ([date(2021, 11, 25)], True)
        late = datetime(2022, 1, 1, tzinfo=UTC)
        assert not ledger.coverage.has_day(LIST, date(2021, 11, 25), late)
        assert ledger.coverage.has_day(LIST, date(2021, 11, 26), late)
        assert ledger.accept(valid_article(3), replayed=True) is Outcome.STORED
        export(ledger, writers(data))
        ledger.coverage.read_day(LIST, date(2021, 11, 25), late)
        assert ledger.coverage.gaps(LIST) == []
    assert not audit(data).broken


def test_the_revision_before_stands_for_one_that_is_lost_until_it_is_fetched_again(data: Path) -> None:
    flip_bit(day_file(data, FIRST))
    mended(data)
    one = valid_article(1)
    assert (one.article_id, 1, one.content_hash) in row_versions(data, "articles")
    with Ledger(data / "ledger.sqlite") as ledger:
        again = valid_article(1, text="窗口明日起受理。")
        assert ledger.accept(again, replayed=True) is Outcome.REVISED
        export(ledger, writers(data))
    assert not audit(data).broken


def test_of_a_damaged_file_the_row_groups_that_are_whole_are_kept(data: Path) -> None:
    path = day_file(data, FIRST)
    pq.write_table(pq.ParquetFile(path).read(), path, row_group_size=1, write_page_checksum=True)
    flip_bit(path)
    assert "2021-11-25.parquet is damaged: 3 rows of it could be read" in mended(data)
    assert len(keys(path)) == 3 + 1, "and the older revision of the one that is lost"


def test_superseded_revisions_that_are_lost_are_named_and_not_found_broken_again(data: Path) -> None:
    cut_in_half(day_file(data, FIRST, "revisions"))
    mended(data)
    assert sorted(lost_rows(data)) == [("sina:kztest0000001", 1), ("sina:kztest0000002", 1)]
    assert any("2 articles or revisions were lost" in remark for remark in audit(data).remarks)
    with Ledger(data / "ledger.sqlite") as ledger:
        assert ledger.accept(valid_article(1), replayed=True) is Outcome.UNCHANGED, (
            "an old version does not become the newest"
        )


def test_a_reprint_of_what_is_lost_stays_and_the_loss_is_named(data: Path) -> None:
    store(data, valid_reprint(10, of=3, days=1))
    flip_bit(day_file(data, FIRST))
    mended(data)
    assert ("sina:kztest0000003", 0) in lost_rows(data)
    assert "sina:kztest0000010" in {row[0] for row in row_versions(data, "reprints")}


def test_what_was_accepted_without_knowing_the_files_becomes_the_next_revision(data: Path) -> None:
    """The ledger was deleted and a run came before the repair: it numbered what it found from 1."""
    (data / "ledger.sqlite").unlink()
    put_in_outbox(
        data,
        valid_article(1, text="四稿。"),
        valid_article(2, days=1),
        valid_article(3),
        valid_article(4, text="二稿。", days=2),
    )
    found = audit(data).broken
    assert found["ledger_behind"]
    mended(data)
    store(data)
    assert not audit(data).broken
    revised = {(one.article_id, revision, one.content_hash) for one, revision in (
        (valid_article(1, text="四稿。"), 3), (valid_article(2, days=1), 2), (valid_article(3), 1), (valid_article(4, text="二稿。", days=2), 2)
    )}  # fmt: skip
    assert revised <= set(row_versions(data, "articles"))
    assert len(row_versions(data, "revisions")) == 4
    assert len(row_versions(data, "articles")) == 8


def test_of_two_rows_of_one_revision_with_different_contents_none_is_chosen(data: Path) -> None:
    rewrite_day_file(
        day_file(data, FIRST),
        lambda table: pa.concat_tables([with_first_row_twice(table), with_value(table, "source", "他报").slice(0, 1)]),
    )
    before = row_versions(data, *ALL)
    list(repair(data))
    assert dict(audit(data).broken) == {"article_twice": 1}
    assert row_versions(data, *ALL) == before


@pytest.mark.parametrize("steps", range(12))
def test_an_export_cut_short_whose_ledger_is_lost_is_mended(
    data: Path, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_outbox(data)
    die_after(steps, monkeypatch)
    with Ledger(data / "ledger.sqlite") as ledger, pytest.raises(KeyboardInterrupt):
        export(ledger, writers(data))
    monkeypatch.undo()
    (data / "ledger.sqlite").write_text("没有", "utf-8")
    there = set(row_versions(data, *ALL))
    mended(data)
    assert set(row_versions(data, *ALL)) == there


@pytest.mark.parametrize("steps", range(30))
def test_a_repair_that_is_killed_is_taken_up_by_the_next(
    whole: Path, data: Path, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in_outbox(data, valid_article(20), valid_article(4, text="二稿。"))
    move_first_row(data, day_file(data, SECOND), day_file(data, FIRST))
    rewrite_day_file(day_file(data, SECOND), with_first_row_twice)
    flip_bit(day_file(data, FIRST, "reprints"))
    (data / "posts/2021/11/20211125-sina-kztest0000003.md").unlink()
    (data / "posts/2021/11/20211125-sina-kznone.md").write_text("---\n", "utf-8")
    write_run_report(data).write_text("{", "utf-8")
    garbage_in(data, "refusals")
    die_after(steps, monkeypatch)
    try:
        list(repair(data))
    except KeyboardInterrupt:
        monkeypatch.undo()
    monkeypatch.undo()
    mended(data)
    assert set(row_versions(data, "articles", "revisions")) == set(row_versions(whole, "articles", "revisions"))
    assert len(row_versions(data, *ALL)) == len(set(row_versions(data, *ALL)))
    assert query(data, "SELECT article_id FROM outbox ORDER BY 1") == [("sina:kztest0000004",), ("sina:kztest0000020",)]
    assert (data / "damaged/posts/2021/11/20211125-sina-kznone.md").exists()


def test_part_files_are_deleted(data: Path) -> None:
    part = data / ".part" / "2021-11-25.parquet.part"
    part.write_bytes(b"PAR1")
    assert "1 part files" in mended(data)
    assert not part.exists()


@settings(max_examples=15, deadline=None)
@given(places=st.lists(st.tuples(st.floats(0, 0.999), st.integers(1, 255)), min_size=1, max_size=40))
def test_whatever_happens_to_the_ledger_the_rows_of_the_files_stay_and_it_fits_them_again(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, places: list[tuple[float, int]]
) -> None:
    data = Path(shutil.copytree(whole, tmp_path_factory.mktemp("any") / "data"))
    put_in_outbox(data, *(valid_article(number) for number in range(20, 30)))
    content = bytearray((data / "ledger.sqlite").read_bytes())
    for place, flipped in places:
        content[HEADER + int(place * (len(content) - HEADER))] ^= flipped
    (data / "ledger.sqlite").write_bytes(content)
    mended(data)
    assert row_versions(data, *ALL) == row_versions(whole, *ALL)


@pytest.mark.parametrize("column", ["first_seen", "article_id", "content_hash", "day"])
def test_what_is_no_text_in_the_ledger_is_found_and_mended(whole: Path, tmp_path: Path, column: str) -> None:
    data = Path(shutil.copytree(whole, tmp_path / "data"))
    put_in_outbox(data, *(valid_article(number) for number in range(20, 23)))
    with closing(sqlite3.connect(data / "ledger.sqlite")) as db, db:
        db.execute(
            f"UPDATE identities SET {column} = CAST(x'3230e3' AS TEXT) WHERE article_id = (SELECT max(article_id) FROM outbox)"
        )
    mended(data)
    assert row_versions(data, *ALL) == row_versions(whole, *ALL)


def die_after(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many files get or lose their name, then the process dies."""
    left = iter([True] * steps)
    for name in ("replace", "rename", "unlink"):
        do = getattr(Path, name)
        monkeypatch.setattr(Path, name, lambda *given, do=do: do(*given) if next(left, False) else interrupt())


def ruin(data: Path, table: str, *, whole: bool = True) -> None:
    """Overwrites the pages of a table, or one from their midst."""
    with closing(sqlite3.connect(data / "ledger.sqlite")) as db:
        size = db.execute("PRAGMA page_size").fetchone()[0]
        pages = [
            page for (page,) in db.execute("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'", (table,))
        ]
    with (data / "ledger.sqlite").open("r+b") as file:
        for page in pages if whole else pages[len(pages) // 2 :][:1]:
            file.seek((page - 1) * size)
            file.write(b"\xa5" * size)


def garbage_in(data: Path, table: str) -> None:
    """Damages a table that nothing is made from."""
    ruin(data, table)
