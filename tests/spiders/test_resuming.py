"""Running again: what was read is not read again, what was missed is known, what changed is a revision."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from govnews_spider.article import SHANGHAI
from govnews_spider.sina.roll import list_url
from govnews_spider.sina.sections import find
from govnews_spider.storage.dataset import open_articles
from tests.site import Catalog, Page, SinaSite, SiteArticle
from tests.support.crawls import ROOT, Crawl, command, crawl
from tests.support.data_folders import query

DAYS = [date(2021, 11, 23), date(2021, 11, 24), date(2021, 11, 25)]
LONG = Catalog.generate(seed=13, lists=[1689], days=DAYS, count=120)
LIST = "部委动态"
PERIOD = ("since=2021-11-23", "until=2021-11-25")


@pytest.fixture
def site() -> Iterator[SinaSite]:
    with SinaSite(LONG) as site:
        yield site


def run(data: Path, site: SinaSite, *arguments: str, **settings: object) -> Crawl:
    return crawl(data, "sina_gov", f"sections={LIST}", *arguments, gateway=site.url, **settings)


def asked(site: SinaSite, part: str) -> int:
    return sum(part in url for url in site.requests)


def ids(data: Path, **asked_for: Any) -> dict[str, int]:
    rows = open_articles(data, **asked_for).to_table(["article_id", "revision"]).to_pylist()
    return {row["article_id"]: row["revision"] for row in rows}


def later(days: int, count: int, seed: int = 21) -> list[SiteArticle]:
    return Catalog.generate(seed=seed, lists=[1689], days=[DAYS[-1] + timedelta(days=days)], count=count).articles


# Days of a backfill


def test_days_that_were_read_whole_are_not_asked_for_again(tmp_path: Path, site: SinaSite) -> None:
    assert run(tmp_path, site, *PERIOD).balance == {"seen": 120, "stored": 120}
    before = len(site.requests)
    again = run(tmp_path, site, *PERIOD)
    assert (again.code, again.balance) == (0, {})
    assert again.report["lists"][LIST]["days_known"] == 3
    assert site.requests[before:] == []


def test_a_day_of_which_an_article_failed_is_asked_for_again_and_so_is_today(tmp_path: Path, site: SinaSite) -> None:
    failing = next(article for article in LONG.articles if article.published.astimezone(SHANGHAI).date() == DAYS[1])
    site.fault(failing.url, 502, times=3)
    today = datetime.now(SHANGHAI).date()
    assert run(tmp_path, site, "since=2021-11-23", "until=2021-11-25").code == 5
    again = run(tmp_path, site, *PERIOD)
    assert again.report["lists"][LIST]["days_known"] == 2
    assert again.balance == {"seen": 40, "stored": 1, "unchanged": 39}
    for _ in range(2):
        of_today = run(tmp_path, site, f"since={today}")
        assert of_today.report["lists"][LIST] | {"pages": 1, "days_known": 0} == of_today.report["lists"][LIST]


def test_a_day_cut_by_max_pages_is_not_read(tmp_path: Path) -> None:
    day = Catalog.generate(seed=13, lists=[1689], days=DAYS[:1], count=60)
    with SinaSite(day) as site:
        assert run(tmp_path, site, "since=2021-11-23", "until=2021-11-23", "max_pages=1").balance["stored"] == 50
        assert run(tmp_path, site, "since=2021-11-23", "until=2021-11-23").balance["stored"] == 10


def test_days_that_were_finished_before_a_kill_are_not_read_again(tmp_path: Path, site: SinaSite) -> None:
    last = {article.url for article in LONG.articles if article.published.astimezone(SHANGHAI).date() == DAYS[2]}
    for url in last:
        site.fault(url, "slow", seconds=20.0)
    line = command(tmp_path, "sina_gov", f"sections={LIST}", *PERIOD, gateway=site.url, DOWNLOAD_TIMEOUT=60)
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 30
        while sum(url in last for url in site.requests) < 8 and time.monotonic() < deadline:
            time.sleep(0.05)
        # The last pages of the days before may have come, and not yet be stored.
        while not query(tmp_path, "SELECT count(*) >= 2 FROM windows")[0][0] and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
    site._faults.clear()
    before = asked(site, "doc-i")
    done = run(tmp_path, site, *PERIOD)
    assert done.code == 0
    assert done.report["lists"][LIST]["days_known"] == 2
    assert len(done.report["after"]) == 1, "the run that was killed is named"
    assert asked(site, "doc-i") - before <= 40
    assert len(ids(tmp_path)) == 120


# Gaps


def test_a_run_that_does_not_reach_back_to_the_last_one_is_partial_and_names_the_gap(
    tmp_path: Path, site: SinaSite
) -> None:
    run(tmp_path, site)
    missed, newest = later(1, 30), later(3, 20, seed=22)
    for article in (*missed, *newest):
        site.publish(article)
    site.horizon = 20
    done = run(tmp_path, site)
    assert (done.code, done.balance) == (5, {"seen": 20, "stored": 20})
    ((since, until),) = done.report["lists"][LIST]["gaps"]
    assert datetime.fromisoformat(since) == max(article.published for article in LONG.articles)
    assert datetime.fromisoformat(until) == min(article.published for article in newest)
    assert "gap: 部委动态 2021-11-" in done.report["exit_reason"]
    again = run(tmp_path, site)
    assert again.code == 0, "it was told when it opened"
    assert again.report["lists"][LIST]["gaps"] == done.report["lists"][LIST]["gaps"], "and stays in the report"
    filled = run(tmp_path, site, "fill_gaps=1")
    assert (filled.code, filled.balance["stored"]) == (0, 30)
    assert filled.report["lists"][LIST]["gaps"] == []
    assert len(ids(tmp_path)) == 170


def test_a_gap_is_filled_by_the_run_that_finds_it_if_it_is_asked_to(tmp_path: Path, site: SinaSite) -> None:
    run(tmp_path, site)
    for article in (*later(1, 30), *later(3, 20, seed=22)):
        site.publish(article)
    site.horizon = 20
    done = run(tmp_path, site, "fill_gaps=1")
    assert (done.code, done.balance["stored"], done.report["lists"][LIST]["gaps"]) == (0, 50, [])


def test_what_max_pages_left_out_is_no_failure_and_the_next_run_reads_it(tmp_path: Path, site: SinaSite) -> None:
    run(tmp_path, site)
    for article in later(2, 70):
        site.publish(article)
    cut = run(tmp_path, site, "max_pages=1")
    assert (cut.code, cut.balance["stored"], len(cut.report["lists"][LIST]["gaps"])) == (0, 50, 1)
    done = run(tmp_path, site)
    assert (done.code, done.balance["stored"], done.report["lists"][LIST]["gaps"]) == (0, 20, [])


def test_known_rows_of_another_list_do_not_hide_what_this_one_has_behind_them(tmp_path: Path) -> None:
    """All of the first page came through another list; the rows behind it did not."""
    with SinaSite() as site:
        for number, article in enumerate(LONG.articles):
            site.publish(replace(article, lids=(1689,) if number < 60 else (1688, 1689)))
        newer = later(1, 60)
        run(tmp_path, site)
        for number, article in enumerate(sorted(newer, key=lambda one: one.published)):
            site.publish(replace(article, lids=(1689,) if number < 8 else (1688, 1689)))
        crawl(tmp_path, "sina_gov", "sections=1688", gateway=site.url)
        assert run(tmp_path, site).balance["stored"] == 8


def test_an_article_that_failed_is_come_back_to_and_nothing_older_is_read_again(tmp_path: Path, site: SinaSite) -> None:
    run(tmp_path, site)
    newer = sorted(later(1, 60), key=lambda article: article.published)
    for article in newer:
        site.publish(article)
    site.fault(newer[4].url, 502, times=3)
    assert run(tmp_path, site).code == 5
    before = asked(site, "/api/roll/get")
    done = run(tmp_path, site)
    assert (done.code, done.balance["stored"]) == (0, 1)
    assert asked(site, "/api/roll/get") - before <= 3
    assert run(tmp_path, site).report["lists"][LIST]["pages"] == 1


def test_two_rows_of_one_address_that_name_two_docids_are_one_article(tmp_path: Path, site: SinaSite) -> None:
    article = LONG.articles[0]
    at = int(article.published.timestamp())
    old = "http://finance.sina.com.cn/china/20140301/024218372262.shtml"
    site.pages[old] = site.pages[old.replace("http:", "https:")] = site._route(article.url)
    lists = "sections=1688,1689"
    site.publish(replace(LONG.articles[1], lids=(1688, 1689)))
    assert crawl(tmp_path, "sina_gov", lists, gateway=site.url).code == 0
    site.fault(lambda url: url.startswith(old.replace("http:", "https:")), "slow", seconds=1.0)
    for lid, docid in ((1688, "comos:aaaaaaa0000001"), (1689, "comos:bbbbbbb0000002")):
        site.add_row(lid, url=old, title=article.title, ctime=at - 86_400 * 30, docid=docid)
    done = crawl(tmp_path, "sina_gov", lists, "revisit=9999d", gateway=site.url)
    assert (done.code, done.report["errors"], done.report["unaccounted"]) == (0, [], 0)


# Revisions


def young(count: int = 6) -> list[SiteArticle]:
    """Articles of the last hours, by the machine's clock."""
    now = datetime.now(SHANGHAI).replace(microsecond=0)
    made = Catalog.generate(seed=31, lists=[1689], days=[now.date()], count=count).articles
    moments = [now - timedelta(hours=2 * number + 1) for number in range(count)]
    return [replace(one, published=at, republished=at) for one, at in zip(made, moments, strict=True)]


