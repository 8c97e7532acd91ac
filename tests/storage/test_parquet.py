from __future__ import annotations

import itertools
import re
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govnews_spider.article import FIELD_NAMES, SCHEMA_VERSION, Article
from govnews_spider.ledger.export import export
from govnews_spider.ledger.ledger import Ledger, Outcome
from govnews_spider.storage.errors import StorageError
from govnews_spider.storage.parquet import SCHEMA, ParquetWriter
from tests.support.rows import NOON, article, file_contents, full, reprint, store

DAY = date(2021, 11, 25)
DAY_FILE = "articles/year=2021/month=11/2021-11-25.parquet"


def write(data: Path, articles: list[Article]) -> None:
    writer = ParquetWriter(data)
    writer.write(DAY, articles)
    writer.flush()


def rows(data: Path, folder: str = "articles") -> list[dict[str, Any]]:
    """All rows of a folder, read file by file without partition columns."""
    files = sorted((data / folder).rglob("*.parquet"))
    return list(itertools.chain.from_iterable(pq.ParquetFile(path).read().to_pylist() for path in files))


def revisions(data: Path, folder: str) -> list[tuple[str, int]]:
    return sorted((row["article_id"], row["revision"]) for row in rows(data, folder))


def test_the_schema_has_the_record_s_fields_in_its_order() -> None:
    assert tuple(SCHEMA.names) == FIELD_NAMES


def test_a_full_article_comes_back_from_its_day_s_file_value_by_value(tmp_path: Path) -> None:
    sent = full(1)
    store(tmp_path, sent)
    (row,) = rows(tmp_path)
    expected = {name: getattr(sent, name) for name in FIELD_NAMES}
    expected["images"] = [{"url": image.url, "caption": image.caption} for image in sent.images]
    expected["provenance"] = list(sent.provenance.items())
    assert row == expected
    assert row["published_at"].microsecond == NOON.microsecond
    assert str(row["published_at"].tzinfo) == "UTC"


def test_a_day_s_file_stands_under_its_hive_partition_whose_keys_are_not_in_it(tmp_path: Path) -> None:
    store(tmp_path, article(1), article(2, days=40), only="parquet")
    assert list(file_contents(tmp_path)) == [DAY_FILE, "articles/year=2022/month=01/2022-01-04.parquet"]
    assert not {"year", "month"} & set(pq.read_schema(tmp_path / DAY_FILE).names)


def test_the_day_is_shanghai_s(tmp_path: Path) -> None:
    store(
        tmp_path,
        article(1, published_at=NOON.replace(hour=15, minute=59)),
        article(2, published_at=NOON.replace(hour=16)),
    )
    assert sorted(path.name for path in tmp_path.rglob("*.parquet")) == ["2021-11-25.parquet", "2021-11-26.parquet"]


def test_a_file_says_its_types_nullability_compression_and_schema_version(tmp_path: Path) -> None:
    store(tmp_path, article(1))
    file = pq.ParquetFile(tmp_path / DAY_FILE)
    assert file.schema_arrow.equals(SCHEMA)
    assert [field.nullable for field in file.schema_arrow] == [field.nullable for field in SCHEMA]
    assert file.schema_arrow.metadata[b"schema_version"] == str(SCHEMA_VERSION).encode()
    assert file.metadata.num_row_groups == 1
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def test_rows_are_sorted_by_time_and_then_by_id(tmp_path: Path) -> None:
    times = {1: NOON + timedelta(minutes=5), 2: NOON, 3: NOON}
    store(tmp_path, *(article(n, published_at=times[n]) for n in (1, 3)))
    store(tmp_path, article(2, published_at=times[2]))
    assert [row["article_id"][-1] for row in rows(tmp_path)] == ["2", "3", "1"]


def test_the_same_rows_in_other_portions_and_order_give_the_same_bytes(tmp_path: Path) -> None:
    articles = [full(n) if n % 2 else article(n, first_seen=NOON) for n in range(1, 30)]
    for one in articles:
        one.first_seen = NOON
    at_once, piecemeal = tmp_path / "a", tmp_path / "b"
    write(at_once, articles)
    for one in reversed(articles):
        write(piecemeal, [one])
    assert file_contents(at_once) == file_contents(piecemeal)
    write(piecemeal, articles)
    assert file_contents(at_once) == file_contents(piecemeal)


