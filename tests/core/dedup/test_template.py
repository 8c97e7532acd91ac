"""Templates of texts: slots, and the values in them."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from govnews_spider.core.dedup.fingerprint import letters, normalized_text
from govnews_spider.core.dedup.template import Contents, compare, contents


def read(text: str) -> Contents:
    return contents(normalized_text(text))


def values(text: str) -> list[list[str]]:
    """Dates, figures and places, each class sorted."""
    return [sorted(value for counter in slots.values() for value in counter.elements()) for slots in read(text).slots]


def test_dates_figures_and_places_are_told_apart() -> None:
    assert values("青岛市3月18日通报，全市新增贷款1,204.5亿元，惠及三千余户企业") == [
        ["18", "3"],
        ["1204.5", "三千"],
        ["370200"],
    ]


def test_a_place_is_the_same_however_it_is_spelt() -> None:
    one, other = read("记者在青岛市采访时获悉"), read("记者在青岛采访时获悉")
    assert compare(one.slots[2], other.slots[2]) == (1, 0)


def test_only_what_stands_between_the_same_words_is_compared() -> None:
    one, other = read("全年增长8.1%，高于预期目标"), read("出口下降8.4%，全年增长7.9%，高于上年")
    assert compare(one.slots[1], other.slots[1]) == (0, 1)


def test_a_slot_that_a_cut_text_has_less_often_is_no_difference() -> None:
    one = read("粮食同比增长2.1%，蔬菜同比增长3.4%，水产同比增长5.6%")
    other = read("蔬菜同比增长3.4%，水产同比增长5.6%")
    assert compare(one.slots[1], other.slots[1]) == (2, 0)


def test_a_slot_ends_with_its_line() -> None:
    """Else the order of the paragraphs would count."""
    one, other = read("企业反响很好\n12项措施即日起施行"), read("12项措施即日起施行\n企业反响很好")
    assert one.slots == other.slots
    assert one.slots[1]


def test_what_has_too_few_letters_around_is_no_slot() -> None:
    assert values("12\n34，56") == [[], [], []]


def test_the_frame_is_the_same_whatever_stands_in_it() -> None:
    assert read("合肥市11月3日新增9例").frame == read("芜湖市12月24日新增118例").frame


def test_figures_of_a_text_are_counted_wherever_they_stand() -> None:
    found = read("第三季度完成投资36亿元，其中技改投资12亿元，同比多完成12亿元").figures()
    assert found == Counter({"三": 1, "36": 1, "12": 2})


@given(st.text(alphabet="0123456789一二三万.,:年月日第周京沪北上海市\n\t 增长亿元", max_size=200))
@settings(max_examples=100)
def test_any_text_is_taken_apart_without_loss_of_its_other_words(text: str) -> None:
    frame = contents(normalized_text(text)).frame
    kept = Counter(letters(normalized_text(text)))
    assert all(kept[letter] >= count for letter, count in Counter(frame).items() if letter not in "0PL")


@given(
    st.text(alphabet="增长约0123456789.亿元，日月", max_size=120),
    st.text(alphabet="增长约0123456789.亿元，日月", max_size=120),
)
@settings(max_examples=60)
def test_comparing_does_not_depend_on_which_is_first(first: str, second: str) -> None:
    for one, other in zip(read(first).slots, read(second).slots, strict=True):
        assert compare(one, other) == compare(other, one)
        assert compare(one, one)[1] == 0
