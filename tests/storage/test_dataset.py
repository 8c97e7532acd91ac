from __future__ import annotations

import subprocess
import sys
import threading
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from govnews_spider import open_articles
from govnews_spider.article import SHANGHAI
from govnews_spider.ledger.export import export
from govnews_spider.ledger.ledger import Ledger
from govnews_spider.storage.parquet import SCHEMA
from tests.support.rows import NOON, article, full, reprint, store, writers


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Four days written by several runs: a day of empty columns first, full and mixed ones later, a revision, a reprint."""
    store(tmp_path, article(1), article(2))
    store(tmp_path, full(3, days=1), article(4, days=40), full(5, days=40))
    store(tmp_path, full(2), article(6, days=-400), reprint(7, of=1))
    return tmp_path


def ids(dataset: ds.Dataset) -> list[int]:
    return sorted(int(one[-7:]) for one in dataset.to_table(columns=["article_id"])["article_id"].to_pylist())


def test_the_dataset_has_the_frozen_schema_and_the_partitions_as_integers(data: Path) -> None:
    dataset = open_articles(data)
    assert dataset.schema.equals(pa.schema([*SCHEMA, ("year", pa.int32()), ("month", pa.int32())]))
    table = dataset.to_table()
    assert table.schema.equals(dataset.schema)
    for row in table.select(["published_at", "year", "month"]).to_pylist():
        local = row["published_at"].astimezone(SHANGHAI)
        assert (row["year"], row["month"]) == (local.year, local.month)


def test_every_article_is_there_once_and_no_reprint_or_older_revision(data: Path) -> None:
    assert ids(open_articles(data)) == [1, 2, 3, 4, 5, 6]


def test_reprints_and_revisions_are_added_when_asked_for(data: Path) -> None:
    assert ids(open_articles(data, reprints=True)) == [1, 2, 3, 4, 5, 6, 7]
    assert ids(open_articles(data, revisions=True)) == [1, 2, 3, 4, 5, 6]
    store(data, article(6, days=-400, text="二稿。"))
    assert ids(open_articles(data, revisions=True)) == [1, 2, 3, 4, 5, 6, 6]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"since": "2021-11-26"}, [3, 4, 5]),
        ({"until": date(2021, 11, 25)}, [1, 2, 6]),
        ({"since": date(2021, 11, 25), "until": "2021-11-25"}, [1, 2]),
        ({"since": "2030-01-01"}, []),
        ({"topics": ["政务服务"]}, [2, 3, 5]),
        ({"topics": ["养老"]}, []),
        ({"topics": []}, []),
        ({"topics": ["养老", "跨省通办"], "since": "2021-12-01"}, [5]),
    ],
)
def test_since_until_and_topics_select_and_both_days_count(
    data: Path, arguments: dict[str, Any], expected: list[int]
) -> None:
    store(data, full(2, text="已经有主题。"))
    dataset = open_articles(data, **arguments)
    assert ids(dataset) == expected
    assert dataset.count_rows() == len(expected)


def test_a_day_begins_at_midnight_in_shanghai(tmp_path: Path) -> None:
    midnight = NOON.replace(hour=16, minute=0)
    store(tmp_path, article(1, published_at=midnight - timedelta(minutes=1)), article(2, published_at=midnight))
    assert ids(open_articles(tmp_path, since="2021-11-26")) == [2]


def test_a_topic_is_a_whole_name(tmp_path: Path) -> None:
    store(tmp_path, full(1, topics=["财政", "税务"]), full(2, topics=["财政学", "税", "务", "国税务"]))
    assert [ids(open_articles(tmp_path, topics=[topic])) for topic in ("财政", "税务")] == [[1], [1]]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"since": "25.11.2021"}, ValueError, "bad_day: '25.11.2021'"),
        ({"until": datetime(2021, 11, 25, 12, tzinfo=SHANGHAI)}, TypeError, "bad_day"),
        ({"topics": "跨省通办"}, TypeError, "bad_topics: '跨省通办' is one string"),
        ({"topics": ["财政", "跨省通辦"]}, ValueError, "unknown_topic: 跨省通辦; known are 跨省通办、"),
        ({"since": "2021-11-26", "until": "2021-11-25"}, ValueError, "empty_period: since=2021-11-26 is after"),
    ],
)
def test_a_wrong_argument_is_named(data: Path, arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        open_articles(data, **arguments)


def test_an_empty_folder_is_named_with_its_cure(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"^no_articles: .*nothing-here: .*run a crawl"):
        open_articles(tmp_path / "nothing-here")


def test_a_part_file_that_a_kill_left_is_never_read(data: Path) -> None:
    (data / ".part").mkdir(exist_ok=True)
    (data / ".part" / "2021-11-25.parquet.part").write_bytes(b"PAR1 half a file")
    (data / "articles" / "year=2021" / "month=11" / ".2021-11-27.parquet.part").write_bytes(b"PAR1 half a file")
    assert ids(open_articles(data)) == [1, 2, 3, 4, 5, 6]


def test_a_filtered_dataset_stays_filtered_in_duckdb_and_polars(data: Path) -> None:
    filtered = open_articles(data, topics=["跨省通办"])
    expected = len(ids(filtered))
    assert 0 < expected < 6
    assert duckdb.sql("SELECT count(*) FROM filtered").fetchall() == [(expected,)]
    assert pl.scan_pyarrow_dataset(filtered).collect().height == expected


# What each reader makes of our types: the same rows and, in its own words, the same types, whatever the order of the days.

ARROW = {field.name: field.type for field in SCHEMA}


def test_pyarrow_reads_the_folder_as_it_stands(data: Path) -> None:
    dataset = ds.dataset(data / "articles", partitioning="hive")
    assert pa.schema(list(dataset.schema)[: len(SCHEMA)]).equals(SCHEMA)
    assert ids(dataset) == [1, 2, 3, 4, 5, 6]


def test_pandas_reads_the_folder_as_it_stands(data: Path) -> None:
    frame = pd.read_parquet(data / "articles")
    assert list(frame.columns) == [*SCHEMA.names, "year", "month"]
    assert sorted(frame["article_id"]) == sorted(open_articles(data).to_table()["article_id"].to_pylist())
    assert str(frame["published_at"].dtype) == "datetime64[us, UTC]"
    assert str(frame["char_count"].dtype) == "int32"
    row = frame.set_index("article_id").loc[full(5).article_id]
    assert list(row["regions"]) == ["110000", "120000"]
    assert row["images"][0] == {"url": "https://n.sinaimg.cn/a/1.jpg", "caption": "窗口前的群众"}
    assert dict(row["provenance"]) == full(5).provenance


def test_polars_reads_the_folder_as_it_stands(data: Path) -> None:
    frame = pl.scan_parquet(data / "articles").collect()
    assert frame.columns == [*SCHEMA.names, "year", "month"]
    assert frame.schema["published_at"] == pl.Datetime("us", "UTC")
    assert frame.schema["topics"] == pl.List(pl.String)
    assert frame.schema["images"] == pl.List(pl.Struct({"url": pl.String, "caption": pl.String}))
    assert frame.schema["char_count"] == pl.Int32
    assert frame.schema["fetched_at"] == pl.Datetime("us", "UTC")
    expected = open_articles(data).to_table(columns=["article_id", "published_at", "source", "topics", "images"])
    assert (
        frame.select(expected.column_names).sort("article_id").to_dicts() == expected.sort_by("article_id").to_pylist()
    )


def test_duckdb_reads_the_folder_as_it_stands(data: Path) -> None:
    relation = duckdb.sql(f"SELECT * FROM read_parquet('{data}/articles/**/*.parquet') ORDER BY article_id")
    assert relation.columns[: len(SCHEMA)] == SCHEMA.names
    assert set(relation.columns[len(SCHEMA) :]) == {"year", "month"}
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))
    assert types["published_at"] == "TIMESTAMP WITH TIME ZONE"
    assert types["topics"] == "VARCHAR[]"
    assert types["images"] == "STRUCT(url VARCHAR, caption VARCHAR)[]"
    assert types["provenance"] == "MAP(VARCHAR, VARCHAR)"
    assert types["char_count"] == "INTEGER"
    rows = relation.select("article_id, source, topics, provenance['title'] AS title_from").fetchall()
    expected = open_articles(data).to_table().sort_by("article_id").to_pylist()
    assert rows == [
        (row["article_id"], row["source"], row["topics"], dict(row["provenance"]).get("title")) for row in expected
    ]


def test_all_four_readers_agree_on_types_when_the_first_day_has_only_missing_values(tmp_path: Path) -> None:
    store(tmp_path, article(1))
    store(tmp_path, full(2, days=1))
    for frame in (pl.scan_parquet(tmp_path / "articles").collect(), pl.from_arrow(open_articles(tmp_path).to_table())):
        assert isinstance(frame, pl.DataFrame)
        assert frame.schema["source"] == pl.String
        assert frame.schema["similarity"] == pl.Float64
        assert frame.schema["images"] == pl.List(pl.Struct({"url": pl.String, "caption": pl.String}))
    frame = pd.read_parquet(tmp_path / "articles")
    assert frame.loc[frame["article_id"] == full(2).article_id, "source"].item() == "江城晚报"
    both = duckdb.sql(f"SELECT source FROM '{tmp_path}/articles/**/*.parquet' ORDER BY article_id").fetchall()
    assert both == [(None,), ("江城晚报",)]


def test_a_reader_never_misses_a_row_or_sees_it_twice_while_days_are_replaced(tmp_path: Path) -> None:
    numbers = list(range(1, 41))
    store(tmp_path, *(article(n, days=n % 3) for n in numbers), only="parquet")
    stop, seen = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            seen.append(ids(open_articles(tmp_path)))
            seen.append(sorted(int(one[-7:]) for one in pd.read_parquet(tmp_path / "articles")["article_id"]))

    reader = threading.Thread(target=read)
    reader.start()
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        for draft in range(8):
            for n in numbers:
                ledger.accept(article(n, days=n % 3, text=f"第{draft}稿。" * (draft + 1)))
            export(ledger, writers(tmp_path, "parquet"))
    stop.set()
    reader.join()
    assert len(seen) > 4
    assert all(one == numbers for one in seen)


def test_importing_the_package_does_not_load_pyarrow_or_scrapy() -> None:
    script = "import sys, govnews_spider; print({'pyarrow', 'scrapy'} & set(sys.modules)); govnews_spider.open_articles"
    script += "; print('pyarrow' in sys.modules, 'scrapy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["set()", "True False"]


def test_the_package_has_no_other_names_by_accident() -> None:
    with pytest.raises(ImportError):
        from govnews_spider import open_article  # noqa: F401
