"""A crawl that is killed at any moment, and run again, arrives where one that nobody disturbed does."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from copy import deepcopy
from pathlib import Path

import pytest

from govnews_spider.ledger.ledger import Ledger
from tests.site import Catalog, SinaSite
from tests.support.crawls import ROOT, command, crawl
from tests.support.dataset_snapshot import DatasetDifferences, DatasetSnapshot, compare, leftovers
from tests.support.kill_series import DAYS, LIDS, NEWEST, PHASES, CrawlKiller, catalog_of, prepare

ARTICLES = 120
CATALOG = catalog_of(ARTICLES, seed=4)
ONE_LIST = (f"sections={LIDS[0]}",)
REPRINTS = CATALOG.reprints()
SEEDS = (1, 2, 4, 19)
"""The newest rows with many flushes, a period with few, new rows on top of known ones with few, earlier days with many."""


@pytest.fixture(scope="module")
def site() -> Iterator[SinaSite]:
    with SinaSite(CATALOG) as served:
        yield served


@pytest.fixture(scope="module")
def undisturbed(site: SinaSite, tmp_path_factory: pytest.TempPathFactory) -> DatasetSnapshot:
    done = crawl(tmp_path_factory.mktemp("undisturbed"), "sina_gov", *NEWEST, gateway=site.url)
    assert (done.code, done.report["balance"]["seen"]) == (0, ARTICLES)
    assert done.balance.keys() <= {"seen", "stored", "reprint"}
    snapshot = DatasetSnapshot.read(done.data)
    assert (len(snapshot.rows), [*leftovers(done.data, snapshot)]) == (ARTICLES, [])
    assert len(snapshot.posts) == snapshot.keys("articles").total()
    return snapshot


def test_an_undisturbed_crawl_puts_aside_the_sites_reprints_and_nothing_else(undisturbed: DatasetSnapshot) -> None:
    """Each names the first that was published of its group, which the crawl came to last."""
    assert len(REPRINTS) > 10
    assert undisturbed.reprints() == REPRINTS


def test_some_reprints_were_crawled_days_before_what_they_repeat() -> None:
    """In the series `widened`: their first was published before the days that it reads first."""
    days = {f"sina:{article.docid}": article.published.date() for article in CATALOG.articles}
    middle = DAYS[len(DAYS) // 2]
    assert any(days[first] < middle <= days[reprint] for reprint, first in REPRINTS.items())


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_again_and_again_a_crawl_ends_with_the_rows_and_posts_of_an_undisturbed_one(
    tmp_path: Path, undisturbed: DatasetSnapshot, seed: int
) -> None:
    with SinaSite() as site:
        killer = CrawlKiller(site, tmp_path / "data", seed, CATALOG)
        killer.crawl(most=4)
    snapshot = DatasetSnapshot.read(tmp_path / "data")
    assert killer.kills.total() > 0
    assert compare(undisturbed, snapshot) == DatasetDifferences()
    assert [*leftovers(tmp_path / "data", snapshot)] == []
    assert killer.vanished == set()


def test_killed_while_it_revises_a_crawl_ends_with_the_revisions_of_an_undisturbed_one(
    tmp_path: Path, undisturbed: DatasetSnapshot
) -> None:
    """The titles change and the texts do not, so every reprint stays one, of the same article."""
    with SinaSite() as site:
        arguments = prepare(site, tmp_path / "undisturbed", "revised", CATALOG)
        done = crawl(tmp_path / "undisturbed", "sina_gov", *arguments, gateway=site.url)
        assert done.balance == {"seen": ARTICLES, "revised": ARTICLES // 3, "unchanged": ARTICLES - ARTICLES // 3}
        expected = DatasetSnapshot.read(done.data)
        assert expected.reprints() == undisturbed.reprints()
    with SinaSite() as site:
        killer = CrawlKiller(site, tmp_path / "data", 7, CATALOG)
        killer.crawl(most=4)
    snapshot = DatasetSnapshot.read(tmp_path / "data")
    assert killer.kills.total() > 0
    assert compare(expected, snapshot) == DatasetDifferences()
    assert [*leftovers(tmp_path / "data", snapshot)] == []


def test_killed_between_two_pages_of_a_list_the_next_run_fetches_what_is_missing_and_nothing_else(
    tmp_path: Path,
) -> None:
    """The first page then holds known rows only, and an earlier run had read the list to its end; it is read on all the same."""
    catalog = Catalog.generate(seed=3, lists=[LIDS[0]], days=list(DAYS), count=70)
    oldest_first = sorted(catalog.articles, key=lambda article: article.published)
    with SinaSite(Catalog(oldest_first[:10])) as site:
        assert crawl(tmp_path, "sina_gov", *ONE_LIST, gateway=site.url).code == 0
        for article in oldest_first[10:]:
            site.publish(article)
        site.fault(lambda url: url.endswith("page=2"), "slow", times=1, seconds=30.0)
        line = command(tmp_path, "sina_gov", *ONE_LIST, gateway=site.url)
        with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            _wait_for(lambda: _committed(tmp_path) == 10 + 50)
            run.kill()
        before = len(site.requests)
        assert crawl(tmp_path, "sina_gov", *ONE_LIST, gateway=site.url).code == 0
        assert _pages(site, before) == 10
    assert len(DatasetSnapshot.read(tmp_path).rows) == 70


def test_a_second_crawl_on_a_folder_is_told_who_holds_it_and_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    with SinaSite(catalog_of(4, seed=1)) as site:
        site.fault(lambda url: "/doc-i" in url, "slow", seconds=20.0)
        line = command(tmp_path, "sina_gov", *NEWEST, gateway=site.url)
        with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as holder:
            _wait_for(lambda: _pages(site) > 0)
            second = crawl(tmp_path, "sina_gov", *NEWEST, gateway=site.url)
            holder.kill()
        assert second.code == 2
        assert f"ledger_held: {tmp_path / 'ledger.sqlite'}: process {holder.pid} is writing" in second.log
        assert "Traceback" not in second.log
    with SinaSite(catalog_of(4, seed=1)) as site:
        third = crawl(tmp_path, "sina_gov", *NEWEST, gateway=site.url)
    assert (third.code, third.balance) == (0, {"seen": 4, "stored": 4})


def _lose(snapshot: DatasetSnapshot) -> None:
    del snapshot.rows[0]


def _double(snapshot: DatasetSnapshot) -> None:
    snapshot.rows.append(deepcopy(snapshot.rows[0]))


def _revise(snapshot: DatasetSnapshot) -> None:
    snapshot.rows.append(snapshot.rows[0] | {"revision": 2, "folder": "articles"})


def _change(snapshot: DatasetSnapshot) -> None:
    snapshot.rows[0]["editor"] = "无名氏"


def _move(snapshot: DatasetSnapshot) -> None:
    snapshot.rows[0]["folder"] = "reprints"


def _spoil_a_post(snapshot: DatasetSnapshot) -> None:
    snapshot.posts[min(snapshot.posts)] += b"\n"


def _lose_a_post(snapshot: DatasetSnapshot) -> None:
    del snapshot.posts[min(snapshot.posts)]


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (_lose, "lost"),
        (_double, "doubled"),
        (_revise, "doubled"),
        (_change, "different"),
        (_move, "different"),
        (_spoil_a_post, "posts"),
        (_lose_a_post, "posts"),
    ],
)
def test_the_comparison_sees_each_kind_of_damage(
    undisturbed: DatasetSnapshot, spoil: Callable[[DatasetSnapshot], None], named: str
) -> None:
    damaged = deepcopy(undisturbed)
    spoil(damaged)
    differences = compare(undisturbed, damaged)
    assert [name for name in DatasetDifferences.__slots__ if getattr(differences, name)] == [named]
    assert len(getattr(differences, named)) == 1


@pytest.mark.parametrize("revision", [1, 2])
def test_an_article_that_stands_among_the_reprints_too_is_doubled_and_left_over_be_it_the_same_version_or_another(
    tmp_path: Path, revision: int
) -> None:
    rows = [
        {"article_id": "sina:a", "revision": number, "content_hash": f"{number}", "folder": folder}
        for number, folder in ((1, "revisions"), (2, "articles"))
    ]
    snapshot = DatasetSnapshot([rows[1], rows[revision - 1] | {"folder": "reprints"}], {})
    differences = compare(DatasetSnapshot(rows, {}), snapshot)
    assert ("sina:a", revision, f"{revision}") in differences.doubled
    assert differences.different == ["sina:a: folder"]
    Ledger(tmp_path / "ledger.sqlite").close()
    assert "sina:a: 2 rows, not one" in leftovers(tmp_path, snapshot)


def test_the_seeds_of_the_suite_begin_with_a_kill_that_falls() -> None:
    """Whatever the machine's speed: a run lasts longer than any delay in these phases."""
    for seed in SEEDS:
        assert random.Random(seed).choice(PHASES) in ("start-up", "lists")


def _committed(data: Path) -> int:
    """Articles in the ledger, whoever holds it."""
    with closing(sqlite3.connect(f"file:{data / 'ledger.sqlite'}?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT count(*) FROM identities").fetchone()[0])


def _pages(site: SinaSite, since: int = 0) -> int:
    return sum("/doc-i" in url for url in site.requests[since:])


def _wait_for(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.005)
