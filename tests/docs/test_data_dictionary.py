"""Data dictionary in data/README.md, compared with the files that are written."""

from __future__ import annotations

import re
import subprocess
from dataclasses import fields
from pathlib import Path

import pyarrow as pa
import pytest

from govnews_spider.archive.exchange import Exchange
from govnews_spider.archive.writer import ArchiveWriter
from govnews_spider.article import FIELD_NAMES, KINDS
from govnews_spider.core.stages.topics import topic_names
from govnews_spider.ledger.ledger import Ledger
from govnews_spider.runs.rejections import RejectedLog, Rejection
from govnews_spider.runs.run import Run
from govnews_spider.storage.parquet import SCHEMA
from tests.support.data_dictionary import PAGE, table
from tests.support.rows import NOON, article, full, reprint, store

COLUMNS = table("## Columns of `articles/`, `reprints/` and `revisions/`")


def spelled(kind: pa.DataType) -> str:
    """An Arrow type in the words of the page."""
    if pa.types.is_map(kind):
        return f"map<{spelled(kind.key_type)}, {spelled(kind.item_type)}>"
    if pa.types.is_list(kind):
        return f"list<{spelled(kind.value_type)}>"
    if pa.types.is_struct(kind):
        return f"struct<{', '.join(f'{field.name}: {spelled(field.type)}' for field in kind)}>"
    return str(kind).replace("tz=", "")


def test_the_page_has_every_column_in_its_order_and_no_other() -> None:
    assert [row[0] for row in COLUMNS] == list(FIELD_NAMES) == SCHEMA.names


@pytest.mark.parametrize("row", COLUMNS, ids=lambda row: row[0])
def test_a_column_s_line_is_whole_its_type_is_the_schema_s_and_never_means_not_null(row: list[str]) -> None:
    name, kind, meaning, missing = row
    assert meaning
    assert missing
    assert kind == spelled(SCHEMA.field(name).type)
    assert (missing == "never") is not SCHEMA.field(name).nullable


def test_the_page_names_every_kind() -> None:
    (meaning,) = (row[2] for row in COLUMNS if row[0] == "kind")
    assert re.findall(r"`(\w+)`", meaning) == list(KINDS)


def test_the_page_has_every_key_of_a_rejection() -> None:
    assert [row[0] for row in table("## Lines of `rejected/<run_id>.jsonl`")] == [f.name for f in fields(Rejection)]


def test_the_page_has_every_key_of_a_run_s_account() -> None:
    account = Run(run_id="20211126T010203Z", spider="seeds", arguments={}, started=NOON).as_json()
    assert [row[0] for row in table("## Keys of `runs/<run_id>.json`")] == list(account)


def test_the_page_has_every_table_of_the_ledger(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        names = ledger._db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid").fetchall()
    assert [row[0] for row in table("## Tables of `ledger.sqlite`")] == [name for (name,) in names]


def test_the_page_of_the_lexicons_lists_every_topic_in_its_order() -> None:
    page = (PAGE.parents[1] / "docs" / "lexicons.md").read_text("utf-8")
    listed = re.search(r"There are, in this order:\s+([^.]+)\.", page)
    assert listed
    assert "".join(listed[1].split()).split("、") == topic_names()


def test_a_rebuilt_folder_takes_the_old_one_s_place_with_its_archives_and_this_page(tmp_path: Path) -> None:
    (line,) = re.findall(r"^\$ (mv .+)$", (PAGE.parents[1] / "docs" / "scale.md").read_text("utf-8"), re.MULTILINE)
    for name in ("data/raw/a.warc.gz", "data/README.md", "data/runs/old.json", "data.new/runs/new.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    subprocess.run(["sh", "-c", line], cwd=tmp_path, check=True)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"data/raw/a.warc.gz", "data/README.md", "data/runs/new.json", "data.old/runs/old.json"}


def test_every_file_that_the_writers_leave_has_the_form_of_a_path_on_the_page(tmp_path: Path) -> None:
    documented = [row[0] for row in table("# The data folder")]
    store(tmp_path, article(1), full(2), reprint(3, of=1))
    store(tmp_path, article(1, text="二稿。"))
    log = RejectedLog(tmp_path, "20211126T010203Z")
    log.add(Rejection(slug="unreadable_file", detail="a.md: 读不出", url=None, origin="a.md", outcome="failed"))
    log.close()
    with ArchiveWriter(tmp_path / "raw", "20211126T010203Z", {"software": "x"}) as archive:
        archive.add(Exchange(url="https://finance.sina.com.cn/", at=NOON, status=200, headers=(), body=b""))
    forms = {_form(path.replace("<run_id>", "20211126T010203Z")) for path in documented}
    left = {_form(str(path.relative_to(tmp_path))) for path in tmp_path.rglob("*") if path.is_file()}
    assert left <= forms
    by_others = (
        "runs/20211126T010203Z.json",
        "CARD.md",
        ".huggingface.yaml",
        "report.html",
        ".part/",
        ".rebuild/",
        "damaged/",
        "ledger.sqlite.damaged-<UTC time>",
        "ledger.sqlite.ready",
    )
    assert forms - left == set(map(_form, by_others)), (
        "written by the run itself, by a report or a repair, or empty here"
    )


def _form(path: str) -> str:
    """A path with its digits, and the letters of its document id, made equal."""
    return re.sub(r"\d+", "0", re.sub(r"sina-\w+", "sina-0", path))
