"""Archives made into a dataset anew, against what the crawls that left them have stored."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from govnews_spider import open_articles
from govnews_spider.archive.exchange import Exchange
from govnews_spider.archive.writer import ArchiveWriter
from govnews_spider.rebuild import page_files, pages
from govnews_spider.rebuild.indexing import index_archive, merge
from govnews_spider.rebuild.work_items import open_readonly
from govnews_spider.rebuild.workspace import Workspace
from govnews_spider.runs.dataset_card import NAMES
from tests.site import Page, SinaSite
from tests.site.pages import render
from tests.support.crawls import Crawl, crawl
from tests.support.dask_cluster import Cluster
from tests.support.dataset_snapshot import DatasetDifferences, DatasetSnapshot, compare
from tests.support.rebuilds import CATALOG, LISTS, POISON, RebuildKiller, rebuild, rebuild_differences, site_of

NOON = datetime(2021, 12, 26, 4, tzinfo=UTC)
HTML = (("Content-Type", "text/html; charset=utf-8"),)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    """Two runs: between them some articles change their headlines, and some their days."""
    data = tmp_path_factory.mktemp("crawled") / "live"
    with SinaSite(CATALOG) as site:
        site.etags = True
        done = crawl(data, "sina_gov", *LISTS, gateway=site.url)
        assert (done.code, done.balance["seen"]) == (0, 40)
        for number, article in enumerate(CATALOG.articles[:12]):
            changed = replace(article, title=f"{article.title}（更新）", original_title=None)
            moved = timedelta(days=number % 3)
            site.publish(replace(changed, published=article.published + moved, republished=article.republished + moved))
        done = crawl(data, "sina_gov", *LISTS, "revisit=9999d", gateway=site.url)
        assert (done.code, done.balance["revised"]) == (0, 12)
    return done


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    with Cluster(tmp_path_factory.mktemp("cluster"), threads=2) as running:
        yield running


@pytest.mark.parametrize("together", [1, 20_000])
def test_pages_give_the_same_however_many_are_worked_on_together(
    live: Crawl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    archives = sorted((live.data / "raw").glob("*.warc.gz"))
    made = []
    for number in (together, 10**9):
        monkeypatch.setattr(pages, "_BATCH_BYTES", number)
        space = Workspace(tmp_path / str(number))
        parts = [space.archive_index(number) for number in range(len(archives))]
        for archive, part in zip(archives, parts, strict=True):
            index_archive(str(archive), part)
        end = merge(archives, parts, space.index) + 1
        pages.read_pages(space, 1, end, pages.Selection("更新", None, 2), space.pages(1, end))
        with closing(open_readonly(space.pages(1, end))) as db:
            made.append(
                {table: db.execute(f"SELECT * FROM {table}").fetchall() for table in ("pages", "rejections", "keys")}
            )
    page_files.close_cached()
    assert made[0] == made[1]
    assert (len(made[0]["pages"]), len(made[0]["rejections"])) == (12, 40)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_rebuild_leaves_what_the_crawls_have_left(live: Crawl, tmp_path: Path, workers: str) -> None:
    done = rebuild(live.data / "raw", tmp_path / "made", "--workers", workers, "--pages", "11")
    assert (done.code, done.log) == (0, "")
    assert rebuild_differences(live.data, done.data) == []
    folders = DatasetSnapshot.read(done.data).keys("revisions"), DatasetSnapshot.read(done.data).keys("reprints")
    assert all(folders), "there are revisions and reprints to be found"


def test_so_does_one_on_a_dask_cluster_of_two_workers(live: Crawl, tmp_path: Path, cluster: Cluster) -> None:
    done = rebuild(live.data / "raw", tmp_path / "made", "--scheduler", cluster.address, "--pages", "5")
    assert done.code == 0, done.log
    assert rebuild_differences(live.data, done.data) == []
    held = [file.path for worker in cluster.workers for file in psutil.Process(worker).open_files()]
    assert not [path for path in held if str(tmp_path) in path], "idle workers hold nothing that takes room"


def test_the_account_of_a_rebuild_adds_up(live: Crawl, tmp_path: Path) -> None:
    done = rebuild(live.data / "raw", tmp_path / "made")
    (path,) = (done.data / "runs").glob("*.json")
    report = json.loads(path.read_text("utf-8"))
    reprints = len(DatasetSnapshot.read(done.data).reprints())
    balance = {name: count for name, count in report["balance"].items() if count}
    assert balance == {"seen": 52, "stored": 40 - reprints, "reprint": reprints, "revised": 12}
    assert (report["unaccounted"], report["exit_code"], report["spider"]) == (0, 0, "rebuild")
    assert sum(report["layouts"].values()) == 52


def test_its_card_says_what_the_crawls_say_but_for_their_lists(live: Crawl, tmp_path: Path) -> None:
    made = rebuild(live.data / "raw", tmp_path / "made").data
    for name in NAMES:
        said, says = ((data / name).read_text("utf-8") for data in (live.data, made))
        assert re.sub("Lists read: .*", "", says) == re.sub("Lists read: .*", "", said)
    rows = {name: len(open_articles(live.data, **{name: True}).to_table()) for name in ("reprints", "revisions")}
    articles = len(open_articles(live.data).to_table())
    for name, count in {"articles": articles, **{name: rows[name] - articles for name in rows}}.items():
        assert f"| `{name}/` | {count} |" in (live.data / "CARD.md").read_text("utf-8")


def test_a_crawl_goes_on_with_a_rebuilt_folder_and_fetches_no_article_again(live: Crawl, tmp_path: Path) -> None:
    made = rebuild(live.data / "raw", tmp_path / "made")
    with SinaSite(CATALOG) as site:
        done = crawl(made.data, "sina_gov", *LISTS, gateway=site.url)
        assert (done.code, [url for url in site.requests if "doc-i" in url]) == (0, [])


def test_archives_without_an_index_give_the_same(live: Crawl, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    for path in (live.data / "raw").glob("*.warc.gz"):
        (tmp_path / "raw" / path.name).write_bytes(path.read_bytes())
    done = rebuild(tmp_path / "raw", tmp_path / "made")
    assert (done.code, rebuild_differences(live.data, done.data)) == (0, [])


def test_pages_that_no_list_names_are_rebuilt_as_they_are_replayed(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path / "raw", "foreign", {}) as made:
        for number, article in enumerate(CATALOG.articles[:6]):
            at = NOON + timedelta(seconds=number)
            made.add(Exchange(url=article.url, at=at, status=200, headers=HTML, body=render(article)))
        made.add(Exchange(url="https://www.example.cn/", at=NOON, status=200, headers=HTML, body=b"<html></html>"))
        made.add(
            Exchange(
                url="https://finance.sina.com.cn/",
                at=NOON,
                status=200,
                headers=HTML,
                body=b"<html><body>1</body></html>",
            )
        )
    done = rebuild(tmp_path / "raw", tmp_path / "made")
    seeds = crawl(tmp_path / "seeds", "seeds", f"path={tmp_path / 'raw'}")
    there, found = DatasetSnapshot.read(seeds.data), DatasetSnapshot.read(done.data)
    assert (done.code, len(found.rows)) == (0, 6)
    told = {row["article_id"]: (row["title"], row["text"], row["origin"], row["section"]) for row in there.rows}
    assert {row["article_id"]: (row["title"], row["text"], row["origin"], row["section"]) for row in found.rows} == told
    assert {row["spider"] for row in found.rows} == {"rebuild"}
    assert found.posts == there.posts


def test_a_redirect_leads_to_what_the_list_said(tmp_path: Path) -> None:
    moved = "https://news.sina.com.cn/c/2021-11-25/doc-imoved1234567.shtml"
    hop = "https://news.sina.com.cn/hop"
    article = CATALOG.articles[0]
    with SinaSite(site_of(6, 2)) as site:
        site.pages[moved] = Page(200, {"Content-Type": "text/html"}, render(article))
        site.fault(article.url, "redirect", to=hop)
        site.fault(hop, "redirect", to=moved)
        live = crawl(tmp_path / "live", "sina_gov", *LISTS, gateway=site.url)
        assert moved in site.requests
    done = rebuild(live.data / "raw", tmp_path / "made")
    assert (live.code, done.code, rebuild_differences(live.data, done.data)) == (0, 0, [])
    assert all(row["section"] for row in DatasetSnapshot.read(done.data).rows)


def test_a_damaged_page_is_a_rejection_and_all_others_are_there(live: Crawl, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    first, second = sorted((live.data / "raw").glob("*.warc.gz"))
    lines = [line for line in first.with_name(first.name[:-8] + ".cdxj").read_text().splitlines() if "doc-i" in line]
    offset = int(json.loads(lines[3].split(" ", 2)[2])["offset"])
    content = bytearray(first.read_bytes())
    content[offset + 30] ^= 255
    (tmp_path / "raw" / first.name).write_bytes(content)
    done = rebuild(tmp_path / "raw", tmp_path / "made")
    (log,) = (done.data / "rejected").glob("*.jsonl")
    (line,) = map(json.loads, log.read_text("utf-8").splitlines())
    assert (line["slug"], line["origin"]) == ("damaged_archive", f"warc:{first.name}#{offset}")
    assert (done.code, len(DatasetSnapshot.read(done.data).current())) == (0, 39)
    assert second.exists()


def test_only_what_is_asked_for_is_kept(live: Crawl, tmp_path: Path) -> None:
    titles = {row["title"] for row in DatasetSnapshot.read(live.data).rows if row["folder"] != "revisions"}
    word = "试点"
    assert any(word in title for title in titles)
    done = rebuild(live.data / "raw", tmp_path / "made", "--keyword", word)
    rows = DatasetSnapshot.read(done.data).rows
    assert rows
    assert all(word in row["title"] or word in row["text"] for row in rows)
    assert "off-topic" in done.out


def test_a_page_that_always_kills_its_process_is_left_out_and_named(live: Crawl, tmp_path: Path) -> None:
    victim = CATALOG.articles[20]
    (tmp_path / "sitecustomize.py").write_text(POISON.format(word=victim.title), encoding="utf-8")
    done = rebuild(live.data / "raw", tmp_path / "made", "--pages", "11", env={"PYTHONPATH": str(tmp_path)})
    assert done.code == 5, done.log
    (log,) = (done.data / "rejected").glob("*.jsonl")
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert {line["slug"] for line in lines} == {"worker_killed"}
    assert {line["url"] for line in lines} == {victim.url}
    assert set(DatasetSnapshot.read(live.data).current()) - set(DatasetSnapshot.read(done.data).current()) == {
        f"sina:{victim.docid}"
    }


@pytest.mark.parametrize(
    "plan",
    [
        [("pages", "driver", 9), ("pages", "driver", 21), ("days", "driver", 4)],
        [("pages", "worker", 9), ("days", "worker", 3)],
    ],
    ids=["driver", "worker"],
)
def test_what_is_killed_in_the_middle_leaves_nothing_lost_and_nothing_doubled(
    live: Crawl, tmp_path: Path, plan: list[tuple[str, str, int]]
) -> None:
    killer = RebuildKiller(live.data / "raw", tmp_path / "made", "--workers", "2", "--pages", "2")
    assert killer.run(*plan) == 0
    assert killer.kills == {f"{plan[0][1]} in pages": len(plan) - 1, f"{plan[0][1]} in days": 1}
    assert rebuild_differences(live.data, tmp_path / "made") == []


def test_nor_does_a_dask_worker_that_is_killed(live: Crawl, tmp_path: Path, cluster: Cluster) -> None:
    options = ("--scheduler", cluster.address, "--pages", "2")
    killer = RebuildKiller(live.data / "raw", tmp_path / "made", *options, cluster=cluster)
    assert killer.run(("pages", "worker", 9), ("days", "worker", 3)) == 0
    assert killer.kills == {"worker in pages": 1, "worker in days": 1}
    assert rebuild_differences(live.data, tmp_path / "made") == []


def test_a_rebuild_that_another_version_has_begun_is_begun_anew(live: Crawl, tmp_path: Path) -> None:
    RebuildKiller(live.data / "raw", tmp_path / "made", "--workers", "2", "--pages", "2").stop("days", 3)
    plan = tmp_path / "made" / ".rebuild" / "plan.json"
    told = json.loads(plan.read_text("utf-8"))
    plan.write_text(json.dumps(told | {"code": "another"}), "utf-8")
    stale = tmp_path / "made" / "posts" / "1999.md"
    stale.write_text("left by it", "utf-8")
    done = rebuild(live.data / "raw", tmp_path / "made", "--pages", "2")
    assert (done.code, rebuild_differences(live.data, done.data)) == (0, [])
    assert "begun by another version" in done.out
    assert not stale.exists()


def test_it_ends_with_what_is_different(live: Crawl, tmp_path: Path) -> None:
    done = rebuild(live.data / "raw", tmp_path / "made", GOVNEWS_DATA=live.data)
    assert done.code == 0
    assert f"OLD  {live.data}: 40 articles" in done.out
    assert "changed" in done.out.partition("OLD")[2]


@pytest.mark.parametrize(
    ("options", "slug"),
    [
        (("--workers", "0"), "bad_argument"),
        (("--pages", "0"), "bad_argument"),
        (("--topics", "没有的题目"), "unknown_topic"),
        (("--scheduler", "tcp://127.0.0.1:1", "--workers", "2"), "bad_argument"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_written(
    live: Crawl, tmp_path: Path, options: tuple[str, ...], slug: str
) -> None:
    done = rebuild(live.data / "raw", tmp_path / "made", *options)
    assert (done.code, slug in done.log + done.out) == (2, True), done.log + done.out
    assert not (tmp_path / "made").exists()


def test_a_folder_with_other_data_is_not_touched(live: Crawl, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "mine.txt").write_text("mine", "utf-8")
    done = rebuild(live.data / "raw", tmp_path / "made")
    assert (done.code, "target_exists" in done.log) == (2, True), done.log
    assert {path.name for path in (tmp_path / "made").iterdir()} - {".ledger.sqlite.lock"} == {"mine.txt"}


def test_a_folder_without_archives_is_named(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    assert "no_archives" in rebuild(tmp_path / "raw", tmp_path / "made").log
    assert "no_such_path" in rebuild(tmp_path / "nowhere", tmp_path / "made").log


def test_what_was_known_of_servers_answers_is_known_again(live: Crawl, tmp_path: Path) -> None:
    done = rebuild(live.data / "raw", tmp_path / "made")
    with closing(sqlite3.connect(done.data / "ledger.sqlite")) as db:
        assert db.execute("SELECT count(*) FROM urls WHERE etag IS NOT NULL").fetchone()[0] >= 40


def test_records_that_name_their_warcinfo_are_read_all_the_same(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    blocks = []
    for number, article in enumerate(CATALOG.articles[:3]):
        body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + render(article)
        head = (
            f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {article.url}\r\nWARC-Date: 2021-12-26T04:00:0{number}Z\r\n"
            f"WARC-Warcinfo-ID: <urn:uuid:00000000-0000-4000-8000-000000000001>\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        blocks.append(head.encode() + body + b"\r\n\r\n")
    (raw / "foreign.warc").write_bytes(b"".join(blocks))
    done = rebuild(raw, tmp_path / "made")
    assert (done.code, len(DatasetSnapshot.read(done.data).rows)) == (0, 3)


def test_what_a_list_names_is_read_whatever_it_looks_like(tmp_path: Path) -> None:
    odd = "https://finance.sina.com.cn/china/2021-10-01/notice_12.shtml"
    article = CATALOG.articles[0]
    with SinaSite(CATALOG) as site:
        for one, kind in zip(
            CATALOG.articles[1:4], ("text/plain", "application/octet-stream", "text/htm"), strict=True
        ):
            page = Page(200, {"Content-Type": kind}, render(one))
            site.pages |= dict.fromkeys((one.url, one.list_url, one.url.replace("https:", "http:")), page)
        site.pages[odd] = Page(
            200, {"Content-Type": "text/html"}, render(article).replace(article.docid.encode(), b"kodd0000001")
        )
        site.add_row(1687, url=odd, title="通知", ctime=int(article.published.timestamp()))
        live = crawl(tmp_path / "live", "sina_gov", *LISTS, gateway=site.url)
    assert live.balance["seen"] == 41
    done = rebuild(live.data / "raw", tmp_path / "made")
    assert (done.code, rebuild_differences(live.data, done.data)) == (0, [])


def test_two_runs_in_one_file_are_two_runs(live: Crawl, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    parts = [path.read_bytes() for path in sorted((live.data / "raw").glob("*.warc.gz"))]
    (tmp_path / "raw" / "all.warc.gz").write_bytes(b"".join(parts))
    done = rebuild(tmp_path / "raw", tmp_path / "made")
    verdict = compare(DatasetSnapshot.read(live.data), DatasetSnapshot.read(done.data))
    assert (done.code, verdict) == (0, DatasetDifferences())


def test_an_archive_that_is_lost_in_the_middle_is_a_failure(live: Crawl, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    for path in (live.data / "raw").iterdir():
        (tmp_path / "raw" / path.name).write_bytes(path.read_bytes())
    RebuildKiller(tmp_path / "raw", tmp_path / "made", "--workers", "2", "--pages", "2").stop("pages", 3)
    (path, _) = sorted((tmp_path / "raw").glob("*.warc.gz"))
    path.unlink()
    done = rebuild(tmp_path / "raw", tmp_path / "made")
    assert done.code == 5
    assert "unreadable_archive" in done.out


def test_nobody_crawls_into_a_folder_that_is_being_rebuilt(live: Crawl, tmp_path: Path) -> None:
    RebuildKiller(live.data / "raw", tmp_path / "made", "--workers", "2", "--pages", "2").stop("pages", 3)
    done = crawl(tmp_path / "made", "seeds")
    assert (done.code, "scrapy rebuild` is making this folder" in done.log) == (2, True)
    assert rebuild_differences(live.data, rebuild(live.data / "raw", tmp_path / "made", "--pages", "9").data) == []
