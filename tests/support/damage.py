"""A data folder as runs leave it, and what can happen to one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from govnews_spider.article import Article
from govnews_spider.core.stages.normalize import content_hash
from govnews_spider.ledger.ledger import Ledger
from govnews_spider.storage.parquet import to_bytes
from tests.support.rows import full, store

LIST = "部委动态"
FIRST, SECOND = "2021-11-25", "2021-11-26"


def sound(number: int, **fields: Any) -> Article:
    """An article whose every column is what it should be."""
    values: dict[str, Any] = {"text": f"第{number}批事项今起在三省市的窗口统一受理。\n群众不用再两地跑。"}
    one = full(number, **values | fields)
    one.content_hash = content_hash(one.title, one.text)
    return one


def copy_of(number: int, of: int, **fields: Any) -> Article:
    """A reprint."""
    return sound(number, **{"title": sound(of).title, "text": sound(of).text} | fields)


def folder(data: Path) -> Path:
    """Eight articles of two days, one of them in its second revision, one moved to the next day, and a reprint; one list read."""
    store(data, *(sound(n) for n in range(1, 6)), *(sound(n, days=1) for n in range(6, 9)), copy_of(9, of=5))
    store(data, sound(1, text="窗口明日起受理。"), sound(2, days=1))
    with Ledger(data / "ledger.sqlite") as ledger:
        ledger.coverage.read(LIST, sound(1).published_at, datetime(2021, 11, 27, tzinfo=UTC), to_end=True)
        for day in (FIRST, SECOND):
            ledger.coverage.read_day(LIST, datetime.fromisoformat(day).date(), datetime(2021, 11, 28, tzinfo=UTC))
    return data


def wait(data: Path, *articles: Article) -> None:
    """Accepts articles that no run has written to files yet."""
    with Ledger(data / "ledger.sqlite") as ledger:
        for one in articles:
            ledger.accept(one)


def wait_for_a_run(data: Path) -> None:
    """What waits is of every kind: a new article, revisions, one of another day, a reprint."""
    wait(
        data,
        sound(10),
        sound(3, text="三稿。"),
        sound(1, days=1, text="三稿。"),
        copy_of(4, of=1, text="三稿。", days=2),
    )


def report(data: Path, run_id: str = "20211126T010203Z-sina_gov-ab12", **fields: Any) -> Path:
    """The account of a run that saw five articles, of which it rejected one; and its log."""
    balance = {
        "seen": 5,
        "stored": 4,
        "revised": 0,
        "unchanged": 0,
        "reprint": 0,
        "off_topic": 0,
        "rejected": 1,
        "failed": 0,
    }
    values = {"run_id": run_id, "reason": "finished", "exit_code": 0, "balance": balance, "unaccounted": 0}
    path = data / "runs" / f"{run_id}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(values | {"slugs": {"no_time": 1, "off_topic": 0}, "faults": []} | fields), "utf-8")
    log = data / "rejected" / f"{run_id}.jsonl"
    log.parent.mkdir(exist_ok=True)
    log.write_text('{"slug": "no_time", "detail": "第一页没有时间"}\n', "utf-8")
    return path


def day_file(data: Path, day: str, kind: str = "articles") -> Path:
    return data / kind / f"year={day[:4]}" / f"month={day[5:7]}" / f"{day}.parquet"


def flip(path: Path, column: str = "text") -> None:
    """Turns one bit over in the values of a column."""
    group = pq.ParquetFile(path).metadata.row_group(0)
    (chunk,) = (one for one in map(group.column, range(group.num_columns)) if one.path_in_schema == column)
    content = bytearray(path.read_bytes())
    content[chunk.data_page_offset + chunk.total_compressed_size - 3] ^= 4
    path.write_bytes(content)


def halve(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def change(path: Path, edit: Callable[[pa.Table], pa.Table]) -> None:
    """Writes a day's file anew with other rows, its checksums right."""
    path.write_bytes(to_bytes(edit(pq.ParquetFile(path).read()).cast(pq.read_schema(path))))


def with_value(table: pa.Table, column: str, value: Any, row: int = 0) -> pa.Table:
    """The table with another value in one place."""
    number = table.schema.get_field_index(column)
    values = table[column].to_pylist()
    values[row] = value
    return table.set_column(number, table.schema.field(number), pa.array(values, table.schema.field(number).type))


def query(data: Path, sql: str) -> list[tuple[Any, ...]]:
    """What the ledger says, or does."""
    with closing(sqlite3.connect(data / "ledger.sqlite")) as db, db:
        return db.execute(sql).fetchall()


def rows(data: Path, *kinds: str) -> list[tuple[str, int, str]]:
    """Article, revision and hash of every row of these folders, sorted."""
    tables = [pq.ParquetFile(path).read() for kind in kinds for path in (data / kind).rglob("*.parquet")]
    return sorted(
        (row["article_id"], row["revision"], row["content_hash"]) for table in tables for row in table.to_pylist()
    )
