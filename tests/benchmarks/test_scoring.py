"""Scores of extractors: the values that count as right, and the differences that do not count."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.pages import FIXTURES, load
from benchmarks.scoring import FIELDS, Gold, Record, body_f1, wrong_fields
from govnews_spider.article import SHANGHAI

TEXT = "赣州市政务服务中心昨日启用新窗口。\n记者 陈晓 摄影报道\n企业开办时间压缩到半天，群众少跑三趟。"
GOLD = Gold(
    title="赣州：企业开办半天办结",
    published_at=datetime(2021, 11, 25, 19, 11, tzinfo=SHANGHAI),
    source="赣南日报",
    editor="李文 SN012",
    keywords=("政务服务", "赣州"),
    images=("https://n.sinaimg.cn/news/20211125/window.jpg",),
    text=TEXT,
    optional=("记者 陈晓 摄影报道",),
    excluded=("扫描二维码关注本站", "分享"),
)
RIGHT = Record(
    title="赣州：企业开办半天办结",
    published_at=datetime(2021, 11, 25, 11, 11, 45, tzinfo=UTC),
    source="赣南日报",
    editor="李文SN012",
    author="陈晓",
    keywords=["赣州", "政务服务"],
    images=["https://n.sinaimg.cn/news/20211125/window.jpg"],
    text=TEXT,
)


def test_a_record_that_says_what_the_page_says_is_right_in_every_field() -> None:
    assert wrong_fields(RIGHT, GOLD) == []


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"title": "赣州：企业开办半天办结_新浪网"}, ["title"]),
        ({"title": None}, ["title"]),
        ({"published_at": datetime(2021, 11, 25, 11, 12, tzinfo=UTC)}, ["time"]),
        ({"published_at": datetime(2021, 11, 25)}, ["time"]),  # noqa: DTZ001 - a day, as some extractors give it
        ({"published_at": None}, ["time"]),
        ({"source": "新浪财经"}, ["source"]),
        ({"editor": None}, ["editor"]),
        ({"author": "李文"}, ["author"]),
        ({"keywords": ["赣州"]}, ["keywords"]),
        ({"images": []}, ["images"]),
        ({"images": [*GOLD.images, "https://n.sinaimg.cn/logo.png"]}, ["images"]),
        ({"text": TEXT[:-9]}, ["text"]),
        ({"text": TEXT + "\n扫描二维码，关注 本站"}, ["text"]),
        ({"text": TEXT.replace("\n", "\n扫描二维码\n关注本站")}, ["text", "no junk"]),
    ],
)
def test_a_wrong_value_is_counted_against_its_own_field(change: dict[str, Any], wrong: list[str]) -> None:
    assert wrong_fields(replace(RIGHT, **change), GOLD) == wrong


@pytest.mark.parametrize(
    "change",
    [
        {"title": " 赣州：\u3000企业开办半天办结"},
        {"published_at": datetime(2021, 11, 25, 19, 11)},  # noqa: DTZ001 - a time without a zone is Sina's
        {"images": ["//n.sinaimg.cn/news/20211125/window.jpg"]},
        {"images": ["http://n.sinaimg.cn/news/20211125/window.jpg"]},
        {"text": TEXT.replace("记者 陈晓 摄影报道\n", "")},
        {"text": TEXT.replace("\n", "\n\n\u3000\u3000")},
        {"text": TEXT + "分享"},
    ],
)
def test_what_extractors_may_do_differently_is_no_fault(change: dict[str, Any]) -> None:
    """White space, optional lines, a missing zone or scheme, and junk too short to be told from text."""
    long = replace(GOLD, text=GOLD.text + "长" * 900)
    got = replace(RIGHT, **change)
    assert wrong_fields(replace(got, text=(got.text or "") + "长" * 900), long) == []


def test_any_source_is_right_where_the_page_names_none() -> None:
    assert wrong_fields(replace(RIGHT, source="finance.sina.com.cn"), replace(GOLD, source=None)) == []


def test_a_record_without_anything_has_every_field_wrong_that_the_page_has() -> None:
    assert wrong_fields(Record(), GOLD) == [field for field in FIELDS if field not in ("author", "no junk")]


def test_half_of_the_text_without_a_wrong_sign_scores_two_thirds() -> None:
    """Precision 1 and recall a half."""
    signs = "".join(chr(0x4E00 + number) for number in range(203))
    assert body_f1(signs[:103], signs) == pytest.approx(2 / 3)


@given(st.text(), st.text())
@settings(max_examples=50)
def test_body_f1_lies_between_0_and_1_and_is_the_same_both_ways(one: str, other: str) -> None:
    score = body_f1(one, other)
    assert 0 <= score <= 1
    assert score == pytest.approx(body_f1(other, one))
    assert body_f1(one, one) == 1


def test_nothing_is_right_for_a_page_without_text_and_wrong_for_any_other() -> None:
    assert body_f1("", "") == 1
    assert body_f1("", TEXT) == 0
    assert body_f1(TEXT, "") == 0


def test_the_fixtures_are_measured_where_no_real_pages_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr("benchmarks.pages.REAL", tmp_path / "absent")
    what, pages = load()
    assert "fixtures" in what
    assert len({page.name for page in pages}) == len(list(FIXTURES.glob("*/*.html")))
    assert all(page.gold.title in page.text for page in pages)
