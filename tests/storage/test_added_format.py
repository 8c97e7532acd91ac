"""Output formats added by CONTRIBUTING's recipe: written by crawl, rebuild and repair, checked by verify."""

from __future__ import annotations

import json
import re
from pathlib import Path
from textwrap import dedent

import pytest

from govnews_spider.storage import writers as formats
from govnews_spider.verify.audit import audit
from govnews_spider.verify.repair import repair
from tests.support.crawls import ROOT, crawl
from tests.support.data_folders import valid_article
from tests.support.rebuilds import rebuild
from tests.support.rows import store

TEXT = "财政部发布通知，要求各地在年底前完成专项债券的发行与使用，并对项目的进度按月报告，" * 9


def recipe() -> str:
    """The code of the recipe, as CONTRIBUTING has it."""
    section = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## An output format")[2]
    code = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert code is not None
    return dedent(code[1])


@pytest.fixture
def json_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """The recipe's class, under the recipe's line of ``WRITERS``."""
    names: dict[str, object] = {}
    exec(recipe(), names)
    kinds = [
        kind
        for name, kind in names.items()
        if name.endswith("Writer") and getattr(kind, "__module__", "") == "builtins"
    ]
    assert len(kinds) == 1
    monkeypatch.setitem(formats.WRITERS, "json_lines", kinds[0])


def lines(path: Path) -> list[str]:
    return [json.loads(line)["article_id"] for line in path.read_text("utf-8").splitlines()]


def slugs(data: Path) -> dict[str, int]:
    return dict(audit(data).broken)


@pytest.fixture
def data(json_lines: None, tmp_path: Path) -> Path:
    store(
        tmp_path, valid_article(1), valid_article(2, text=TEXT), valid_article(3, text=TEXT), valid_article(4, days=1)
    )
    return tmp_path


def test_it_is_written_by_day_with_articles_and_reprints(data: Path) -> None:
    files = sorted((data / "lines").rglob("*.jsonl"))
    assert [path.name for path in files] == ["2021-11-25.jsonl", "2021-11-26.jsonl"]
    assert [key[-1] for key in lines(files[0])] == ["1", "2", "3"]
    assert slugs(data) == {}
    assert audit(data).looked["outputs"] == 2


def test_it_follows_an_article_that_moves_to_another_day(data: Path) -> None:
    store(data, valid_article(4, days=2))
    names = [path.name for path in sorted((data / "lines").rglob("*.jsonl"))]
    assert names == ["2021-11-25.jsonl", "2021-11-27.jsonl"]
    assert slugs(data) == {}


@pytest.mark.parametrize("damage", ["missing", "differs", "without_row"])
def test_verify_names_it_and_repair_mends_it(data: Path, damage: str) -> None:
    path = data / "lines" / "2021" / "2021-11-25.jsonl"
    before = path.read_bytes()
    stray = path.with_name("2020-01-01.jsonl")
    if damage == "missing":
        path.unlink()
    elif damage == "differs":
        path.write_bytes(before[:-9])
    else:
        stray.write_bytes(before)
    assert slugs(data) == {f"output_{damage}": 1}
    assert any("output" in line for line in repair(data))
    assert path.read_bytes() == before
    assert not stray.exists()
    assert slugs(data) == {}


def test_a_crawl_writes_it_and_a_rebuild_writes_it_to_the_byte(tmp_path: Path) -> None:
    code = f"{recipe()}\nimport govnews_spider.storage.writers as formats\nformats.WRITERS['json_lines'] = JsonLinesWriter\n"
    (tmp_path / "sitecustomize.py").write_text(code, "utf-8")
    env = {"PYTHONPATH": str(tmp_path)}
    live = crawl(tmp_path / "live", "sina_gov", env=env, GOVNEWS_REPLAY=ROOT / "examples" / "demo.warc.gz")
    assert live.code == 0, live.log
    written = {path.name: path.read_bytes() for path in (live.data / "lines").rglob("*.jsonl")}
    assert len(written) > 5
    made = rebuild(ROOT / "examples" / "demo.warc.gz", tmp_path / "made", env=env)
    assert made.code == 0, made.log
    again = {path.name: path.read_bytes() for path in (made.data / "lines").rglob("*.jsonl")}
    assert {name: len(text.splitlines()) for name, text in again.items()} == {
        name: len(text.splitlines()) for name, text in written.items()
    }
    assert sorted(map(stable, again.values())) == sorted(map(stable, written.values()))


def stable(text: bytes) -> list[tuple[str, str]]:
    """Id and title of each row: what does not depend on the run."""
    return [(row["article_id"], row["title"]) for row in map(json.loads, text.splitlines())]
