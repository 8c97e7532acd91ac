"""HTTP exchanges, to be archived."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from govnews_spider.archive.exchange import Exchange
from tests.support.rows import NOON


def exchange(number: int = 1, body: bytes | None = None, **fields: Any) -> Exchange:
    values: dict[str, Any] = {
        "url": f"https://finance.sina.com.cn/china/2021-11-25/doc-ikztest{number:07d}.shtml?a=1&b=第{number}",
        "at": NOON + timedelta(minutes=number),
        "status": 200,
        "headers": (("Content-Type", "text/html; charset=utf-8"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")),
        "body": f"<p>第{number}批事项今起统一受理。</p>".encode() if body is None else body,
        "asked": (("Host", "finance.sina.com.cn"), ("User-Agent", "Mozilla/5.0 (compatible; govnews_spider)")),
        "address": "127.0.0.1",
    }
    return Exchange(**values | fields)
