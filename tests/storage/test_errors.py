"""A disk that is full or read-only, files that are damaged: each has its name and its exit code, and nothing committed is lost."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from govnews_spider.article import SHANGHAI
from govnews_spider.storage.dataset import open_articles
from govnews_spider.storage.errors import storage_error
from tests.site import Catalog, SinaSite
from tests.support.crawls import ROOT, Crawl, command, crawl

DAYS = [date(2021, 11, 23), date(2021, 11, 24), date(2021, 11, 25)]
CATALOG = Catalog.generate(seed=51, lists=[1689], days=DAYS, count=90)


@pytest.fixture(scope="module")
def site() -> Iterator[SinaSite]:
    with SinaSite(CATALOG) as site:
        yield site


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    path = tmp_path / "disk"
    path.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", path], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("no disk can be mounted here: that takes the rights of root")
    yield path
    subprocess.run(["umount", "--lazy", path], check=True)


def remount(disk: Path, *options: str) -> None:
    subprocess.run(["mount", "-o", ",".join(("remount", *options)), disk], check=True)


def run(data: Path, site: SinaSite, *arguments: str, **settings: object) -> Crawl:
    return crawl(data, "sina_gov", "sections=部委动态", *arguments, gateway=site.url, **settings)


def ids(data: Path) -> list[str]:
    found: list[str] = sorted(open_articles(data).to_table(["article_id"])["article_id"].to_pylist())
    return found


EVERY = sorted(f"sina:{article.docid}" for article in CATALOG.articles)


@pytest.mark.parametrize("rows", [10, 1000], ids=["while it writes", "at its end"])
def test_a_full_disk_ends_the_run_with_1_and_the_next_one_goes_on(disk: Path, site: SinaSite, rows: int) -> None:
    done = run(disk / "data", site, GOVNEWS_FLUSH_ROWS=rows)
    assert done.code == 1
    assert "disk_full: " in done.out
    assert "make room" in done.out
    remount(disk, "size=64m")
    before = len(site.requests)
    again = run(disk / "data", site)
    assert again.code == 0
    assert ids(disk / "data") == EVERY
    assert len(again.posts) == 90
    known = again.balance.get("unchanged", 0)
    assert sum("doc-i" in url for url in site.requests[before:]) == 90 - known


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_asked(disk: Path, site: SinaSite) -> None:
    remount(disk, "ro")
    before = len(site.requests)
    done = run(disk / "data", site)
    assert (done.code, len(site.requests)) == (2, before)
    assert "data_unusable: " in done.log
    assert "Read-only file system" in done.log


@pytest.mark.parametrize("damage", ["cut", "emptied", "overwritten"])
def test_a_damaged_day_file_is_7_and_holds_up_no_other_day(tmp_path: Path, damage: str) -> None:
    with SinaSite(Catalog(CATALOG.articles[:45])) as site:
        assert run(tmp_path, site).code == 0
        path = tmp_path / "articles/year=2021/month=11/2021-11-24.parquet"
        good = path.read_bytes()
        path.write_bytes({"cut": good[: len(good) // 2], "emptied": b"", "overwritten": b"<html>" * 500}[damage])
        for article in CATALOG.articles[45:]:
            site.publish(article)
        done = run(tmp_path, site)
        assert (done.code, done.balance["stored"]) == (7, 45)
        (fault,) = done.report["faults"]
        assert fault.startswith(f"damaged_day_file: {path}: ")
        path.unlink()
        assert len(ids(tmp_path)) == 60, "the other two days are whole"
        path.write_bytes(good)
        again = run(tmp_path, site)
    assert (again.code, again.balance.get("stored")) == (0, None)
    assert ids(tmp_path) == EVERY


def test_a_damaged_ledger_is_7_and_not_written_over(tmp_path: Path, site: SinaSite) -> None:
    assert run(tmp_path, site).code == 0
    path = tmp_path / "ledger.sqlite"
    good = path.read_bytes()
    for bad, place in ((b"no ledger any more " * 400, "at the check"), (spoiled(good), "on the way")):
        path.write_bytes(bad)
        done = run(tmp_path, site)
        assert done.code == 7, place
        assert "ledger_damaged: " in done.out + done.log
        assert "scrapy verify --repair" in done.out + done.log
        assert path.read_bytes()[:4096] == bad[:4096]
    path.write_bytes(good)
    assert run(tmp_path, site).code == 0


def spoiled(ledger: bytes) -> bytes:
    """Its first page, which an opening looks at, is whole; all others are not."""
    return ledger[:4096] + b"\xa5" * (len(ledger) - 4096)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_within_ten_seconds_though_the_site_does_not_answer(
    tmp_path: Path, number: signal.Signals
) -> None:
    with SinaSite(CATALOG) as slow:
        for article in CATALOG.articles[:20]:
            slow.fault(article.url, "slow", seconds=60.0)
        line = command(tmp_path, "sina_gov", "sections=部委动态", gateway=slow.url, DOWNLOAD_TIMEOUT=120)
        with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            urls = {article.url for article in CATALOG.articles[:20]}
            wait_for(lambda: sum(url in urls for url in slow.requests) >= 8)
            began = time.monotonic()
            process.send_signal(number)
            assert process.wait(timeout=30) == 130
            assert time.monotonic() - began < 10
        slow._faults.clear()
        (report,) = (tmp_path / "runs").glob("*.json")
        assert '"exit_code": 130' in report.read_text(encoding="utf-8")
        written = ids(tmp_path)
        again = run(tmp_path, slow)
        assert (again.code, again.balance.get("unchanged", 0)) == (0, len(written)), (
            "all committed rows had been exported"
        )


def test_of_two_runs_that_begin_at_once_one_ends_with_2_and_the_other_is_whole(tmp_path: Path, site: SinaSite) -> None:
    line = command(tmp_path, "sina_gov", "sections=部委动态", gateway=site.url)
    both = [subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(2)]
    assert sorted(process.wait(timeout=60) for process in both) == [0, 2]
    assert ids(tmp_path) == EVERY


def test_a_clock_that_is_set_back_between_runs_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a run dated ahead of time has remembered does not keep a later run, by a right clock, from reading."""
    ahead = datetime.now(UTC) + timedelta(days=400)
    with SinaSite(CATALOG) as site:
        assert run(tmp_path, site, "since=2021-11-23", "until=2021-11-25").code == 0
        set_dates(tmp_path, ahead)
        done = run(tmp_path, site, "since=2021-11-23", "until=2021-11-25")
        assert done.report["lists"]["部委动态"]["days_known"] == 0, "their archives were read in what is the future"
        assert done.balance == {"seen": 90, "unchanged": 90}
        assert done.report["seconds"] > 0


