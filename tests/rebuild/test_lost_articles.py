"""Lost articles: what an old folder has from the archives of a rebuild, and the new folder lacks, makes the exit code 5."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from govnews_spider.rebuild.lost_articles import lost_articles, old_folders
from govnews_spider.runs.run import LostArticles
from tests.site import SinaSite
from tests.support.crawls import ROOT, Crawl, crawl
from tests.support.data_folders import put_in_outbox
from tests.support.dataset_snapshot import DatasetSnapshot
from tests.support.rebuilds import CATALOG, LISTS, Rebuilt, rebuild
from tests.support.rows import full, store

ARCHIVE = Path("/archives/pages.warc.gz")
VICTIM = CATALOG.articles[30]
REFUSAL = """
import importlib
from govnews_spider.article import Rejected
reading = importlib.import_module("govnews_spider.core.extract.reading")
begin = reading.Reading.__init__
def read(self, html, **fields):
    if {title!r}.encode() in html:
        raise Rejected("unknown_layout", "no layout any more")
    begin(self, html, **fields)
reading.Reading.__init__ = read
"""


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    """Two runs; the second one finds new versions of ten articles."""
    data = tmp_path_factory.mktemp("crawled") / "data"
    with SinaSite(CATALOG) as site:
        site.etags = True
        assert crawl(data, "sina_gov", *LISTS, gateway=site.url).code == 0
        for article in CATALOG.articles[:10]:
            site.publish(replace(article, title=f"{article.title}（更新）", original_title=None))
        done = crawl(data, "sina_gov", *LISTS, "revisit=9999d", gateway=site.url)
        assert (done.code, done.balance["revised"]) == (0, 10)
    return done


@pytest.fixture
def old(crawled: Crawl, tmp_path: Path) -> Path:
    """The crawled folder, to be damaged."""
    return Path(shutil.copytree(crawled.data, tmp_path / "old"))


def report(done: Rebuilt) -> dict[str, Any]:
    (path,) = (done.data / "runs").glob("*.json")
    fields: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return fields


def test_a_record_that_an_index_no_longer_lists_is_a_loss_without_reason(old: Path, tmp_path: Path) -> None:
    for index in (old / "raw").glob("*.cdxj"):
        lines = index.read_text("utf-8").splitlines(keepends=True)
        index.write_text("".join(line for line in lines if VICTIM.docid not in line), "utf-8")
    done = rebuild(old / "raw", tmp_path / "new")
    assert done.code == 5
    assert (
        f"1 articles of {old} are not in the new folder: 1 without any reason; such as sina:{VICTIM.docid}" in done.out
    )
    assert report(done)["lost"] == {"no_reason": 1}
    assert set(DatasetSnapshot.read(old).current()) - set(DatasetSnapshot.read(done.data).current()) == {
        f"sina:{VICTIM.docid}"
    }


def test_a_refusal_by_today_s_stages_is_a_loss_under_its_slug(old: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(REFUSAL.format(title=VICTIM.title), encoding="utf-8")
    done = rebuild(old / "raw", tmp_path / "new", env={"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"})
    assert (done.code, "1 refused (unknown_layout 1)" in done.out) == (5, True), done.out
    fields = report(done)
    assert (fields["exit_code"], fields["lost"]) == (5, {"unknown_layout": 1})
    (line,) = fields["lost_articles"]
    (row,) = (row for row in DatasetSnapshot.read(old).rows if row["article_id"] == f"sina:{VICTIM.docid}")
    assert line == f"sina:{VICTIM.docid} {row['origin']} unknown_layout"


def test_articles_of_an_archive_that_is_gone_are_lost_unless_single_files_are_given(old: Path, tmp_path: Path) -> None:
    first, second = sorted((old / "raw").glob("*.warc.gz"))
    part = rebuild(second, tmp_path / "part")
    assert (part.code, report(part)["lost"]) == (0, {})
    first.unlink()
    done = rebuild(old / "raw", tmp_path / "new")
    assert (done.code, report(done)["lost"]) == (5, {"not_archived": 30})


def test_a_selection_loses_nothing(old: Path, tmp_path: Path) -> None:
    done = rebuild(old / "raw", tmp_path / "new", "--keyword", "试点")
    assert (done.code, report(done)["lost"]) == (0, {})
    assert report(done)["balance"]["off_topic"] > 0


def test_an_old_folder_that_cannot_be_read_is_named(old: Path, tmp_path: Path) -> None:
    (old / "ledger.sqlite").write_bytes(b"no database" * 999)
    done = rebuild(old / "raw", tmp_path / "new")
    assert (done.code, report(done)["lost"]) == (0, {})
    assert f"{old}: file is not a database; whether the rebuild has all of its articles is not known" in done.out


def test_old_folders_are_those_whose_raw_has_the_archives(tmp_path: Path) -> None:
    for name in ("a", "b", "no_ledger"):
        (tmp_path / name / "raw").mkdir(parents=True)
        (tmp_path / name / "ledger.sqlite").touch()
    (tmp_path / "no_ledger" / "ledger.sqlite").unlink()
    given = [tmp_path / "a" / "raw", tmp_path / "b" / "raw" / "x.warc.gz", tmp_path / "no_ledger" / "raw", tmp_path]
    assert old_folders(given) == {tmp_path / "a": True, tmp_path / "b": False}


def lost(tmp_path: Path, rejections: Iterable[dict[str, Any]] = (), *, is_complete: bool = True) -> LostArticles:
    """The losses between the folders ``old`` and ``new``."""
    return lost_articles(
        tmp_path / "new" / "ledger.sqlite", tmp_path / "old", [ARCHIVE], rejections, is_complete=is_complete
    )


def rejection(
    number: int, slug: str, outcome: str = "rejected", url: str | None = "https://x.sina.com.cn/"
) -> dict[str, Any]:
    return {"slug": slug, "outcome": outcome, "origin": f"warc:pages.warc.gz#{number}", "url": url}


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """An old folder of six articles, and a new one with the first of them."""
    store(tmp_path / "old", *(full(number) for number in range(1, 7)))
    store(tmp_path / "new", full(1))
    return tmp_path


def test_each_loss_has_the_slug_of_its_record(folders: Path) -> None:
    rejections = [
        rejection(2, "too_short"),
        rejection(3, "off_topic", "off_topic"),
        rejection(40, "unknown_layout"),
        rejection(5, "worker_killed", "failed"),
    ]
    losses = lost(folders, rejections)
    assert losses.reasons == {"too_short": 1, "worker_killed": 1, "no_reason": 2}
    assert losses.examples[0] == "sina:kztest0000004 warc:pages.warc.gz#4 no_reason"
    assert "4 articles of" in str(losses)
    assert "2 refused (too_short 1, worker_killed 1), 2 without any reason" in str(losses)


def test_an_archive_that_cannot_be_read_explains_all_of_its_articles(folders: Path) -> None:
    assert lost(folders, [rejection(0, "worker_killed", "failed", url=None)]).reasons == {"worker_killed": 5}


def test_another_id_or_the_same_address_is_no_loss(folders: Path) -> None:
    store(folders / "new", full(21, url=full(2).url))
    store(folders / "new", full(31, article_id="text:31", url=None))
    store(folders / "old", full(7, article_id="sina:former", url="https://a.sina.com.cn/7"))
    assert lost(folders).reasons == {"no_reason": 5}


def test_only_rows_of_the_archives_are_lost(folders: Path) -> None:
    store(folders / "old", full(8, origin="seeds/8.md"), full(9, origin="https://finance.sina.com.cn/9.shtml"))
    store(folders / "old", full(10, origin="warc:other.warc.gz#1"))
    assert lost(folders, is_complete=False).reasons == {"no_reason": 5}
    assert lost(folders).reasons == {"no_reason": 5, "not_archived": 1}


def test_rows_that_are_not_yet_in_files_count(folders: Path) -> None:
    put_in_outbox(folders / "old", full(11))
    assert lost(folders).reasons == {"no_reason": 6}
