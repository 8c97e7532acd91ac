"""A crawl's archive in place of the network: the same requests, the same rows, and no socket."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from govnews_spider.verify.audit import audit
from tests.site import Catalog, SinaSite
from tests.support.crawls import FORBID, ROOT, Crawl, crawl
from tests.support.dataset_snapshot import DatasetSnapshot, compare

DAYS = [date(2021, 11, 24), date(2021, 11, 25)]
CATALOG = Catalog.generate(seed=5, lists=[1687, 1689], days=DAYS, count=24, reprints=5)
LISTS = ("sections=1687,1689",)


def replay(data: Path, archive: Path, *arguments: str, **settings: Any) -> Crawl:
    return crawl(data, "sina_gov", *LISTS, *arguments, GOVNEWS_REPLAY=archive, **settings)


def new(done: Crawl) -> int:
    """Articles that came in; which of them are reprints at once depends on the order in which they come."""
    return done.balance["stored"] + done.balance["reprint"]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    data = tmp_path_factory.mktemp("live")
    with SinaSite(CATALOG) as site:
        done = crawl(data, "sina_gov", *LISTS, gateway=site.url)
    assert done.code == 0
    assert " WARNING: " not in done.log
    return done


def test_a_replay_leaves_what_the_crawl_left_down_to_where_each_page_stands(live: Crawl, tmp_path: Path) -> None:
    done = replay(tmp_path, live.data / "raw")
    assert (done.code, new(done)) == (0, new(live)) == (0, 24)
    there, found = DatasetSnapshot.read(live.data), DatasetSnapshot.read(tmp_path)
    verdict = compare(there, found)
    assert (verdict.lost, verdict.doubled, verdict.different, verdict.posts) == ([], [], [], [])
    told = {row["article_id"]: row["origin"] for row in there.rows}
    assert {row["article_id"]: row["origin"] for row in found.rows} == told
    for row in there.rows:
        (again,) = (one for one in found.rows if one["article_id"] == row["article_id"])
        assert abs((again["fetched_at"] - row["fetched_at"]).total_seconds()) < 2
    assert not (tmp_path / "raw").exists()


def test_what_a_crawl_leaves_passes_its_own_audit(live: Crawl) -> None:
    found = audit(live.data)
    assert (found.broken.total(), found.looked["articles"]) == (0, 24)


def test_a_replay_opens_no_socket(live: Crawl, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(FORBID, encoding="utf-8")
    env = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    (path,) = (live.data / "raw").glob("*.warc.gz")
    done = crawl(tmp_path / "data", "sina_gov", *LISTS, env=env, GOVNEWS_REPLAY=path)
    assert (done.code, new(done)) == (0, new(live)) == (0, 24)


def test_what_the_archives_do_not_have_is_counted_under_its_name(live: Crawl, tmp_path: Path) -> None:
    done = crawl(tmp_path, "sina_gov", "sections=1687,1690", GOVNEWS_REPLAY=live.data / "raw")
    assert done.code == 5
    assert done.report["lists"]["金融新闻"]["errors"] == {"not_archived": 1}
    assert done.balance["seen"] < live.balance["seen"]


def test_a_page_that_is_missing_alone_is_rejected_and_asked_for_again_by_the_next_run(tmp_path: Path) -> None:
    with SinaSite(CATALOG) as site:
        done = crawl(tmp_path / "live", "sina_gov", *LISTS, gateway=site.url)
    (path,) = (tmp_path / "live" / "raw").glob("*.warc.gz")
    content = bytearray(path.read_bytes())
    lines = [line for line in path.with_name(path.name[:-8] + ".cdxj").read_text().splitlines() if "doc-i" in line]
    offset = int(lines[3].split('"offset": "')[1].split('"')[0])
    content[offset + 30] ^= 255
    path.write_bytes(content)
    again = replay(tmp_path / "again", path)
    assert again.code == 0
    assert again.balance["seen"] == done.balance["seen"]
    assert again.balance["rejected"] == 1
    assert [line["slug"] for line in again.rejections] == ["not_archived"]
    assert f"damaged_archive: warc:{path.name}#{offset}" in again.log


def test_the_newest_answer_counts_or_the_newest_as_of_a_day(tmp_path: Path) -> None:
    changed = [replace(one, title=f"{one.title}（更新）", original_title=None) for one in CATALOG.articles[:4]]
    with SinaSite(CATALOG) as site:
        crawl(tmp_path / "live", "sina_gov", *LISTS, gateway=site.url)
        for one in changed:
            site.publish(one)
        crawl(tmp_path / "live", "sina_gov", *LISTS, "revisit=9999d", gateway=site.url)
    raw = tmp_path / "live" / "raw"
    assert len(list(raw.glob("*.warc.gz"))) == 2
    newest = replay(tmp_path / "newest", raw)
    titles = {row["title"] for row in DatasetSnapshot.read(tmp_path / "newest").rows}
    assert (newest.code, newest.balance["seen"]) == (0, 24)
    assert {one.title for one in changed} <= titles
    older = replay(tmp_path / "older", raw, "as_of=2020-01-01")
    assert older.code == 4, "nothing was there by then"
    today = replay(tmp_path / "today", raw, f"as_of={datetime.now(UTC).date()}")
    assert today.balance["seen"] == 24


def test_the_account_of_a_replay_says_what_was_replayed(tmp_path: Path) -> None:
    archive = ROOT / "examples/demo.warc.gz"
    report = crawl(tmp_path, "sina_gov", GOVNEWS_REPLAY=archive, GOVNEWS_CONTACT="analyst@example.org").report
    assert report["settings"] == {
        "GOVNEWS_REPLAY": str(archive),
        "GOVNEWS_RETRY_WAIT": "0.01",
        "GOVNEWS_STALE_AFTER": "0",
    }
    assert {told["stale"] for told in report["lists"].values()} == {None}
    assert crawl(tmp_path / "seeds", "seeds").report["arguments"] == {"path": "seeds"}


def test_an_archive_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(b"no archive at all" * 99)
    done = replay(tmp_path / "data", tmp_path / "a.warc.gz")
    assert done.code == 4
    assert "damaged_archive: warc:a.warc.gz#0: no record begins there" in done.log
    assert replay(tmp_path / "data", tmp_path / "nowhere.warc.gz").code == 2