def test_writing_what_is_there_already_does_not_touch_the_file(tmp_path: Path) -> None:
    stored = article(1, first_seen=NOON)
    write(tmp_path, [stored])
    before = (tmp_path / DAY_FILE).stat()
    write(tmp_path, [stored])
    after = (tmp_path / DAY_FILE).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_revision_takes_the_article_s_place_and_its_old_row_is_kept(tmp_path: Path) -> None:
    store(tmp_path, full(1), article(2))
    (old,) = (row for row in rows(tmp_path) if row["article_id"] == article(1).article_id)
    store(tmp_path, full(1, text="二稿：窗口明起受理。"))
    assert revisions(tmp_path, "articles") == [(article(1).article_id, 2), (article(2).article_id, 1)]
    assert rows(tmp_path, "revisions") == [old]
    assert {row["text"] for row in rows(tmp_path)} == {"二稿：窗口明起受理。", article(2).text}


def test_the_old_row_is_safe_before_the_day_s_file_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut right before the day's rename finds the old row in both places, and the outbox still has the new one."""
    store(tmp_path, article(1))
    replace = Path.replace

    def cut(part: Path, target: Path) -> Path:
        if "articles" in target.parts:
            raise OSError("power cut")
        return replace(part, target)

    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.accept(article(1, text="二稿。"))
        monkeypatch.setattr(Path, "replace", cut)
        assert [fault.slug for fault in export(ledger, [ParquetWriter(tmp_path)])] == ["disk_failed"]
        monkeypatch.undo()
        assert revisions(tmp_path, "articles") == revisions(tmp_path, "revisions") == [(article(1).article_id, 1)]
        export(ledger, [ParquetWriter(tmp_path)])
    assert revisions(tmp_path, "articles") == [(article(1).article_id, 2)]
    assert revisions(tmp_path, "revisions") == [(article(1).article_id, 1)]


def test_two_revisions_waiting_together_are_written_as_if_one_after_the_other(tmp_path: Path) -> None:
    together, apart = tmp_path / "a", tmp_path / "b"
    drafts = ["一稿。", "二稿。", "三稿。"]
    store(together, *(article(1, text=text) for text in drafts))
    for text in drafts:
        store(apart, article(1, text=text))
    for data in (together, apart):
        assert revisions(data, "articles") == [(article(1).article_id, 3)]
        assert revisions(data, "revisions") == [(article(1).article_id, 1), (article(1).article_id, 2)]


def test_an_article_whose_day_moved_leaves_its_old_day_and_the_emptied_file_stays_for_who_is_about_to_open_it(
    tmp_path: Path,
) -> None:
    store(tmp_path, article(1), only="parquet")
    store(tmp_path, article(1, days=1), only="parquet")
    assert {name: pq.ParquetFile(tmp_path / name).metadata.num_rows for name in file_contents(tmp_path)} == {
        "articles/year=2021/month=11/2021-11-25.parquet": 0,
        "articles/year=2021/month=11/2021-11-26.parquet": 1,
        "revisions/year=2021/month=11/2021-11-25.parquet": 1,
    }


def test_an_article_that_moved_and_came_back_is_there_once(tmp_path: Path) -> None:
    store(tmp_path, article(1), article(2))
    store(tmp_path, article(1, days=1), article(1, text="三稿。"))
    assert revisions(tmp_path, "articles") == [(article(1).article_id, 3), (article(2).article_id, 1)]
    assert [(row["revision"], row["published_at"].day) for row in rows(tmp_path, "revisions")] == [(1, 25), (2, 26)]


def test_a_reprint_goes_to_its_own_folder_as_a_whole_row(tmp_path: Path) -> None:
    store(tmp_path, article(1), reprint(2, of=1))
    assert revisions(tmp_path, "articles") == [(article(1).article_id, 1)]
    (row,) = rows(tmp_path, "reprints")
    assert (row["duplicate_of"], row["similarity"]) == (article(1).article_id, 1.0)


@pytest.mark.parametrize(("first", "then"), [("articles", "reprints"), ("reprints", "articles")])
def test_an_article_found_to_be_a_reprint_changes_folders_and_back(tmp_path: Path, first: str, then: str) -> None:
    versions = {"articles": article(2, text="改过一次。"), "reprints": reprint(2, of=1)}
    store(tmp_path, article(1), versions[first])
    store(tmp_path, versions[then])
    assert (article(2).article_id, 2) in revisions(tmp_path, then)
    assert article(2).article_id not in {article_id for article_id, _ in revisions(tmp_path, first)}
    assert revisions(tmp_path, "revisions") == [(article(2).article_id, 1)]


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied", "replaced"])
@pytest.mark.parametrize("folder", ["articles", "reprints", "revisions"])
def test_a_damaged_day_file_is_named_and_nothing_is_written_over_it(tmp_path: Path, folder: str, damage: str) -> None:
    store(tmp_path, article(1), full(2), reprint(3, of=1))
    store(tmp_path, article(1, text="二稿。"), article(2, text="二稿。"), reprint(3, of=1, text="二稿。"))
    path = tmp_path / DAY_FILE.replace("articles", folder)
    good = path.read_bytes()
    middle = len(good) // 8
    flipped = good[:middle] + bytes([good[middle] ^ 4]) + good[middle + 1 :]
    path.write_bytes({"cut": good[:-100], "flipped": flipped, "emptied": b"", "replaced": b"<html>502</html>"}[damage])
    before = file_contents(tmp_path)
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.accept(article(1, text="三稿。"))
        (fault,) = set(map(str, export(ledger, [ParquetWriter(tmp_path)])))
        assert re.match(rf"damaged_day_file: .*/{folder}/year=2021/month=11/2021-11-25\.parquet: ", fault)
        assert file_contents(tmp_path, folder) == {name: before[name] for name in before if name.startswith(folder)}
        path.write_bytes(good)
        export(ledger, [ParquetWriter(tmp_path)])
    assert (article(1).article_id, 3) in revisions(tmp_path, "articles")


