"""Another Scrapy project, made in an empty folder, that uses our item pipelines for what its own spider yields."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.crawls import ROOT

STAGES = ("Clean", "Normalize", "Describe", "Identify", "Choose")
SPIDER = """
import dataclasses, datetime
import attrs, scrapy

BODY = '<p>　　财政部25日发布通知，推进“跨省通办”。</p><script>alert(1)</script><p onclick="x()">北京市将跟进。</p>'
NEWS = {{
    "title": " 财政部发布通知_新浪财经 ", "body_html": BODY, "published_at": "2021-11-25T19:11:00+08:00",
    "url": "https://example.org/news/1",
}}

@attrs.define
class Attrs:
    title: str
    body_html: str
    published_at: str
    url: str
    text: str = ""
    topics: list = attrs.field(factory=list)

@dataclasses.dataclass
class Data:
    title: str
    body_html: str
    published_at: datetime.datetime
    url: str

class Field(scrapy.Item):
    title = scrapy.Field(); body_html = scrapy.Field(); published_at = scrapy.Field(); url = scrapy.Field()
    text = scrapy.Field(); content_hash = scrapy.Field()

class News(scrapy.Spider):
    name = "news"
    async def start(self):
        for item in ({items}):
            yield item
"""


@dataclass
class Done:
    code: int
    log: str
    items: list[dict[str, Any]]
    folder: Path


def project(folder: Path, items: str, settings: str) -> Done:
    """A finished crawl of a project in ``folder`` whose spider yields ``items``, with further ``settings``."""
    package = folder / "elsewhere"
    package.mkdir()
    (folder / "scrapy.cfg").write_text("[settings]\ndefault = elsewhere.settings\n")
    (package / "__init__.py").touch()
    (package / "news.py").write_text(SPIDER.format(items=items), "utf-8")
    (package / "settings.py").write_text(
        f'SPIDER_MODULES = ["elsewhere.news"]\nTELNETCONSOLE_ENABLED = False\n{settings}\n'
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GOVNEWS_", "SCRAPY_"))}
    env["PYTHONPATH"] = str(ROOT)
    line = [sys.executable, "-m", "scrapy", "crawl", "news", "-O", "out.jsonl"]
    run = subprocess.run(line, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)
    out = folder / "out.jsonl"
    lines = out.read_text("utf-8").splitlines() if out.exists() else []
    return Done(run.returncode, run.stderr, [json.loads(text) for text in lines], folder)


def pipelines(*names: str) -> str:
    named = {f"govnews_spider.pipelines.{name}": 100 * number for number, name in enumerate(names, 1)}
    return f"ITEM_PIPELINES = {named}"


def without(field: str) -> str:
    return f"{{name: value for name, value in NEWS.items() if name != {field!r}}},"


@pytest.fixture(scope="module")
def every_kind(tmp_path_factory: pytest.TempPathFactory) -> Done:
    later = "datetime.datetime(2021, 11, 25, 19, 11, tzinfo=datetime.timezone.utc)"
    items = f"dict(NEWS, note='kept'), Attrs(**NEWS), Data(**NEWS | {{'published_at': {later}}}), Field(NEWS),"
    return project(tmp_path_factory.mktemp("foreign"), items, pipelines(*STAGES))


def test_dicts_come_out_cleaned_and_normalized(every_kind: Done) -> None:
    assert every_kind.code == 0, every_kind.log
    item = every_kind.items[0]
    assert item["title"] == "财政部发布通知"
    assert item["text"] == "财政部25日发布通知，推进“跨省通办”。\n北京市将跟进。"
    assert "script" not in item["body_html"]
    assert "onclick" not in item["body_html"]
    assert item["topics"] == ["跨省通办", "财政"]
    assert item["article_id"].startswith("url:")
    assert item["published_at"] == "2021-11-25T11:11:00+00:00"
    assert item["note"] == "kept"


def test_every_kind_of_item_comes_out_cleaned_with_the_fields_that_it_has(every_kind: Done) -> None:
    assert len(every_kind.items) == 4
    for item in every_kind.items:
        assert item["title"] == "财政部发布通知"
        assert "script" not in item["body_html"]
    _, attrs, data, scrapys = every_kind.items
    assert attrs["topics"] == ["跨省通办", "财政"]
    assert set(data) == {"title", "body_html", "published_at", "url"}
    assert scrapys["content_hash"] == every_kind.items[0]["content_hash"]


@pytest.mark.parametrize("field", ["title", "body_html", "published_at", "url"])
def test_a_dict_without_a_mandatory_field_is_refused_by_name(tmp_path: Path, field: str) -> None:
    done = project(tmp_path, without(field), pipelines(*STAGES))
    assert done.items == []
    assert "missing_field" in done.log
    assert field in done.log
    assert "'govnews/rejected/missing_field': 1" in done.log


def test_a_store_without_a_run_report_says_what_to_add(tmp_path: Path) -> None:
    done = project(tmp_path, "NEWS,", pipelines("Clean", "Store"))
    assert "no_run_report" in done.log
    assert "govnews_spider.extensions.run_report.RunReport" in done.log
    assert done.items == []


def test_the_add_on_stores_what_another_spider_yields(tmp_path: Path) -> None:
    done = project(tmp_path, f"NEWS, {without('body_html')}", 'ADDONS = {"govnews_spider.addon.Addon": 500}')
    assert done.code == 0, done.log
    assert [item["revision"] for item in done.items] == [1]
    assert len(list((tmp_path / "data" / "posts").rglob("*.md"))) == 1
    (report,) = (tmp_path / "data" / "runs").glob("*.json")
    balance = json.loads(report.read_text("utf-8"))["balance"]
    assert (balance["seen"], balance["stored"], balance["rejected"]) == (2, 1, 1)
    (log,) = (tmp_path / "data" / "rejected").glob("*.jsonl")
    assert json.loads(log.read_text("utf-8"))["slug"] == "missing_field"
