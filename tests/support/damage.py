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


def doubled(table: pa.Table) -> pa.Table:
    return pa.concat_tables([table, table.slice(0, 1)])


def moved(data: Path, source: Path, target: Path, *, keep: bool = False) -> None:
    """The first row of a file goes to another file, or stands in both."""
    row = pq.ParquetFile(source).read().slice(0, 1)
    change(target, lambda table: pa.concat_tables([table, row]))
    if not keep:
        change(source, lambda table: table.slice(1))


def garbage(data: Path) -> None:
    path = data / "ledger.sqlite"
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xa5" * (size // 4))


POST = "posts/2021/11/20211125-sina-kztest0000003.md"


def edited(column: str, value: object, kind: str = "articles") -> Callable[[Path], None]:
    return lambda data: change(day_file(data, FIRST, kind), lambda table: with_value(table, column, value))


def renamed(data: Path) -> None:
    (data / "articles/2021-11-25.parquet").write_bytes(day_file(data, FIRST).read_bytes())
    day_file(data, FIRST).unlink()


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


def cut() -> None:
    raise KeyboardInterrupt


def executed(sql: str) -> Callable[[Path], object]:
    return lambda data: query(data, sql)


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
        executed("DELETE FROM identities WHERE article_id = 'sina:kztest0000004'"),
        {"ledger_behind": 1},
    ),
    "the ledger knows an older revision": (
        executed("UPDATE identities SET revision = 1 WHERE article_id = 'sina:kztest0000001'"),
        {"ledger_behind": 1},
    ),
    "the ledger knows another content": (
        executed("UPDATE identities SET content_hash = 'f' WHERE article_id = 'sina:kztest0000001'"),
        {"identity_differs": 1},
    ),
    "the ledger knows one article too many": (
        executed(
            "INSERT INTO identities (article_id, content_hash, published_at, day, revision, first_seen, last_seen)"
            " SELECT 'sina:kznone', 'f', published_at, day, 1, first_seen, last_seen FROM identities LIMIT 1"
        ),
        {"row_missing": 1},
    ),
    "the ledger does not know a text": (
        executed("UPDATE identities SET text = NULL WHERE article_id = 'sina:kztest0000004'"),
        {"text_unknown": 1},
    ),
    "the ledger lost an alias": (
        edited("provenance", [("article_id", "also text:0123456789abcdef")]),
        {"alias_missing": 1},
    ),
    "the ledger lost a version": (
        executed("DELETE FROM versions WHERE article_id = 'sina:kztest0000003'"),
        {"version_missing": 1},
    ),
    "the ledger lost an address": (
        executed("DELETE FROM urls WHERE article_id = 'sina:kztest0000003'"),
        {"url_missing": 1},
    ),
    "the ledger counts a day wrongly": (
        executed("UPDATE tallies SET articles = articles + 100"),
        {"tallies_differ": 2},
    ),
    "the ledger forgets a day's count": (
        executed("DELETE FROM tallies WHERE day = '2021-11-25'"),
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
