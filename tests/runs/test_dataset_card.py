"""The dataset card: what it counts is in the files, and writing it reads none of them."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import frontmatter
import pyarrow.parquet as pq
import pytest
from frontmatter.default_handlers import YAMLHandler

from govnews_spider.ledger.coverage import Coverage
from govnews_spider.ledger.ledger import Ledger
from govnews_spider.runs.dataset_card import NAMES, write_card
from govnews_spider.storage.parquet import SCHEMA
from tests.support.crawls import ROOT, crawl
from tests.support.rows import article, reprint, store

TEXT = "三省市的窗口今起统一受理跨省通办事项，群众不用再两地跑，材料由窗口之间自行流转，办结之后寄到家里。"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two articles, a reprint a year later, and two former revisions."""
    store(tmp_path, article(1, text=TEXT), article(2, text="初稿。"), reprint(3, of=1, days=400, text=TEXT))
    store(tmp_path, article(2, text="二稿。"))
    store(tmp_path, article(2, text="三稿。"))
    return tmp_path


def card(data: Path) -> tuple[dict[str, Any], str]:
    """The metadata and the text of CARD.md."""
    metadata, text = frontmatter.parse((data / "CARD.md").read_text("utf-8"))
    return metadata, text


def told(data: Path) -> dict[str, bytes]:
    return {name: (data / name).read_bytes() for name in NAMES if (data / name).exists()}


def test_it_counts_the_rows_of_each_folder_and_names_the_first_and_the_last_day(data: Path) -> None:
    write_card(data)
    metadata, text = card(data)
    rows = {
        name: sum(pq.ParquetFile(path).metadata.num_rows for path in (data / name).rglob("*.parquet"))
        for name in ("articles", "reprints", "revisions")
    }
    assert rows == {"articles": 2, "reprints": 1, "revisions": 2}
    assert all(f"| `{name}/` | {count} | " in text for name, count in rows.items())
    assert "Published from 2021-11-25 to 2022-12-30" in text
    assert "| 2021 | 2 | 0 |\n| 2022 | 0 | 1 |" in text
    assert [config["config_name"] for config in metadata["configs"]] == list(rows)
    assert [config["default"] for config in metadata["configs"]] == [True, False, False]


def test_its_metadata_name_every_column_that_is_no_map_with_its_type_and_are_told_to_datasets_too(data: Path) -> None:
    write_card(data)
    metadata, _ = card(data)
    assert YAMLHandler().load((data / ".huggingface.yaml").read_text("utf-8")) == metadata
    (features, *_) = (info["features"] for info in metadata["dataset_info"])
    names = [name for name in SCHEMA.names if name != "provenance"]
    assert [one["name"] for one in features] == metadata["configs"][0]["columns"] == names
    found = {one.pop("name"): one for one in features}
    assert found["published_at"] == {"dtype": "timestamp[us, tz=UTC]"}
    assert (found["char_count"], found["similarity"]) == ({"dtype": "int32"}, {"dtype": "float64"})
    assert found["topics"] == {"list": "string"}
    assert found["images"] == {"list": [{"name": "url", "dtype": "string"}, {"name": "caption", "dtype": "string"}]}
    assert (metadata["language"], metadata["size_categories"]) == (["zh"], ["n<1K"])


def test_it_comes_from_the_ledger_alone_whatever_lies_in_the_folder(data: Path) -> None:
    write_card(data)
    before = told(data)
    for folder in ("articles", "reprints", "revisions", "posts"):
        shutil.rmtree(data / folder)
    for name in NAMES:
        (data / name).unlink()
    write_card(data)
    assert told(data) == before


def test_writing_it_again_touches_no_file_and_what_is_new_changes_it(data: Path) -> None:
    write_card(data)
    for name in NAMES:
        os.utime(data / name, ns=(0, 0))
    write_card(data)
    assert [(data / name).stat().st_mtime_ns for name in NAMES] == [0, 0]
    store(data, article(4, text="另一件事。"))
    write_card(data)
    assert "| `articles/` | 3 |" in card(data)[1]
    assert (data / ".huggingface.yaml").stat().st_mtime_ns == 0, "its metadata are the same"


def test_rows_that_wait_for_their_files_are_not_told_of(data: Path) -> None:
    write_card(data)
    before = told(data)
    with Ledger(data / "ledger.sqlite") as ledger:
        ledger.accept(article(4, text="另一件事。"))
    write_card(data)
    assert told(data) == before
    store(data)
    write_card(data)
    assert told(data) != before


def test_a_folder_without_articles_has_none(tmp_path: Path) -> None:
    Ledger(tmp_path / "ledger.sqlite").close()
    write_card(tmp_path)
    assert told(tmp_path) == {}


def test_it_names_the_lists_that_were_read_and_how_many_gaps_are_known(data: Path) -> None:
    write_card(data)
    assert "Lists read: none is recorded" in card(data)[1]
    assert "may be missing: 0." in card(data)[1]
    noon, night = datetime(2021, 11, 25, 4, tzinfo=UTC), datetime(2021, 11, 25, 16, tzinfo=UTC)
    with closing(sqlite3.connect(data / "ledger.sqlite", isolation_level=None)) as db:
        Coverage(db).read("部委动态", noon, night, to_end=True, failed=[noon])
    write_card(data)
    assert "Lists read: 部委动态." in card(data)[1]
    assert "may be missing: 1." in card(data)[1]


@pytest.mark.parametrize(
    ("count", "size"), [(999, "n<1K"), (1000, "1K<n<10K"), (9999, "1K<n<10K"), (10_000, "10K<n<100K")]
)
def test_its_size_is_that_of_the_hub_s_list(tmp_path: Path, count: int, size: str) -> None:
    Ledger(tmp_path / "ledger.sqlite").close()
    rows = ((f"sina:kz{number:012d}", "", "", "2021-11-25", 1, "", "") for number in range(count))
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as db, db:
        db.executemany(
            "INSERT INTO identities (article_id, content_hash, published_at, day, revision, first_seen, last_seen)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
    write_card(tmp_path)
    assert card(tmp_path)[0]["size_categories"] == [size]
    assert f"| `articles/` | {count:,} |" in card(tmp_path)[1]


def test_a_run_writes_it_at_its_end_and_a_sample_does_not(tmp_path: Path) -> None:
    demo = {"GOVNEWS_REPLAY": ROOT / "examples/demo.warc.gz"}
    assert crawl(tmp_path / "none", "sina_gov", "sample=3", **demo).code == 0
    assert told(tmp_path / "none") == {}
    assert crawl(tmp_path, "sina_gov", **demo).code == 0
    metadata, text = card(tmp_path)
    assert "| `articles/` | 29 |" in text
    assert "| `reprints/` | 11 |" in text
    assert "Lists read: 国内滚动、地方经济、宏观经济、部委动态、金融新闻." in text
    assert [config["config_name"] for config in metadata["configs"]] == ["articles", "reprints"]
    before = told(tmp_path)
    assert crawl(tmp_path, "sina_gov", **demo).code == 0
    assert told(tmp_path) == before