def changed(article: SiteArticle) -> SiteArticle:
    return replace(article, title=f"{article.title}（更新）", original_title=None)


@pytest.mark.parametrize("etags", [False, True], ids=["no validator", "etag"])
def test_a_revisit_asks_for_young_articles_again_and_stores_what_changed(tmp_path: Path, etags: bool) -> None:
    articles = young()
    with SinaSite(Catalog(articles)) as site:
        site.etags = etags
        for old in LONG.articles[:5]:
            site.publish(old)
        assert run(tmp_path, site).balance == {"seen": 11, "stored": 11}
        site.publish(changed(articles[0]))
        before = asked(site, "doc-i")
        done = run(tmp_path, site, "revisit=3d")
        assert done.balance == {"seen": 11, "revised": 1, "unchanged": 10}
        assert asked(site, "doc-i") - before == 6
        assert len(site.conditional) == (6 if etags else 0)
        statuses = {name: count for name, count in done.report["requests"].items() if "status_count" in name}
        assert statuses.get("downloader/response_status_count/304", 0) == (5 if etags else 0)
    revised = f"sina:{articles[0].docid}"
    assert ids(tmp_path)[revised] == 2
    assert sorted(ids(tmp_path).values()) == [1] * 10 + [2]
    every = open_articles(tmp_path, revisions=True).to_table(["article_id", "revision"]).to_pylist()
    assert every.count({"article_id": revised, "revision": 1}) == 1
    assert (len(every), len(done.posts)) == (12, 11)
    assert sum("（更新）".encode() in content for content in done.posts.values()) == 1, (
        "the document is the newest revision"
    )


