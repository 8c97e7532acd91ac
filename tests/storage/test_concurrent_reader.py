"""Concurrent readers of the dataset see every article once, whole and for good, while crawls write it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from govnews_spider.storage.dataset import open_articles
from govnews_spider.storage.parquet import SCHEMA
from tests.site import Block, Catalog, SinaSite
from tests.site.pages import render
from tests.support.crawls import ROOT, command
from tests.support.kill_series import DAYS, LIDS, NEWEST

REQUIRED = [field.name for field in SCHEMA if not field.nullable]
READERS: dict[str, Callable[[Path], pa.Table]] = {
    "open_articles": lambda data: open_articles(data).to_table(),
    "pyarrow": lambda data: pq.read_table(data / "articles"),
    "pandas": lambda data: pa.Table.from_pandas(pd.read_parquet(data / "articles"), preserve_index=False),
}


class Watch:
    """What one reader saw last, and how often it saw something new."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.revisions: dict[str, int] = {}
        self.news = 0

    def look(self, data: Path) -> None:
        """Raises AssertionError for an article twice, half, gone, or in an older revision than before."""
        table = READERS[self.name](data)
        ids, revisions = table["article_id"].to_pylist(), table["revision"].to_pylist()
        assert len(set(ids)) == len(ids), f"{self.name}: an article twice"
        assert [name for name in REQUIRED if table[name].null_count] == [], f"{self.name}: half a row"
        whole = zip(table["char_count"].to_pylist(), table["text"].to_pylist(), strict=True)
        assert all(count == len(text) for count, text in whole), f"{self.name}: half a text"
        seen = dict(zip(ids, revisions, strict=True))
        missing = [one for one, revision in self.revisions.items() if seen.get(one, 0) < revision]
        assert missing == [], f"{self.name}: gone, or older than before"
        self.news += seen != self.revisions
        self.revisions = seen


def read_while(line: list[str], data: Path, watches: list[Watch]) -> None:
    """Runs the command to its end and lets each reader look at the folder, in turn, from the first day file on."""
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as crawl:
        while crawl.poll() is None:
            for watch in watches if any(data.glob("articles/*/*/*.parquet")) else []:
                watch.look(data)
    assert crawl.returncode == 0
    for watch in watches:
        watch.look(data)


def corrected(catalog: Catalog, folder: Path) -> Path:
    """The pages of the catalog's first half with one more paragraph each, saved to the folder."""
    folder.mkdir()
    for article in catalog.articles[: len(catalog.articles) // 2]:
        blocks = (*article.blocks, Block("p", "更正：上文的办理时限以窗口公示为准。"))
        (folder / f"{article.docid}.html").write_bytes(render(replace(article, blocks=blocks)))
    return folder


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.generate(seed=9, lists=list(LIDS), days=list(DAYS), count=90)


def test_a_reader_in_a_loop_never_sees_an_article_twice_half_or_gone_while_crawls_store_and_revise(
    tmp_path: Path, catalog: Catalog
) -> None:
    """A flush every 7 rows rewrites each of the six days many times; a replay of corrected pages revises half of all."""
    data, watches = tmp_path / "data", [Watch(name) for name in READERS]
    with SinaSite(catalog) as site:
        read_while(command(data, "sina_gov", *NEWEST, gateway=site.url, GOVNEWS_FLUSH_ROWS=7), data, watches)
    assert [len(watch.revisions) for watch in watches] == [90] * 3
    pages = corrected(catalog, tmp_path / "pages")
    read_while(command(data, "seeds", f"path={pages}", GOVNEWS_FLUSH_ROWS=7), data, watches)
    for watch in watches:
        assert sorted(watch.revisions.values()) == [1] * 45 + [2] * 45
        assert watch.news > 2, f"{watch.name} was too slow to see the crawls at work"
    superseded = pq.read_table(data / "revisions")["article_id"].to_pylist()
    assert sorted(superseded) == sorted(one for one, revision in watches[0].revisions.items() if revision == 2)
