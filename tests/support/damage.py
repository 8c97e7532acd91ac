"""Damage to a data folder, by name, and the findings of an audit that each gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from govnews_spider.storage.parquet import to_bytes
from tests.support.data_folders import (
    FIRST,
    SECOND,
    day_file,
    query,
    report_balance,
    write_run_report,
)

POST = "posts/2021/11/20211125-sina-kztest0000003.md"


def flip_bit(path: Path, column: str = "text") -> None:
    """Flips one bit in the values of a column."""
    group = pq.ParquetFile(path).metadata.row_group(0)
    (chunk,) = (chunk for chunk in map(group.column, range(group.num_columns)) if chunk.path_in_schema == column)
    content = bytearray(path.read_bytes())
    content[chunk.data_page_offset + chunk.total_compressed_size - 3] ^= 4
    path.write_bytes(content)


def cut_in_half(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def rewrite_day_file(path: Path, edit: Callable[[pa.Table], pa.Table]) -> None:
    """Writes a day's file anew with other rows, its checksums right."""
    path.write_bytes(to_bytes(edit(pq.ParquetFile(path).read()).cast(pq.read_schema(path))))


def with_value(table: pa.Table, column: str, value: Any, row: int = 0) -> pa.Table:
    """The table with another value in one place."""
    number = table.schema.get_field_index(column)
    values = table[column].to_pylist()
    values[row] = value
    return table.set_column(number, table.schema.field(number), pa.array(values, table.schema.field(number).type))


def with_first_row_twice(table: pa.Table) -> pa.Table:
    return pa.concat_tables([table, table.slice(0, 1)])


def move_first_row(data: Path, source: Path, target: Path, *, keep: bool = False) -> None:
    """The first row of a file goes to another file, or stands in both."""
    row = pq.ParquetFile(source).read().slice(0, 1)
    rewrite_day_file(target, lambda table: pa.concat_tables([table, row]))
    if not keep:
        rewrite_day_file(source, lambda table: table.slice(1))


def overwrite_ledger(data: Path) -> None:
    """Overwrites a quarter of the ledger's bytes, from its middle on."""
    path = data / "ledger.sqlite"
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xa5" * (size // 4))


def edit_value(column: str, value: object, kind: str = "articles") -> Callable[[Path], None]:
    return lambda data: rewrite_day_file(day_file(data, FIRST, kind), lambda table: with_value(table, column, value))


def misplace_day_file(data: Path) -> None:
    (data / "articles/2021-11-25.parquet").write_bytes(day_file(data, FIRST).read_bytes())
    day_file(data, FIRST).unlink()


def interrupt() -> None:
    """The end of a process by Ctrl-C."""
    raise KeyboardInterrupt


def run_sql(sql: str) -> Callable[[Path], object]:
    return lambda data: query(data, sql)


