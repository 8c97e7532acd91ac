"""Articles to try the stages on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from govnews_spider.article import Article


@pytest.fixture
def article() -> Any:
    """Makes an article from the fields that a test is about."""

    def make(**fields: Any) -> Article:
        defaults: dict[str, Any] = {
            "title": "两部门延长小微企业缓税期限",
            "published_at": datetime(2021, 11, 25, 10, 57, tzinfo=UTC),
            "published_raw": "2021年11月25日 18:57",
            "published_from": "text:.date",
            "body_html": "<p>　　财政部、税务总局25日发布公告。</p>",
            "layout": "finance_2018_artibody",
            "origin": "https://finance.sina.com.cn/a.shtml",
        }
        return Article(**defaults | fields)

    return make
