"""Articles as the pipeline hands them to the ledger, and their way into a data folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from govnews_spider.article import Article, Image
from govnews_spider.ledger.export import export
from govnews_spider.ledger.ledger import Ledger
from govnews_spider.storage.parquet import ParquetWriter
from govnews_spider.storage.writer import Writer
from govnews_spider.storage.writers import WRITERS

NOON = datetime(2021, 11, 25, 4, 0, 0, 123456, tzinfo=UTC)
"""Noon of 2021-11-25 in Asia/Shanghai, with microseconds."""


def article(
    number: int = 1, *, days: float = 0, text: str = "三省市的窗口今起统一受理，群众不用再两地跑。", **fields: Any
) -> Article:
    """Article ``number``, published ``days`` after :data:`NOON`, with whatever else is given; its hash follows its text."""
    values: dict[str, Any] = {
        "article_id": f"sina:kztest{number:07d}",
        "title": f"第{number}批“跨省通办”事项公布",
        "published_at": NOON + timedelta(days=days, seconds=number),
        "published_raw": "2021年11月25日 12:00",
        "published_from": "text:.date-source .date",
        "body_html": f"<p>{text}</p>",
        "text": text,
        "char_count": len(text),
        "layout": "finance_2018_artibody",
        "origin": f"warc:pages.warc.gz#{number}",
        "spider": "sina_gov",
        "run_id": "20211126T010203Z",
    }
    values |= fields
    values.setdefault("content_hash", hashlib.sha256(f"{values['title']}\n{text}".encode(errors="replace")).hexdigest())
    return Article(**values)


def full(number: int = 1, **fields: Any) -> Article:
    """An article with a value in every column."""
    values: dict[str, Any] = {
        "url": f"https://finance.sina.com.cn/china/2021-11-25/doc-ikztest{number:07d}.shtml",
        "original_title": "“跨省通办”事项公布",
        "source": "江城晚报",
        "author": "王小河、李远山",
        "editor": "张一帆 SF001",
        "section": "部委动态",
        "categories": ["金融", "新浪财经", "国内"],
        "keywords": ["政务", "通办"],
        "topics": ["跨省通办", "政务服务"],
        "regions": ["110000", "120000"],
        "headimg": "https://n.sinaimg.cn/a/1.jpg",
        "images": [
            Image(url="https://n.sinaimg.cn/a/1.jpg", caption="窗口前的群众"),
            Image(url="https://n.sinaimg.cn/a/2.jpg"),
        ],
        "provenance": {"title": "text:h1.main-title", "source": "list:media_name"},
        "fetched_at": NOON + timedelta(hours=1),
    }
    return article(number, **values | fields)


def reprint(number: int, of: int, **fields: Any) -> Article:
    """Article ``number``, which repeats article ``of``."""
    return article(number, title=article(of).title, **fields)


def store(data: Path, *articles: Article, only: str | None = None) -> None:
    """Accepts the articles and exports them to all writers, or to ``only`` that one."""
    with Ledger(data / "ledger.sqlite") as ledger:
        for newcomer in articles:
            ledger.accept(newcomer)
        for fault in export(ledger, writers(data, only)):
            raise fault


def writers(data: Path, only: str | None = None) -> list[Writer]:
    return [make(data) for name, make in WRITERS.items() if only in (None, name)]


def file_contents(data: Path, folder: str = "") -> dict[str, bytes]:
    """Path below ``data`` → bytes, for every file of the folder (the ledger's own apart)."""
    files = (path for path in sorted((data / folder).rglob("*")) if path.is_file() and "ledger" not in path.name)
    return {str(path.relative_to(data)): path.read_bytes() for path in files}


def write_articles(data: Path, articles: Iterable[Article]) -> Path:
    """A data folder with these rows, first seen at noon."""
    writer = ParquetWriter(data)
    for day, rows in groupby(sorted(articles, key=lambda one: one.day), key=lambda one: one.day):
        writer.write(day, [replace(one, first_seen=one.first_seen or NOON) for one in rows])
    writer.flush()
    return data
