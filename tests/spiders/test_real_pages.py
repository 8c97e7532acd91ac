"""The main job on real pages, served under their own addresses; skipped where the real material is absent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from govnews_spider.storage.dataset import open_articles
from tests.site import SinaSite
from tests.site.pages import Page
from tests.support.crawls import crawl
from tests.support.needs_real import needs_real
from tests.support.real_paths import REAL

MODERN = {"finance_2018_artibody", "news_2018_article", "news_2024_article"}


def _served(site: SinaSite) -> dict[str, dict[str, str]]:
    """Puts every page that knows its address on the site and on a list; gives the gold of each by that address."""
    golds = {}
    for path in sorted((REAL / "gold").glob("*.json")):
        gold = json.loads(path.read_text(encoding="utf-8"))
        page = REAL / "html" / f"{path.stem}.html"
        if gold["url"] and page.exists():
            url = gold["url"].replace("http://", "https://", 1)
            site.pages[url] = Page(200, {"Content-Type": "text/html"}, page.read_bytes())
            site.add_row(1686, url=gold["url"], title="", ctime=int(datetime(2024, 5, 10, tzinfo=UTC).timestamp()))
            golds[url] = gold
    return golds


@needs_real
def test_real_pages_of_todays_templates_arrive_and_every_other_is_a_named_rejection(tmp_path: Path) -> None:
    with SinaSite() as site:
        golds = _served(site)
        done = crawl(tmp_path, "sina_gov", "sections=1686", gateway=site.url)
    assert done.code == 0
    assert done.balance["seen"] == len(golds) >= 10
    found = {row["url"]: row for row in open_articles(done.data).to_table().to_pylist()}
    refused = {line["url"]: line["slug"] for line in done.rejections}
    assert set(found) | set(refused) == set(golds)
    for url, gold in golds.items():
        if gold["template"] in MODERN:
            shown = datetime.fromisoformat(gold["published_at"])
            assert found[url]["title"] == gold["title"]
            assert found[url]["published_at"].replace(second=0, microsecond=0) == shown.astimezone(UTC)