def set_dates(data: Path, moment: datetime) -> None:
    with sqlite3.connect(data / "ledger.sqlite") as db:
        for table, column in (("windows", "at"), ("identities", "last_seen"), ("runs", "started")):
            db.execute(f"UPDATE {table} SET {column} = ?", (moment.isoformat(),))


def test_errors_of_the_system_have_their_names() -> None:
    for number, slug in (
        (28, "disk_full"),
        (30, "read_only"),
        (5, "disk_failed"),
        (24, "too_many_files"),
        (17, "in_the_way"),
    ):
        fault = storage_error(OSError(number, os.strerror(number), "/data/x"), Path("/data"))
        assert (fault.slug, fault.breaks_data) == (slug, False)
        assert fault.detail.startswith("/data/x: ")


def wait_for(ready: Any) -> None:
    deadline = time.monotonic() + 30
    while not ready() and time.monotonic() < deadline:
        time.sleep(0.05)


def test_a_signal_ends_a_polite_run_as_fast(tmp_path: Path) -> None:
    """What waits for its turn at a host is not sent any more, however long the turns are."""
    with SinaSite(CATALOG) as polite:
        polite.fault(lambda url: "doc-i" in url, "slow", seconds=3.0)
        line = command(tmp_path, "sina_gov", "sections=部委动态", gateway=polite.url, DOWNLOAD_DELAY=4)
        with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            wait_for(lambda: any("doc-i" in url for url in polite.requests))
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 130
            assert time.monotonic() - began < 10


def test_one_file_in_the_way_holds_up_no_other_and_is_named(tmp_path: Path, site: SinaSite) -> None:
    article = CATALOG.articles[0]
    day = article.published.astimezone(SHANGHAI)
    post = tmp_path / "posts" / f"{day:%Y}" / f"{day:%m}" / f"{day:%Y%m%d}-sina-{article.docid}.md"
    post.mkdir(parents=True)
    done = run(tmp_path, site)
    assert done.code == 1
    (fault,) = done.report["faults"]
    assert fault.startswith(f"in_the_way: {post}: ")
    posts = [path for path in (tmp_path / "posts").rglob("*.md") if path.is_file()]
    assert len({path.name[:8] for path in posts}) == 3
    assert len(posts) >= 60
    post.rmdir()
    again = run(tmp_path, site)
    assert (again.code, len(again.posts)) == (0, 90)
