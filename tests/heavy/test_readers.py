"""Spark and datasets read what a run leaves, by the lines of the README and by the card: the same rows, of the same types."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from govnews_spider.runs.dataset_card import write_card
from govnews_spider.storage.parquet import SCHEMA
from tests.heavy.readers import read
from tests.support.crawls import ROOT, crawl
from tests.support.rows import article, full, reprint, store

README = (ROOT / "README.md").read_text("utf-8")
FOLDERS = ("articles", "reprints", "revisions")
TEXT = "三省市的窗口今起统一受理跨省通办事项，群众不用再两地跑，材料由窗口之间自行流转，办结之后寄到家里。"
KEPT = """
import sys
import pyarrow as pa

def keep(table, name):
    with pa.OSFile(name + ".arrow", "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
"""
OF_SPARK = {"string": "string", "int32": "int", "double": "double", "timestamp[us, tz=UTC]": "timestamp"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a ``data`` of several days that has articles, a reprint, a former revision, and a value in every column."""
    folder = tmp_path_factory.mktemp("readers")
    done = crawl(folder / "data", "sina_gov", GOVNEWS_REPLAY=ROOT / "examples/demo.warc.gz")
    assert done.code == 0, done.log
    store(
        folder / "data",
        article(1, text=TEXT),
        full(2, text="北港市公布二季度账本。"),
        reprint(3, of=1, days=400, text=TEXT),
    )
    store(folder / "data", full(2, text="北港市公布三季度账本。"))
    write_card(folder / "data")
    return folder


def line_of(start: str) -> str:
    """The line of the README that begins so."""
    (line,) = re.findall(rf"^{re.escape(start)}.*$", README, re.MULTILINE)
    return line


def ours(folder: Path, name: str) -> list[dict[str, Any]]:
    """The rows of ``articles/``, ``reprints/`` or ``revisions/``, as we read them."""
    paths = (folder / "data" / name).rglob("*.parquet")
    rows = [row for path in paths for row in pq.ParquetFile(path).read().to_pylist()]
    assert rows
    return in_order(rows)


def theirs(folder: Path, name: str) -> pa.Table:
    """What they have kept."""
    with pa.memory_map(str(folder / f"{name}.arrow")) as file:
        return pa.ipc.open_file(file).read_all()


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By identity; entries of a map in one order."""
    for row in rows:
        if "provenance" in row:
            row["provenance"] = sorted(row["provenance"])
    return sorted(rows, key=lambda row: row["article_id"])


def in_spark(kind: pa.DataType) -> str:
    """The type that Spark has for it."""
    if pa.types.is_map(kind):
        return f"map<{in_spark(kind.key_type)},{in_spark(kind.item_type)}>"
    if pa.types.is_list(kind):
        return f"array<{in_spark(kind.value_type)}>"
    if pa.types.is_struct(kind):
        return f"struct<{','.join(f'{field.name}:{in_spark(field.type)}' for field in kind)}>"
    return OF_SPARK[str(kind)]


def test_spark_reads_the_same_rows_of_the_same_types(folder: Path) -> None:
    """Whatever zone its session has; the days of the folders' names come as numbers."""
    line = line_of("spark.read.parquet(")
    code = f"""{KEPT}
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", False).config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1").getOrCreate()
spark.conf.set("spark.sql.session.timeZone", "America/New_York")
frame = {line}
print(frame.schema.simpleString())
keep(frame.drop("year", "month").toArrow(), "spark")
spark.stop()
"""
    said = read(code, folder=folder)
    columns = ",".join(f"{field.name}:{in_spark(field.type)}" for field in SCHEMA)
    assert said.splitlines()[-1] == f"struct<{columns},year:int,month:int>"
    table = theirs(folder, "spark")
    assert in_order(table.to_pylist()) == ours(folder, "articles")


@pytest.fixture(scope="module")
def loaded(folder: Path) -> Path:
    """What ``datasets`` makes of the folder by its card, by the card as the Hub has it, and by the README's line for single files."""
    hub = folder / "hub"
    shutil.copytree(folder / "data", hub, ignore=shutil.ignore_patterns(".huggingface.yaml", "ledger*", "posts"))
    (hub / "CARD.md").rename(hub / "README.md")
    shutil.copy(ROOT / "data" / "README.md", folder / "data")
    code = f"""{KEPT}
import datasets
for name in {FOLDERS}:
    for place in ("data", "hub"):
        table = datasets.load_dataset(place, name, split="train")
        keep(table.with_format("arrow")[:], f"{{place}}_{{name}}")
{line_of("features = datasets.")}
keep({line_of("datasets.load_dataset(")}["train"].with_format("arrow")[:], "files")
streamed = datasets.load_dataset("data", split="train", streaming=True)
keep(pa.Table.from_pylist(list(streamed)), "streamed")
print(datasets.get_dataset_config_names("data"), datasets.get_dataset_config_names("hub"))
"""
    said = read(code, folder=folder, HF_HOME=str(folder / "cache"), HF_HUB_OFFLINE="1")
    assert said.splitlines()[-1] == f"{list(FOLDERS)} {list(FOLDERS)}"
    return folder


@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.parametrize("place", ["data", "hub"])
def test_datasets_reads_by_the_card_the_same_rows_of_the_same_types(loaded: Path, place: str, name: str) -> None:
    """All but ``provenance``: it has no maps."""
    table = theirs(loaded, f"{place}_{name}")
    columns = [field for field in SCHEMA if field.name != "provenance"]
    assert [(field.name, plain(field.type)) for field in table.schema] == [(f.name, plain(f.type)) for f in columns]
    assert in_order(table.to_pylist()) == without_provenance(ours(loaded, name))


@pytest.mark.parametrize("name", ["files", "streamed"])
def test_datasets_reads_single_files_and_streams(loaded: Path, name: str) -> None:
    assert in_order(theirs(loaded, name).to_pylist()) == without_provenance(ours(loaded, "articles"))


def without_provenance(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "provenance"} for row in rows]


def plain(kind: pa.DataType) -> str:
    """A type without the names and nullability of what is inside a list."""
    return re.sub(r"element: | not null|item: ", "", str(kind))
