"""Two data folders compared field by field: every article counts once, as same, changed, added or lost."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govnews_spider.article import Article, Image
from govnews_spider.storage.errors import StorageError
from govnews_spider.storage.parquet import SCHEMA, ParquetWriter
from govnews_spider.verify.diff import COLUMNS, OF_THE_RUN, Change, Differences, OnlyInOne, differences
from govnews_spider.verify.diff.excerpts import excerpts, visible
from tests.support.damage import cut_in_half, flip_bit
from tests.support.data_folders import FIRST, day_file
from tests.support.rows import NOON, article, full, reprint, write_articles

LAYOUT = article().layout
CHANGES: dict[str, Any] = {
    "article_id": "sina:kztest7654321",
    "url": None,
    "title": "“一件事一次办”事项公布",
    "original_title": None,
    "published_at": NOON + timedelta(microseconds=1),
    "published_raw": "2021年11月25日12:00",
    "published_from": "list:ctime",
    "source": "江城日报",
    "author": "",
    "editor": "张一帆 SF002",
    "section": "地方经济",
    "categories": ["金融", "新浪财经"],
    "keywords": ["政务", "通办", "窗口"],
    "topics": ["政务服务", "跨省通办"],
    "regions": [],
    "headimg": "https://n.sinaimg.cn/a/2.jpg",
    "images": [Image(url="https://n.sinaimg.cn/a/1.jpg", caption="窗口"), Image(url="https://n.sinaimg.cn/a/2.jpg")],
    "body_html": "<p>三省市的窗口今起统一受理。</p>",
    "text": "三省市的窗口今起统一受理，群众不用再两地跑了。",
    "char_count": 7,
    "content_hash": "0" * 64,
    "kind": "gallery",
    "layout": "finance_2016",
    "provenance": {"title": "text:h1.main-title", "source": "text:.source"},
    "revision": 2,
    "duplicate_of": article(9).article_id,
    "similarity": 0.5,
    "schema_version": 2,
}


@pytest.fixture
def compared(tmp_path: Path) -> Any:
    def compare(old: Iterable[Article], new: Iterable[Article], examples: int = 3) -> Differences:
        return differences(
            write_articles(tmp_path / "old", old), write_articles(tmp_path / "new", new), examples=examples
        )

    return compare


def counts(found: Differences) -> tuple[int, int, int, int]:
    """Same, changed, added, lost."""
    return found.same.total(), found.changed.total(), found.added.total(), found.lost.total()


def changed(found: Differences) -> dict[str, int]:
    """Changed articles by field."""
    names: Counter[str] = Counter()
    for (name, _), count in found.fields.items():
        names[name] += count
    return dict(names)


def test_rows_that_differ_in_what_a_run_says_about_itself_are_the_same(compared: Any) -> None:
    later = {"run_id": "20260101T000000Z", "spider": "rebuild", "origin": "seeds/a.md", "fetched_at": None}
    assert {*later, "first_seen"} == OF_THE_RUN
    old = [full(1), reprint(2, of=1, duplicate_of=full(1).article_id, similarity=1.0), article(3, days=1)]
    found = compared(old, [replace(one, first_seen=NOON + timedelta(days=9), **later) for one in old])
    assert counts(found) == (3, 0, 0, 0)
    assert found.same == {LAYOUT: 3}
    assert (found.old_rows, found.new_rows, found.fields, found.examples) == (3, 3, Counter(), {})


def test_every_column_is_compared_but_those_of_the_run() -> None:
    assert {*CHANGES} | OF_THE_RUN == {*SCHEMA.names}


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "duplicate_of"])
def test_a_change_of_one_field_is_counted_for_it_alone_and_shown_as_it_was_and_is(name: str, compared: Any) -> None:
    old, new = full(1), replace(full(1), **{name: CHANGES[name]})
    found = compared([old, full(2)], [new, full(2)])
    assert counts(found) == (1, 1, 0, 0)
    assert found.fields == {(name, new.layout): 1}
    was, now = getattr(old, name), getattr(new, name)
    if name == "images":
        was, now = ([{"url": one.url, "caption": one.caption} for one in images] for images in (was, now))
    assert found.examples == {name: [Change(new.article_id, was, now)]}


def test_an_article_that_moves_to_the_reprints_has_changed_its_marks(compared: Any) -> None:
    found = compared([full(1)], [full(1, duplicate_of=article(9).article_id, similarity=0.5)])
    assert counts(found) == (0, 1, 0, 0)
    assert changed(found) == {"duplicate_of": 1, "similarity": 1}
    assert found.examples["similarity"] == [Change(full(1).article_id, None, 0.5)]


def test_an_article_that_moves_to_another_day_is_changed_and_neither_added_nor_lost(compared: Any) -> None:
    old = [full(number) for number in range(1, 6)]
    new = [
        *old[:3],
        replace(old[3], published_at=old[3].published_at - timedelta(days=40)),
        full(5, days=1, title="新题"),
    ]
    found = compared(old, new)
    assert counts(found) == (3, 2, 0, 0)
    assert changed(found) == {"published_at": 2, "title": 1, "content_hash": 1}
    assert found.examples["published_at"][0] == Change(old[3].article_id, old[3].published_at, new[3].published_at)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("source", None, ""),
        ("url", "", None),
        ("similarity", 0.0, None),
        ("keywords", [], [""]),
        ("keywords", ["ab", "c"], ["a", "bc"]),
        ("images", [], [Image(url="")]),
        ("images", [Image(url="a"), Image(url="b")], [Image(url="b"), Image(url="a")]),
        ("provenance", {}, {"title": ""}),
        ("provenance", {"title": "a", "text": "b"}, {"title": "b", "text": "a"}),
        ("text", "字", "字 "),
        ("title", "e\u0301", "\u00e9"),
        ("title", "a\x00b", "a\x00c"),
    ],
)  # fmt: skip
def test_nothing_that_differs_is_taken_for_the_same(name: str, old: Any, new: Any, compared: Any) -> None:
    others = [full(number) for number in range(2, 5)]
    found = compared([replace(full(1), **{name: old}), *others], [replace(full(1), **{name: new}), *others])
    assert counts(found) == (3, 1, 0, 0)
    assert changed(found) == {name: 1}


def test_the_order_of_provenance_says_nothing(compared: Any) -> None:
    old = full(1, provenance={"title": "text:h1", "source": "text:.source"})
    new = full(1, provenance={"source": "text:.source", "title": "text:h1"})
    assert counts(compared([old, article(2)], [new, article(2)])) == (2, 0, 0, 0)


def test_added_and_lost_articles_are_counted_by_layout_and_named(compared: Any) -> None:
    old = [full(1), article(2, layout="blk_2009"), article(3, days=2, layout="blk_2009")]
    found = compared(old, [full(1), full(4, days=5, layout="wap_sina_cn")])
    assert counts(found) == (1, 0, 1, 2)
    assert (found.added, found.lost) == ({"wap_sina_cn": 1}, {"blk_2009": 2})
    assert found.added_examples == [OnlyInOne(full(4).article_id, full(4).title, full(4).url)]
    assert found.lost_examples == [OnlyInOne(one.article_id, one.title, None) for one in old[1:]]
    assert (found.old_rows, found.new_rows) == (3, 2)


def test_a_changed_article_counts_under_its_layout_in_the_new_folder(compared: Any) -> None:
    found = compared([full(1, layout="blk_2009")], [full(1, layout="finance_2016", source="江城日报")])
    assert (found.same, found.changed) == ({}, {"finance_2016": 1})
    assert found.fields == {("layout", "finance_2016"): 1, ("source", "finance_2016"): 1}


def test_another_id_at_the_same_address_is_one_changed_article(compared: Any) -> None:
    old = [full(1, article_id="url:0123456789abcdef"), article(2, article_id="text:1"), full(3)]
    new = [full(1, days=1), article(2, article_id="text:2"), full(3)]
    found = compared(old, new)
    assert counts(found) == (1, 1, 1, 1), "without an address, another id is another article"
    assert found.examples["article_id"] == [Change(full(1).article_id, "url:0123456789abcdef", full(1).article_id)]
    assert changed(found) == {"article_id": 1, "published_at": 1}


def test_an_id_that_both_folders_have_is_never_paired_by_its_address(compared: Any) -> None:
    address = full(1).url
    found = compared([full(1)], [full(1), full(2, url=address)])
    assert counts(found) == (1, 0, 1, 0)
    assert changed(found) == {}


def test_of_several_articles_at_one_address_one_is_paired(compared: Any) -> None:
    old = [full(number, url="https://finance.sina.com.cn/") for number in (1, 2)]
    new = [full(number, url="https://finance.sina.com.cn/") for number in (3, 4, 5)]
    found = compared(old, new)
    assert counts(found) == (0, 1, 2, 1)
    assert found.examples["article_id"] == [Change(full(3).article_id, full(1).article_id, full(3).article_id)]


def test_a_folder_whose_days_have_no_rows_has_lost_or_adds_everything(tmp_path: Path) -> None:
    some, none = (
        write_articles(tmp_path / "some", [full(1), full(2, days=1)]),
        write_articles(tmp_path / "none", [full(3)]),
    )
    writer = ParquetWriter(none)
    writer.remove(date.fromisoformat(FIRST), [full(3).article_id])
    writer.flush()
    assert counts(differences(some, none)) == (0, 0, 0, 2)
    assert counts(differences(none, some)) == (0, 0, 2, 0)
    assert counts(differences(none, none)) == (0, 0, 0, 0)


def test_a_folder_without_day_files_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    data = write_articles(tmp_path / "data", [full(1)])
    (tmp_path / "bare" / "revisions").mkdir(parents=True)
    for one, other in ((data, tmp_path / "bare"), (tmp_path / "bare", data)):
        with pytest.raises(FileNotFoundError, match=r"no_articles: .*bare: there are no day files in it"):
            differences(one, other)
    with pytest.raises(FileNotFoundError, match=r"no_articles: .*gone: there is no such folder"):
        differences(data, tmp_path / "gone")


@pytest.mark.parametrize("side", ["old", "new"])
@pytest.mark.parametrize("damage", [flip_bit, cut_in_half])
def test_a_damaged_file_is_named(side: str, damage: Any, tmp_path: Path) -> None:
    for one in ("old", "new"):
        write_articles(tmp_path / one, [full(1), full(2, days=1)])
    damage(day_file(tmp_path / side, FIRST))
    with pytest.raises(StorageError, match=r"damaged_day_file: .*/" + side + "/articles/") as caught:
        differences(tmp_path / "old", tmp_path / "new")
    assert caught.value.breaks_data


def test_a_file_of_another_schema_is_named(tmp_path: Path) -> None:
    data = write_articles(tmp_path / "data", [full(1)])
    path = day_file(data, FIRST)
    pq.write_table(pa.table({"article_id": ["sina:1"], "revision": pa.array([1], pa.int32())}), path)
    with pytest.raises(StorageError, match="other_schema"):
        differences(data, data)


def test_of_two_rows_of_an_article_the_newest_is_compared(tmp_path: Path) -> None:
    """So a run that was killed between two renames leaves it: in its old day and its new one, or in both folders of a day."""
    moved, marked = full(1, days=2, revision=2), full(2, duplicate_of=full(3).article_id, similarity=0.9)
    whole = write_articles(tmp_path / "whole", [moved, marked, full(3)])
    torn = write_articles(tmp_path / "torn", [full(1), full(2), full(3)])
    write_articles(torn, [moved])
    kept = day_file(torn, FIRST).read_bytes()
    shutil.copytree(whole / "reprints", torn / "reprints")
    assert day_file(torn, FIRST).read_bytes() == kept
    for one, other in ((torn, whole), (whole, torn), (torn, torn)):
        found = differences(one, other)
        assert counts(found) == (3, 0, 0, 0)


def test_examples_are_the_first_by_day_whatever_the_order_of_writing(tmp_path: Path) -> None:
    numbers = range(1, 30)
    old = [full(number, days=number % 5) for number in numbers]
    new = [replace(one, source="江城日报") for one in old[:-4]] + [full(number + 60) for number in range(4)]
    one = differences(write_articles(tmp_path / "a", old), write_articles(tmp_path / "b", new), examples=4)
    other = differences(
        write_articles(tmp_path / "c", old[::-1]), write_articles(tmp_path / "d", new[::-1]), examples=4
    )
    expected = [full(number).article_id for number in (5, 10, 15, 20)]
    assert [change.article_id for change in one.examples["source"]] == expected
    assert replace(other, old=one.old, new=one.new) == one
    fewer = differences(one.old, one.new, examples=0)
    assert (fewer.examples["source"], fewer.added_examples, fewer.lost_examples) == ([], [], [])
    assert fewer.fields == one.fields


def test_thousands_of_articles_that_move_are_renamed_come_and_go_are_all_counted(compared: Any) -> None:
    old = [article(number, days=number % 3, url=f"https://finance.sina.com.cn/{number}") for number in range(6000)]
    new = [replace(one) for one in old]
    for one in new[:1500]:
        one.published_at += timedelta(days=1)
    for one in new[1500:3000]:
        one.article_id += "x"
    for one in new[3000:3100]:
        one.keywords = ["窗口"]
    fresh = [article(number) for number in range(6000, 7200)]
    found = compared(old, [*new[:-1100], *fresh])
    assert counts(found) == (6000 - 3100 - 1100, 3100, 1200, 1100)
    assert changed(found) == {"published_at": 1500, "article_id": 1500, "keywords": 100}


FIELDS = st.fixed_dictionaries(
    {
        "days": st.integers(0, 1),
        "url": st.sampled_from([None, "https://finance.sina.com.cn/1", "https://finance.sina.com.cn/2"]),
        "keywords": st.lists(st.sampled_from(["", "政务"]), max_size=2),
        "provenance": st.dictionaries(st.sampled_from(["title", "text"]), st.sampled_from(["a", "b"])),
        "similarity": st.sampled_from([None, 0.5]),
        "layout": st.sampled_from(["blk_2009", "finance_2016"]),
    }
)


@settings(max_examples=25, deadline=None)
@given(old=st.dictionaries(st.integers(1, 4), FIELDS, min_size=1), new=st.dictionaries(st.integers(1, 4), FIELDS, min_size=1))  # fmt: skip
def test_counts_are_those_of_a_plain_comparison_of_dictionaries(old: dict[int, Any], new: dict[int, Any]) -> None:
    sides = [{number: article(number, **fields) for number, fields in side.items()} for side in (old, new)]
    with TemporaryDirectory() as place:
        found = differences(*(write_articles(Path(place, str(n)), side.values()) for n, side in enumerate(sides)))
    before, after = sides
    both = before.keys() & after.keys()
    lone = [{one.url for number, one in side.items() if number not in both and one.url} for side in sides]
    renamed = len(lone[0] & lone[1])
    unequal = {number: [name for name in COLUMNS if getattr(before[number], name) != getattr(after[number], name)] for number in both}  # fmt: skip
    equal = sum(not names for names in unequal.values())
    assert counts(found) == (
        equal, len(both) - equal + renamed, len(after) - len(both) - renamed, len(before) - len(both) - renamed
    )  # fmt: skip
    if not renamed:
        named = Counter((name, after[number].layout) for number, names in unequal.items() for name in names)
        assert found.fields == named


# What is shown of two values.


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        (None, "", ("null", '""')),
        (1, 2, ("1", "2")),
        (0.5, None, ("0.5", "null")),
        ("null", None, ('"null"', "null")),
        ([], ["窗口"], ("[]", '["窗口"]')),
        (NOON, NOON, ("2021-11-25 12:00:00.123456+08:00",) * 2),
        ([{"url": "a", "caption": ""}], [], ('[{url: "a", caption: ""}]', "[]")),
        ({"title": "h1", "text": "a"}, {"text": "b", "title": "h1"}, ('{text: "a"}', '{text: "b"}')),
        ({"title": "h1", "text": "a"}, {"title": "h1"}, ('{text: "a"}', "{}")),
        ("一\n二\t\\n", "　二", ('"一\\n二\\t\\\\n"', '"\\u3000二"')),
    ],
)
def test_short_values_are_shown_whole(old: Any, new: Any, shown: tuple[str, str]) -> None:
    assert excerpts(old, new) == (*shown, "")


def test_of_a_long_text_the_neighbourhood_of_the_first_difference_is_shown_and_where_it_is() -> None:
    head, tail = "前" * 1233, "后" * 500
    old, new, place = excerpts(f"{head}甲{tail}", f"{head}乙{tail}")
    assert place == "character 1,234"
    assert old == f"…{'前' * 12}甲{'后' * 31}…"
    assert new == f"…{'前' * 12}乙{'后' * 31}…"


def test_a_text_that_goes_on_is_shown_at_its_end() -> None:
    old, new, place = excerpts("字" * 100, "字" * 100 + "尾")
    assert (old, new, place) == (f'…{"字" * 12}"', f'…{"字" * 12}尾"', "character 101")


def test_of_a_long_list_the_first_item_that_differs_is_named() -> None:
    words = [f"关键词{number}" for number in range(40)]
    old, new, place = excerpts(words, [*words[:20], *words[21:]])
    assert place == "item 21"
    assert '"关键词20"' in old
    assert '"关键词20"' not in new


def test_a_long_value_in_the_place_of_none_is_shown_from_its_beginning() -> None:
    old, new, place = excerpts(None, "长" * 300)
    assert (old, place) == ("null", "")
    assert new.startswith('"长长')


@pytest.mark.parametrize(
    "sign", ["\x00", "\x1b", "\x7f", "\x9b", "\u202e", "\u200b", "\u2028", "\ud800", "\U000e0100", "\u0301"]
)
def test_signs_that_a_terminal_obeys_or_does_not_show_are_escaped(sign: str) -> None:
    shown = visible(f"字{sign}字")
    assert sign not in shown
    assert shown.startswith("字\\")
    assert int(shown[3:-1], 16) == ord(sign)


@given(old=st.text(), new=st.text(), around=st.text(min_size=60))
@settings(max_examples=50)
def test_two_texts_that_differ_are_never_shown_alike(old: str, new: str, around: str) -> None:
    one, other, _ = excerpts(around + old + around, around + new + around)
    assert (one == other) is (old == new)