def test_an_old_revision_is_not_in_the_articles_and_unchanged_ones_touch_last_seen_only(tmp_path: Path) -> None:
    articles = young(3)
    with SinaSite(Catalog(articles)) as site:
        site.etags = True
        run(tmp_path, site)
        files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
        seen = last_seen(tmp_path)
        run(tmp_path, site, "revisit=12h")
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")} == files
        assert all(after > before for before, after in zip(seen, last_seen(tmp_path), strict=True))


def test_a_list_is_read_as_far_back_as_the_revisit_goes(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    articles = [
        replace(one, published=now.astimezone(SHANGHAI) - timedelta(hours=number))
        for number, one in enumerate(LONG.articles)
    ]
    with SinaSite(Catalog(articles)) as site:
        run(tmp_path, site)
        done = run(tmp_path, site, "revisit=60h")
        assert (done.balance["seen"], done.report["lists"][LIST]["pages"]) == (100, 2)


def last_seen(data: Path) -> list[str]:
    with sqlite3.connect(data / "ledger.sqlite") as db:
        return [row[0] for row in db.execute("SELECT last_seen FROM identities ORDER BY article_id")]


# Lists that are not what they say


def spoil(site: SinaSite, page: int, change: Any, times: int) -> None:
    """That page of the list is changed so, the first times that it is asked for; what asks again too soon asks in vain."""
    address = list_url(find(LIST), page)
    whole = json.loads(site._answer(address).body)
    change(whole["result"])
    broken = Page(body=json.dumps(whole).encode())
    asks = iter(range(times))
    route = site._route
    site._route = lambda url: broken if url == address and next(asks, None) is not None else route(url)  # type: ignore[method-assign]


@pytest.mark.parametrize("times", [1, 3], ids=["once", "as often as it is asked"])
def test_a_page_without_rows_in_the_midst_of_a_list_is_not_its_end(tmp_path: Path, site: SinaSite, times: int) -> None:
    spoil(site, 2, lambda result: result.update(data=[]), times)
    done = run(tmp_path, site)
    assert (done.code, done.balance["stored"]) == ((0, 120) if times == 1 else (5, 50))
    assert done.report["lists"][LIST]["errors"] == ({} if times == 1 else {"list_short": 1})
    run(tmp_path, site)
    assert len(ids(tmp_path)) == 120


def test_a_total_that_is_less_than_the_rows_is_not_believed(tmp_path: Path, site: SinaSite) -> None:
    spoil(site, 1, lambda result: result.update(total=0), 1)
    assert run(tmp_path, site).balance == {"seen": 120, "stored": 120}


def test_a_row_of_an_odd_time_at_the_end_of_what_a_list_shows_hides_no_gap(tmp_path: Path, site: SinaSite) -> None:
    run(tmp_path, site)
    for article in later(2, 80):
        site.publish(article)
    site.horizon = 40
    spoil(site, 1, lambda result: result["data"][-1].update(ctime="1577836800"), 9)
    done = run(tmp_path, site)
    assert (done.code, len(done.report["lists"][LIST]["gaps"])) == (5, 1)
    assert run(tmp_path, site, "fill_gaps=1").code == 0
    assert len(ids(tmp_path)) == 200


def test_a_row_of_a_time_to_come_neither_keeps_a_list_fresh_nor_is_lost_when_it_fails(
    tmp_path: Path, site: SinaSite
) -> None:
    ahead = str(int(datetime.now(UTC).timestamp()) + 400 * 86_400)
    late = LONG.articles[0]
    spoil(site, 2, lambda result: result["data"][30].update(ctime=ahead), 9)
    address = json.loads(site._answer(list_url(find(LIST), 2)).body)["result"]["data"][30]["url"]
    site.fault(lambda url: url.split("?")[0].endswith(address.split("?")[0].rpartition("/")[2]), 502, times=3)
    done = run(tmp_path, site, GOVNEWS_STALE_AFTER=72)
    assert (done.code, done.report["lists"][LIST]["stale"]) == (5, True), late.url
    assert run(tmp_path, site).balance["stored"] == 1


def test_an_article_that_failed_behind_what_was_read_before_is_come_back_to(tmp_path: Path, site: SinaSite) -> None:
    assert run(tmp_path, site, "max_pages=1").code == 0
    oldest = min(LONG.articles, key=lambda article: article.published)
    site.fault(oldest.url, 502, times=3)
    assert run(tmp_path, site).code == 5
    again = run(tmp_path, site)
    assert (again.code, again.balance["stored"]) == (0, 1)
    assert run(tmp_path, site).report["lists"][LIST]["pages"] == 1


def test_rows_that_move_up_while_a_list_is_paged_are_read_by_the_next_run(tmp_path: Path, site: SinaSite) -> None:
    spoil(site, 1, lambda result: result.update(total=121), 1)
    assert run(tmp_path, site, "since=2021-11-23", "until=2021-11-25").code == 0
    done = run(tmp_path, site)
    assert done.code == 0
    assert run(tmp_path, site).report["lists"][LIST]["pages"] == 3, (
        "a row was taken out, so another may have been missed"
    )


def test_a_day_that_is_empty_by_mistake_is_asked_for_again(tmp_path: Path, site: SinaSite) -> None:
    address = list_url(find(LIST), 1, DAYS[0])
    whole = json.loads(site._answer(address).body)
    whole["result"].update(data=[], total=0)
    empty, asks, route = Page(body=json.dumps(whole).encode()), iter(range(1)), site._route
    site._route = lambda url: empty if url == address and next(asks, None) is not None else route(url)  # type: ignore[method-assign]
    assert run(tmp_path, site, *PERIOD).balance == {"seen": 120, "stored": 120}
