from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from govnews_spider.spiders.seeds import files
from govnews_spider.storage.dataset import open_articles
from tests.site import SinaSite, demo_catalog
from tests.support.crawls import FORBID, ROOT, Crawl, crawl

SEEDS = ROOT / "seeds"


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    return crawl(tmp_path_factory.mktemp("seeds"), "seeds")


def test_the_seeds_become_two_posts_and_two_rows(replayed: Crawl) -> None:
    assert replayed.code == 0
    assert replayed.balance == {"seen": 2, "stored": 2}
    assert len(replayed.posts) == 2
    rows = open_articles(replayed.data).to_table().to_pylist()
    assert {row["title"]: row["published_at"] for row in rows} == {
        "京津冀14家国家级经开区“牵手”，高频事项将实现“跨省通办”": datetime(2021, 11, 25, 11, 11, 45, tzinfo=UTC),
        "南昌扩大朋友圈 7省9市“跨省通办”开启政务服务新格局": datetime(2021, 3, 27, 10, 42, 12, tzinfo=UTC),
    }
    assert {row["origin"] for row in rows} == {path.name for path in SEEDS.iterdir()}
    assert all(row["spider"] == "seeds" and row["run_id"] == replayed.report["run_id"] for row in rows)
    assert all(row["fetched_at"] >= row["published_at"] for row in rows)


def test_replaying_again_changes_no_file(tmp_path: Path) -> None:
    first = crawl(tmp_path, "seeds").posts
    again = crawl(tmp_path, "seeds")
    assert (again.code, again.balance, again.posts) == (0, {"seen": 2, "unchanged": 2}, first)


def test_no_socket_is_opened(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(FORBID, encoding="utf-8")
    env = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    assert crawl(tmp_path / "data", "seeds", env=env).code == 0
    online = crawl(tmp_path / "other", "sina_gov", gateway="http://127.0.0.1:1", env=env)
    assert online.code == 99, "the watch itself works: a spider that goes online is caught"


def test_a_folder_is_read_recursively_pages_and_documents_and_the_rest_left_alone(tmp_path: Path) -> None:
    source = tmp_path / "in"
    (source / "b" / "c").mkdir(parents=True)
    (source / ".git").mkdir()
    document = (SEEDS / "003_765698001f50274d.txt").read_bytes()
    (source / "b" / "c" / "doc.MD").write_bytes(document)
    (source / ".git" / "hidden.md").write_bytes(document)
    (source / "picture.png").write_bytes(b"\x89PNG")
    article = demo_catalog().articles[0]
    with SinaSite(demo_catalog()) as site:
        (source / "b" / "page.html").write_bytes(site._answer(article.url).body)
    done = crawl(tmp_path / "data", "seeds", f"path={source}")
    assert (done.code, done.balance) == (0, {"seen": 2, "stored": 2})
    assert "1 files of" in done.log
    rows = {row["origin"]: row for row in open_articles(done.data).to_table().to_pylist()}
    assert set(rows) == {"b/c/doc.MD", "b/page.html"}
    assert rows["b/page.html"]["article_id"] == f"sina:{article.docid}"
    assert rows["b/page.html"]["url"] == article.url


def test_a_file_by_its_own_name_is_its_own_origin(tmp_path: Path) -> None:
    done = crawl(tmp_path, "seeds", f"path={SEEDS / '003_765698001f50274d.txt'}")
    (row,) = open_articles(done.data).to_table().to_pylist()
    assert row["origin"] == "003_765698001f50274d.txt"


def test_files_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    for name in ("b/1.md", "a/2.md", "a.md", "a/10.md", "中/甲.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    names = [path.relative_to(tmp_path).as_posix() for path in files(tmp_path)]
    assert names == ["a.md", "a/10.md", "a/2.md", "b/1.md", "中/甲.md"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["path=no/such/folder"], 2, "no_such_path: path=no/such/folder does not exist"),
        (["paths=seeds"], 2, "unknown_argument: paths; the spider has path"),
        (["path="], 2, "empty_argument: path is empty"),
    ],
)
def test_bad_arguments_end_before_anything_is_written(
    tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    done = crawl(tmp_path / "data", "seeds", *arguments)
    assert (done.code, message in done.log, done.data.exists()) == (code, True, False)


def test_a_name_that_is_no_utf_8_is_written_as_far_as_it_is(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    name = os.fsencode(source) + "/新闻.md".encode("gbk")
    Path(os.fsdecode(name)).write_bytes((SEEDS / "003_765698001f50274d.txt").read_bytes())
    done = crawl(tmp_path / "data", "seeds", f"path={source}")
    assert (done.code, done.balance) == (0, {"seen": 1, "stored": 1})
    (row,) = open_articles(done.data).to_table().to_pylist()
    assert row["origin"] == r"\xd0\xc2\xce\xc5.md"


def test_what_is_no_readable_file_is_named(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (source / "a.md").symlink_to(source / "gone.md")
    os.mkfifo(source / "b.md")
    (source / "c.md").write_bytes((SEEDS / "003_765698001f50274d.txt").read_bytes())
    done = crawl(tmp_path / "data", "seeds", f"path={source}")
    assert (done.code, done.balance) == (0, {"seen": 3, "stored": 1, "rejected": 2})
    assert [(line["slug"], line["origin"]) for line in done.rejections] == [
        ("unreadable_file", "a.md"),
        ("unreadable_file", "b.md"),
    ]


def test_a_terminal_without_chinese_is_no_error(tmp_path: Path) -> None:
    done = crawl(tmp_path, "seeds", "path=seeds", env={"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"})
    assert (done.code, done.balance) == (0, {"seen": 2, "stored": 2})
    with SinaSite(demo_catalog()) as site:
        env = {"PYTHONIOENCODING": "latin-1"}
        shown = crawl(tmp_path / "none", "sina_gov", "sample=1", "sections=1689", gateway=site.url, env=env)
    assert (shown.code, "internal" in shown.log) == (0, False)


def test_a_folder_with_nothing_to_read_is_exit_3(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    done = crawl(tmp_path / "data", "seeds", f"path={tmp_path / 'in'}")
    assert (done.code, done.balance) == (3, {})


def test_a_file_that_cannot_be_read_is_a_rejection_and_the_others_go_on(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (source / "1.md").write_bytes(b"\xff\xfe")
    (source / "2.html").write_bytes(b"<html><title>x</title></html>")
    (source / "3.md").write_bytes((SEEDS / "003_765698001f50274d.txt").read_bytes())
    done = crawl(tmp_path / "data", "seeds", f"path={source}")
    assert (done.code, done.balance) == (0, {"seen": 3, "stored": 1, "rejected": 2})
    assert [line["origin"] for line in done.rejections] == ["1.md", "2.html"]
