"""Benchmarks of ledger, crawl and replay: their material, and how they measure."""

from __future__ import annotations

import random
import sqlite3
import sys
from contextlib import closing
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest
from selectolax.lexbor import LexborHTMLParser

from benchmarks import big_site, crawl, ledger, replay
from benchmarks.documents import article, docid_of, url_of, write_documents
from benchmarks.known import DAYS, TABLES, fill, forget, values
from benchmarks.running import Crawl
from benchmarks.running import crawl as run
from govnews_spider.core import extract, loads
from govnews_spider.core.stages.order import run as finish
from govnews_spider.ledger.ledger import Ledger, Outcome

DAY = date(2021, 11, 25)


def test_a_filled_ledger_knows_its_articles_and_addresses_and_no_others(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    fill(path, 300)
    with Ledger(path) as opened:
        known = [values(number) for number in (0, 7, 299)]
        assert all(opened.has_article(str(row["article_id"])) and opened.has_url(str(row["url"])) for row in known)
        assert not opened.has_article(str(values(300)["article_id"]))
        assert not opened.has_url(str(values(300)["url"]))
        assert not list(opened.pending())
    with closing(sqlite3.connect(path)) as db:
        assert {db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES} == {300}


def test_what_a_round_accepted_is_forgotten_again_and_so_is_new_in_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    fill(path, 50)
    before = dump(path)
    fresh = [article(ledger.FRESH + number, DAY, random.Random(number)) for number in range(5)]
    for _ in range(2):
        with Ledger(path) as opened:
            assert [opened.accept(made) for made in fresh] == [Outcome.STORED] * 5
        assert dump(path) != before
        forget(path, fresh)
        assert dump(path) == before


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return list(db.iterdump())


def test_docids_of_numbers_in_a_row_are_all_different_and_in_no_order() -> None:
    docids = [docid_of(number) for number in range(20_000)] + [docid_of(ledger.FRESH + n) for n in range(20_000)]
    assert len(set(docids)) == 40_000
    ups = sum(one < other for one, other in pairwise(docids))
    assert 0.3 < ups / 40_000 < 0.7


def test_the_look_up_finds_the_days_that_the_ledger_was_filled_with(tmp_path: Path) -> None:
    """It asks for half known addresses, and says so where the ledger was filled otherwise."""
    path = tmp_path / "ledger.sqlite"
    fill(path, DAYS + 10)
    with Ledger(path) as opened:
        assert ledger.look_up(opened, DAYS + 10, random.Random(1)) > 0
        with pytest.raises(RuntimeError, match="not_filled"):
            ledger.look_up(opened, DAYS * 2, random.Random(1))


def test_every_round_measures_every_ledger_and_leaves_it_as_it_was(tmp_path: Path) -> None:
    paths = {size: tmp_path / str(size) / "ledger.sqlite" for size in (20, 40)}
    for size, path in paths.items():
        fill(path, size)
    before = [dump(path) for path in paths.values()]
    measured = list(ledger.one_round(paths, 0))
    names = {"open", "known_url", "accept", "accept, processor"}
    assert {(size, name) for size, name, _ in measured} == {(size, name) for size in paths for name in names}
    assert all(seconds >= 0 for _, _, seconds in measured)
    assert [dump(path) for path in paths.values()] == before


def test_documents_are_read_back_whole_and_no_two_are_near_copies(tmp_path: Path) -> None:
    write_documents(tmp_path, 60, 6)
    paths = sorted(tmp_path.rglob("*.md"))
    refused: list[object] = []
    read = [loads(path.read_text("utf-8"), name=path.name) for path in paths]
    done = list(finish(read, on_reject=lambda *told: refused.append(told)))
    assert (len(done), refused) == (60, [])
    assert len({made.article_id for made in done}) == len({made.content_hash for made in done}) == 60
    assert len({made.published_at.date() for made in done}) >= 6
    assert [made.published_at for made in done] != sorted(made.published_at for made in done)
    shingles = [{made.text[i : i + 5] for i in range(len(made.text) - 4)} for made in done]
    assert max(len(a & b) / len(a | b) for i, a in enumerate(shingles) for b in shingles[:i]) < 0.4


def test_a_big_page_is_of_real_size_and_says_what_the_small_one_says() -> None:
    catalog = big_site.Catalog.generate(seed=4, lists=list(big_site.LISTS), days=list(big_site.DAYS), count=40)
    pages = [big_site.big_page(made).body for made in catalog.articles]
    assert 80_000 < median(map(len, pages)) < 95_000
    assert 550 < median(len(LexborHTMLParser(page).css("*")) for page in pages) < 800
    for made, page in zip(catalog.articles, pages, strict=True):
        small, big = (extract(data, url=made.url) for data in (big_site.render(made), page))
        assert (big.text, big.title, big.published_at, big.images) == (
            small.text,
            small.title,
            small.published_at,
            small.images,
        )
        assert big.text == made.expected["text"]


def test_both_crawls_fetch_the_same_articles_from_a_site_in_a_process_of_its_own() -> None:
    with crawl.site(30) as origin:
        assert crawl.ceiling_of(origin, pages=20) > 0
        made = {name: [crawl.run(name, origin)] for name in ("bare Scrapy", crawl.OURS)}
    bare, ours = made["bare Scrapy"][0], made[crawl.OURS][0]
    assert bare.count == 30 + 5
    assert ours.count == 30 + 5 + 3, "robots.txt of three hosts besides"
    assert 0 < ours.open < ours.wall


def test_a_replay_is_watched_while_it_runs(tmp_path: Path) -> None:
    write_documents(tmp_path, 400, 4)
    done, memory = replay.replay(tmp_path)
    assert done.count == 400
    assert 20 < memory.at(400) < 2_000
    assert all(0 <= known <= 400 for known, _ in memory.seen)


def test_memory_is_the_median_of_the_looks_before_that_number_of_articles() -> None:
    """One look that met an export does not count, nor what came later; where nobody looked, the next look stands in."""
    looks = [(known, 100.0 + known // 100) for known in range(0, 5_000, 50)]
    looks[38] = (1_900, 900.0)
    memory = replay.Memory(Path("none"), looks)
    assert memory.at(2_000) == pytest.approx(118, abs=1)
    assert memory.at(9_000) == 149


def test_a_crawl_that_fails_is_no_measurement(tmp_path: Path) -> None:
    line = [sys.executable, "-c", "import sys; print('no such thing'); sys.exit(3)"]
    with pytest.raises(RuntimeError, match=r"crawl_failed: exit code 3 of .*\n.*no such thing"):
        run(line, tmp_path / "log", cwd=tmp_path, counted="item_scraped_count")


def test_tables_compare_the_best_round_of_each() -> None:
    slow, fast = Crawl(100, 2.0, 3.0, 1.0, 0), Crawl(100, 1.0, 2.0, 0.5, 0)
    shown = crawl.table({"bare Scrapy": [slow, fast], crawl.OURS: [slow, slow]})
    cells = {column.header: list(column.cells) for column in shown.columns}
    assert cells["pages/s"] == ["100", "50"]
    assert cells["ours ÷ it"] == ["0.50", "1.00"]
    assert cells["ms of processor"] == ["5.00", "10.00"]


def test_an_articles_address_names_its_day_and_docid() -> None:
    made = article(5, DAY + timedelta(days=1), random.Random(5))
    assert made.url == url_of(docid_of(5), date(2021, 11, 26))
    assert made.article_id == f"sina:{docid_of(5)}"
