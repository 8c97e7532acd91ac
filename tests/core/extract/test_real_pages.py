"""Real pages of many years against their hand-checked gold, real bodies, and real pages that are no articles."""

from __future__ import annotations

import importlib.util
import json
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from govnews_spider.article import Article, Rejected
from govnews_spider.core import extract
from govnews_spider.core.stages.clean import clean
from tests.support.needs_real import needs_real
from tests.support.real_paths import REAL

pytestmark = needs_real

GOLD = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(REAL.glob("gold/*.json"))}
FURNITURE = (
    *(
        "责任编辑",
        "责编",
        "原标题",
        "海量资讯、精准解读",
        "新浪财经APP",
        "举报/反馈",
        "进入【新浪财经股吧】",
        "未经授权禁止转载",
    ),
    *(
        "分享到",
        "相关新闻",
        "微博推荐",
        "上一页",
        "下一页",
        "我要反馈",
        "文章关键词",
        "新浪声明",
        "THE_END",
        "点击查看最新行情",
    ),
    *(
        "article_adlist",
        "SINA_TEXT_PAGE_INFO",
        "videoList",
        "left_hzh_ad",
        "entHdPic",
        "wap_special",
        "sinaads",
        "quote_",
        "<!--",
    ),
    *("<script", "<style", "<iframe", "onclick", "cms-style", "data-", "home/c.gif", "newchart", "cece9e13"),
)
"""Strings that no cleaned body may hold, in its text or its HTML."""


@pytest.fixture(scope="module")
def score() -> ModuleType:
    spec = importlib.util.spec_from_file_location("score", REAL / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def page(name: str) -> Article:
    url = GOLD[name]["url"] or f"https://finance.sina.com.cn/{name}.shtml"
    return extract((REAL / "html" / f"{name}.html").read_bytes(), url=url)


@pytest.mark.parametrize("name", GOLD)
def test_a_page_is_right_in_every_field(name: str, score: ModuleType) -> None:
    gold, article = GOLD[name], page(name)
    assert article.title == score.squash(gold["title"])
    assert article.published_at.replace(second=0) == datetime.fromisoformat(gold["published_at"])
    assert article.source == gold["source"]
    assert (article.editor or None) == (gold["editor"] or None)
    assert set(article.keywords) == set(gold["keywords"] or [])
    assert [image.url for image in article.images] == gold["images"]
    assert score.body_f1(article.text, gold["body_text"], gold.get("optional_lines", []))[2] >= 0.97
    assert not [line for line in gold.get("excluded_lines", []) if line in article.text]


@pytest.mark.parametrize("path", sorted(REAL.glob("not_articles/*.html")), ids=lambda path: path.stem)
def test_a_page_that_is_no_article_is_rejected(path: Path) -> None:
    with pytest.raises(Rejected):
        extract(path.read_bytes(), url="https://finance.sina.com.cn/")


@pytest.mark.parametrize("path", sorted(REAL.glob("fragments/*.json")), ids=lambda path: path.stem)
def test_a_real_body_is_cleaned_of_all_furniture(path: Path) -> None:
    raw: dict[str, Any] = json.loads(path.read_text("utf-8"))
    cleaned = clean(
        Article(
            title=raw["name"],
            published_at=datetime.now(UTC),
            published_raw="",
            published_from="",
            body_html=raw["details"],
            layout="",
            origin="",
        )
    )
    assert clean(cleaned) == cleaned
    assert [word for word in FURNITURE if word in cleaned.text or word in cleaned.body_html] == []
