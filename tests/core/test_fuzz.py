"""Damaged pages give articles that keep every invariant, or are rejected; `make fuzz` does the same a hundred thousand times."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from benchmarks.fuzz import check as checking
from benchmarks.fuzz import workers
from benchmarks.fuzz.check import Outcome, check, damaged, own_pages
from benchmarks.fuzz.invariants import broken, broken_rejection
from benchmarks.fuzz.mutations import Draft
from govnews_spider.article import Article, Image, Rejected
from govnews_spider.core import extract

PAGES = own_pages()
GENEROUS = 5.0
"""Seconds; what a page may take is measured by `make fuzz`, not here, where other tests run beside it."""


@pytest.mark.parametrize("start", range(1, 401, 50))
def test_a_damaged_page_gives_a_sound_article_or_is_rejected(start: int) -> None:
    """Fifty seeds; a failure names them: `python -m benchmarks.fuzz` has the same pages, and real ones where it finds them."""
    found = [check(seed, PAGES, GENEROUS) for seed in range(start, start + 50)]
    assert [outcome for outcome in found if outcome.failures] == []


def test_the_damage_leaves_something_to_read() -> None:
    """Most damaged pages still give an article: the invariants are tried on something."""
    verdicts = [check(seed, PAGES, GENEROUS).verdict for seed in range(50)]
    assert verdicts.count("article") > 25
    assert len(set(verdicts)) > 3


def test_a_seed_gives_the_same_page_each_time() -> None:
    assert [damaged(seed, PAGES) for seed in range(20)] == [damaged(seed, PAGES) for seed in range(20)]


@pytest.fixture(scope="module")
def sound() -> Article:
    page = next(page for page in PAGES if "/2021-11-25/" in page.url)
    return extract(page.text.encode(), url=page.url)


def test_an_undamaged_article_breaks_no_invariant(sound: Article) -> None:
    assert broken(sound) == []


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"article_id": "sina:../../etc"}, "article_id"),
        ({"url": "http://news.sina.com.cn/a?utm_source=b"}, "url"),
        ({"title": "两部门 \x00延长"}, "title"),
        ({"title": "两部门\ufffd延长"}, "title"),
        ({"published_at": datetime(2021, 11, 25, 9, 12)}, "published_at"),  # noqa: DTZ001  # a naive time is the fault
        ({"author": "郑一鸣"}, "author"),
        ({"keywords": ["武汉", "武汉"]}, "keywords"),
        ({"text": "第一行\n\n第三行", "char_count": 8}, "text"),
        ({"text": "第一行\n 第二行", "char_count": 8}, "text"),
        ({"char_count": 3}, "char_count"),
        ({"images": [Image(url="http://n.sinaimg.cn/a.jpg")]}, "images"),
        ({"images": [], "headimg": "https://n.sinaimg.cn/a.jpg"}, "headimg"),
        ({"body_html": "<p onclick=x>一</p><script>二</script>"}, "body_html"),
        ({"kind": "podcast"}, "kind"),
        ({"provenance": {}}, "provenance"),
        ({"topics": []}, "fixed_point"),
    ],
)
def test_a_broken_invariant_is_found_out(sound: Article, fields: dict[str, Any], fault: str) -> None:
    assert fault in [found.split(":")[0] for found in broken(replace(sound, **fields))]


@pytest.mark.parametrize(
    "rejected", [Rejected("No Slug", "a page"), Rejected("bad_time", ""), Rejected("bad_time", "x" * 9_999)]
)
def test_a_rejection_that_cannot_be_counted_or_read_is_found_out(rejected: Rejected) -> None:
    assert len(broken_rejection(rejected)) == 1


def test_a_page_over_its_time_and_one_that_raises_are_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    def boom(*_: object, **__: object) -> Article:
        raise RecursionError("too deep")

    assert check(1, PAGES, limit=1e-9).failures[-1].startswith("slow: ")
    monkeypatch.setattr(checking, "extract", boom)
    assert check(1, PAGES, GENEROUS).verdict == "exception"


def test_a_process_that_dies_costs_only_the_page_that_it_was_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def deadly(seed: int, pages: list[Draft], limit: float) -> Outcome:
        if seed in (3, 6):
            os._exit(1)
        return check(seed, pages, limit)

    monkeypatch.setattr(workers, "check", deadly)
    found = {outcome.seed: outcome.verdict for outcome in workers.outcomes(range(1, 9), PAGES, GENEROUS)}
    assert sorted(found) == list(range(1, 9))
    assert [seed for seed, verdict in found.items() if verdict == "crash"] in ([3, 6], [6, 3])