DAMAGES: dict[str, tuple[Callable[[Path], object], dict[str, int]]] = {  # name -> damage, slug -> number of findings
    "a bit of a day file flips": (
        lambda data: flip_bit(day_file(data, FIRST)),
        {
            "damaged_day_file": 1,
            "row_missing": 4,
            "post_without_row": 4,
            "revision_not_older": 1,
            "reprint_of_nothing": 1,
        },
    ),
    "a day file is cut in half": (
        lambda data: cut_in_half(day_file(data, FIRST, "revisions")),
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
    "a day file lies elsewhere": (misplace_day_file, {"misplaced_day_file": 1}),
    "a text is edited": (edit_value("text", "窗口关了。"), {"wrong_hash": 1, "wrong_length": 1, "text_unknown": 1}),
    "a length is edited": (edit_value("char_count", 1), {"wrong_length": 1}),
    "a kind is edited": (edit_value("kind", "advert"), {"unknown_kind": 1}),
    "a picture is edited": (
        edit_value("images", [{"url": "http://n.sinaimg.cn/a.jpg", "caption": ""}]),
        {"insecure_picture": 1, "text_unknown": 1},
    ),
    "a version is edited": (edit_value("schema_version", 9), {"other_schema_version": 1}),
    "a title goes": (edit_value("title", " "), {"wrong_hash": 1, "row_without_document": 1, "text_unknown": 1}),
    "a row stands under another day": (
        lambda data: move_first_row(data, day_file(data, FIRST), day_file(data, SECOND)),
        {"row_of_another_day": 1},
    ),
    "a row stands in its file twice": (
        lambda data: rewrite_day_file(day_file(data, FIRST), with_first_row_twice),
        {"article_twice": 1},
    ),
    "a superseded row stands twice": (
        lambda data: rewrite_day_file(day_file(data, FIRST, "revisions"), with_first_row_twice),
        {"revision_twice": 1},
    ),
    "a row stands among its revisions too": (
        lambda data: move_first_row(data, day_file(data, FIRST), day_file(data, FIRST, "revisions"), keep=True),
        {"revision_twice": 1},
    ),
    "a newest revision stands among the superseded": (
        lambda data: move_first_row(data, day_file(data, SECOND), day_file(data, FIRST, "revisions")),
        {"row_of_another_day": 1, "revision_not_older": 2, "row_missing": 1, "post_without_row": 1},
    ),
    "a reprint loses its mark": (
        edit_value("similarity", None, "reprints"),
        {"reprint_unmarked": 1, "identity_differs": 1},
    ),
    "an article gets a mark": (
        edit_value("duplicate_of", "sina:kztest0000004"),
        {"article_marked": 1, "identity_differs": 1},
    ),
    "a reprint repeats a reprint": (
        edit_value("duplicate_of", "sina:kztest0000009", "reprints"),
        {"reprint_of_reprint": 1, "identity_differs": 1},
    ),
    "a reprint repeats nothing": (
        edit_value("duplicate_of", "sina:kznone", "reprints"),
        {"reprint_of_nothing": 1, "identity_differs": 1},
    ),
    "the ledger is deleted": (lambda data: (data / "ledger.sqlite").unlink(), {"ledger_missing": 1}),
    "the ledger is no database": (
        lambda data: (data / "ledger.sqlite").write_text("没有" * 999),
        {"ledger_damaged": 1},
    ),
    "the ledger is damaged within": (overwrite_ledger, {"ledger_damaged": 1}),
    "the ledger does not know an article": (
        run_sql("DELETE FROM identities WHERE article_id = 'sina:kztest0000004'"),
        {"ledger_behind": 1},
    ),
    "the ledger knows an older revision": (
        run_sql("UPDATE identities SET revision = 1 WHERE article_id = 'sina:kztest0000001'"),
        {"ledger_behind": 1},
    ),
    "the ledger knows another content": (
        run_sql("UPDATE identities SET content_hash = 'f' WHERE article_id = 'sina:kztest0000001'"),
        {"identity_differs": 1},
    ),
    "the ledger knows one article too many": (
        run_sql(
            "INSERT INTO identities (article_id, content_hash, published_at, day, revision, first_seen, last_seen)"
            " SELECT 'sina:kznone', 'f', published_at, day, 1, first_seen, last_seen FROM identities LIMIT 1"
        ),
        {"row_missing": 1},
    ),
    "the ledger does not know a text": (
        run_sql("UPDATE identities SET text = NULL WHERE article_id = 'sina:kztest0000004'"),
        {"text_unknown": 1},
    ),
    "the ledger lost an alias": (
        edit_value("provenance", [("article_id", "also text:0123456789abcdef")]),
        {"alias_missing": 1},
    ),
    "the ledger lost a version": (
        run_sql("DELETE FROM versions WHERE article_id = 'sina:kztest0000003'"),
        {"version_missing": 1},
    ),
    "the ledger lost an address": (
        run_sql("DELETE FROM urls WHERE article_id = 'sina:kztest0000003'"),
        {"url_missing": 1},
    ),
    "the ledger counts a day wrongly": (
        run_sql("UPDATE tallies SET articles = articles + 100"),
        {"tallies_differ": 2},
    ),
    "the ledger forgets a day's count": (
        run_sql("DELETE FROM tallies WHERE day = '2021-11-25'"),
        {"tallies_differ": 1},
    ),
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
    "a report is cut": (lambda data: cut_in_half(write_run_report(data)), {"unreadable_report": 1}),
    "a report has lost a key": (lambda data: write_run_report(data, unaccounted=None), {"unreadable_report": 1}),
    "a balance does not add up": (lambda data: write_run_report(data, unaccounted=1), {"wrong_balance": 1}),
    "a run left articles without outcome": (
        lambda data: write_run_report(data, unaccounted=1, balance=report_balance(seen=6)),
        {"wrong_balance": 1},
    ),
    "a rejection is not in the log": (
        lambda data: write_run_report(data, slugs={"no_time": 2}),
        {"rejections_differ": 1},
    ),
    "a rejection is not in the report": (
        lambda data: write_run_report(data, slugs={}, faults=["disk_full"]),
        {"rejections_differ": 1},
    ),
    "a line of the log is no JSON": (
        lambda data: (data / "rejected" / f"{write_run_report(data).stem}.jsonl").write_text("{\n", "utf-8"),
        {"unreadable_report": 1},
    ),
}