def test_a_file_of_another_schema_is_not_extended(tmp_path: Path) -> None:
    path = tmp_path / DAY_FILE
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table({"article_id": ["sina:kztest0000001"], "revision": ["1"]}), path)
    with pytest.raises(StorageError, match=r"^other_schema: .*2021-11-25"):
        ParquetWriter(tmp_path).write(DAY, [article(2, first_seen=NOON)])


def test_rows_newer_than_the_ledger_s_are_not_overwritten(tmp_path: Path) -> None:
    store(tmp_path, article(1), article(1, text="二稿。"))
    before = file_contents(tmp_path, "articles")
    (tmp_path / "ledger.sqlite").unlink()
    with pytest.raises(StorageError, match=r"^ledger_behind: .* revision 2 of sina:kztest0000001, not 1"):
        store(tmp_path, article(1))
    assert file_contents(tmp_path, "articles") == before


def test_a_row_without_a_mandatory_value_is_never_written(tmp_path: Path) -> None:
    writer = ParquetWriter(tmp_path)
    with pytest.raises(pa.ArrowException):  # noqa: PT012 - whichever of the two it is
        writer.write(DAY, [article(1, first_seen=NOON, title=None)])
        writer.flush()
    assert file_contents(tmp_path) == {}


class Model:
    """What the folders must hold after any history: the newest revision of each article, and all older ones."""

    def __init__(self) -> None:
        self.history: dict[str, list[Article]] = {}

    def check(self, data: Path) -> None:
        newest = {versions[-1].article_id: versions[-1] for versions in self.history.values()}
        for folder, reprints in (("articles", False), ("reprints", True)):
            expected = [one for one in newest.values() if (one.duplicate_of is not None) is reprints]
            assert revisions(data, folder) == sorted((one.article_id, one.revision) for one in expected)
        older = [one for versions in self.history.values() for one in versions[:-1]]
        assert revisions(data, "revisions") == sorted((one.article_id, one.revision) for one in older)
        for path in data.rglob("*.parquet"):
            days = pq.ParquetFile(path).read()["published_at"].to_pylist()
            assert {str((moment.astimezone(UTC) + timedelta(hours=8)).date()) for moment in days} <= {path.stem}


accepted = st.builds(
    lambda number, draft, days, is_reprint: article(
        number, text=f"第{draft}稿。", days=days, **({"duplicate_of": "sina:kztest0000009"} if is_reprint else {})
    ),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(0, 1),
    st.booleans(),
)
steps = st.lists(st.one_of(accepted, st.sampled_from(["export", "crash"])), max_size=14)


@settings(max_examples=25, deadline=None)
@given(steps)
def test_any_history_leaves_the_newest_revision_once_and_all_older_ones(
    tmp_path_factory: pytest.TempPathFactory, history: list[Article | str]
) -> None:
    """``crash``: the first batch reaches the files, but the process dies before the outbox is cleared."""
    data, model = tmp_path_factory.mktemp("data"), Model()
    writer = ParquetWriter(data)
    ledger = Ledger(data / "ledger.sqlite")
    for step in history:
        if isinstance(step, Article):
            if ledger.accept(step) is not Outcome.UNCHANGED:
                model.history.setdefault(step.article_id, []).append(step)
        elif step == "export":
            export(ledger, [writer])
            model.check(data)
        else:
            for batch in itertools.islice(ledger.pending(), 1):
                writer.write(batch.day, batch.articles)
            writer.flush()
            writer = ParquetWriter(data)
            ledger.close()
            ledger = Ledger(data / "ledger.sqlite")
    export(ledger, [writer])
    ledger.close()
    model.check(data)
