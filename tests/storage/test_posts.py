from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from govnews_spider.core.documents.front_matter import STYLES, dumps, loads
from govnews_spider.storage.posts import FrontMatterWriter
from tests.support.rows import article, file_contents, full, reprint, store

DAY = date(2021, 11, 25)
POST = "posts/2021/11/20211125-sina-kztest0000001.md"


def test_an_article_has_one_post_under_its_day_of_shanghai_in_the_final_style(tmp_path: Path) -> None:
    stored = full(1)
    store(tmp_path, stored, only="front_matter")
    assert file_contents(tmp_path) == {POST: dumps(stored, style=STYLES[0]).encode()}


def test_a_post_is_read_back_as_a_document(tmp_path: Path) -> None:
    stored = full(1)
    store(tmp_path, stored)
    read = loads((tmp_path / POST).read_bytes().decode(), name=POST)
    assert (read.published_at, read.headimg) == (stored.published_at.replace(microsecond=0), stored.headimg)
    assert "三省市的窗口今起统一受理" in read.body_html


def test_an_article_read_from_an_older_style_is_written_in_the_final_one(tmp_path: Path) -> None:
    old, new = article(1, layout=STYLES[-1]), article(1)
    store(tmp_path / "old", old, only="front_matter")
    store(tmp_path / "new", new, only="front_matter")
    assert file_contents(tmp_path / "old") == file_contents(tmp_path / "new")


def test_writing_twice_changes_no_byte_and_leaves_no_part_file(tmp_path: Path) -> None:
    writer = FrontMatterWriter(tmp_path)
    writer.write(DAY, [article(1), article(2)])
    writer.flush()
    before = file_contents(tmp_path)
    writer.write(DAY, [article(1), article(2)])
    writer.flush()
    assert file_contents(tmp_path) == before
    assert len(before) == 2


def test_a_revision_replaces_the_post(tmp_path: Path) -> None:
    store(tmp_path, article(1))
    store(tmp_path, article(1, text="二稿：窗口明起受理。"))
    assert list(file_contents(tmp_path, "posts")) == [POST]
    assert "二稿" in (tmp_path / POST).read_text(encoding="utf-8")


def test_an_article_whose_day_moved_leaves_no_post_under_the_old_day(tmp_path: Path) -> None:
    store(tmp_path, article(1))
    store(tmp_path, article(1, days=7))
    assert list(file_contents(tmp_path, "posts")) == ["posts/2021/12/20211202-sina-kztest0000001.md"]


def test_a_reprint_has_no_post_and_loses_the_one_it_had(tmp_path: Path) -> None:
    store(tmp_path, article(1), reprint(2, of=1), article(3))
    assert len(file_contents(tmp_path, "posts")) == 2
    store(tmp_path, reprint(3, of=1))
    assert list(file_contents(tmp_path, "posts")) == [POST]


@pytest.mark.parametrize("article_id", ["sina:../../../etc/passwd", "url:a/b", "sina:..", "text:\0x"])
def test_no_id_leads_out_of_the_day_s_folder(tmp_path: Path, article_id: str) -> None:
    store(tmp_path, article(1, article_id=article_id), only="front_matter")
    (path,) = (tmp_path / name for name in file_contents(tmp_path))
    assert path.parent == tmp_path / "posts" / "2021" / "11"
