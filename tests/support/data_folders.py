"""Data folders as runs leave them: their articles, their outbox and their run reports."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from govnews_spider.article import Article
from govnews_spider.core.stages.normalize import content_hash
from govnews_spider.ledger.ledger import Ledger
from tests.support.rows import full, store

LIST = "部委动态"
FIRST, SECOND = "2021-11-25", "2021-11-26"


def valid_article(number: int, **fields: Any) -> Article:
    """An article with a valid value in every column."""
    values: dict[str, Any] = {"text": f"第{number}批事项今起在三省市的窗口统一受理。\n群众不用再两地跑。"}
    article = full(number, **values | fields)
    article.content_hash = content_hash(article.title, article.text)
    return article


def valid_reprint(number: int, of: int, **fields: Any) -> Article:
    """Article ``number``, a reprint of article ``of``."""
    return valid_article(number, **{"title": valid_article(of).title, "text": valid_article(of).text} | fields)


def data_folder(data: Path) -> Path:
    """A data folder of eight articles of two days, one of them in its second revision, one moved to the next day, and a reprint; one list read."""
    store(
        data,
        *(valid_article(n) for n in range(1, 6)),
        *(valid_article(n, days=1) for n in range(6, 9)),
        valid_reprint(9, of=5),
    )
    store(data, valid_article(1, text="窗口明日起受理。"), valid_article(2, days=1))
    with Ledger(data / "ledger.sqlite") as ledger:
        ledger.coverage.read(LIST, valid_article(1).published_at, datetime(2021, 11, 27, tzinfo=UTC), to_end=True)
        for day in (FIRST, SECOND):
            ledger.coverage.read_day(LIST, datetime.fromisoformat(day).date(), datetime(2021, 11, 28, tzinfo=UTC))
    return data


def put_in_outbox(data: Path, *articles: Article) -> None:
    """Accepts articles, and does not export them."""
    with Ledger(data / "ledger.sqlite") as ledger:
        for article in articles:
            ledger.accept(article)


def fill_outbox(data: Path) -> None:
    """Puts one article of every kind into the outbox: a new one, revisions, one of another day, a reprint."""
    put_in_outbox(
        data,
        valid_article(10),
        valid_article(3, text="三稿。"),
        valid_article(1, days=1, text="三稿。"),
        valid_reprint(4, of=1, text="三稿。", days=2),
    )


def report_balance(**counts: int) -> dict[str, int]:
    """Balance of a run that saw five articles, of which it rejected one, but for ``counts``."""
    outcomes = ("stored", "revised", "unchanged", "reprint", "off_topic", "rejected", "failed")
    return {"seen": 5, **dict.fromkeys(outcomes, 0), "stored": 4, "rejected": 1, **counts}


def write_run_report(data: Path, run_id: str = "20211126T010203Z-sina_gov-ab12", **fields: Any) -> Path:
    """Writes the report of a run that saw five articles, of which it rejected one, and its log of rejections."""
    values = {"run_id": run_id, "reason": "finished", "exit_code": 0, "balance": report_balance(), "unaccounted": 0}
    path = data / "runs" / f"{run_id}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(values | {"slugs": {"no_time": 1, "off_topic": 0}, "faults": []} | fields), "utf-8")
    log = data / "rejected" / f"{run_id}.jsonl"
    log.parent.mkdir(exist_ok=True)
    log.write_text('{"slug": "no_time", "detail": "第一页没有时间"}\n', "utf-8")
    return path


def day_file(data: Path, day: str, kind: str = "articles") -> Path:
    """Path of the Parquet file of a day."""
    return data / kind / f"year={day[:4]}" / f"month={day[5:7]}" / f"{day}.parquet"


def query(data: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows that the ledger gives for an SQL statement, which may change it as well."""
    with closing(sqlite3.connect(data / "ledger.sqlite")) as db, db:
        return db.execute(sql).fetchall()


def row_versions(data: Path, *kinds: str) -> list[tuple[str, int, str]]:
    """Article, revision and hash of every row of these folders, sorted."""
    tables = [pq.ParquetFile(path).read() for kind in kinds for path in (data / kind).rglob("*.parquet")]
    return sorted(
        (row["article_id"], row["revision"], row["content_hash"]) for table in tables for row in table.to_pylist()
    )
