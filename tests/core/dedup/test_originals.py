"""Original of a reprint: the earliest text that it goes back to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from govnews_spider.core.dedup.originals import originals_of


def both(*pairs: str) -> dict[str, list[str]]:
    """Letters that are alike, given as ``ab``, from either side."""
    alike: dict[str, list[str]] = {letter: [] for letter in "abcd"}
    for one, other in pairs:
        alike[one].append(other)
        alike[other].append(one)
    return alike


def back(order: str, *pairs: str, siblings: str = "") -> dict[str, str]:
    return originals_of(order, both(*pairs), lambda one, other: {one, other} == set(siblings) and one != other)


def test_a_text_goes_back_to_what_was_published_before_it() -> None:
    assert back("ab", "ab") == {"a": "a", "b": "a"}
    assert back("ba", "ab") == {"a": "b", "b": "b"}


def test_a_chain_ends_at_its_first_text() -> None:
    assert back("abc", "ab", "bc") == {"a": "a", "b": "a", "c": "a"}


def test_a_text_that_holds_two_others_joins_none_that_came_before_it() -> None:
    assert back("acb", "ab", "bc") == {"a": "a", "b": "a", "c": "c"}


def test_siblings_are_not_joined_by_what_both_could_be_cut_down_to() -> None:
    assert back("abc", "ab", "bc", siblings="ac") == {"a": "a", "b": "a", "c": "c"}
    assert back("abcd", "ab", "bc", "cd", siblings="ac")["d"] == "c"


def test_a_text_that_is_not_there_any_more_leads_nowhere() -> None:
    assert back("ac", "ab", "bc") == {"a": "a", "c": "c"}


@given(st.sets(st.sampled_from(["ab", "ac", "ad", "bc", "bd", "cd"])), st.permutations("abcd"))
def test_what_a_text_goes_back_to_goes_back_to_nothing_and_is_no_later(pairs: set[str], order: list[str]) -> None:
    found = back("".join(order), *sorted(pairs))
    for text, root in found.items():
        assert found[root] == root
        assert order.index(root) <= order.index(text)
    assert back("".join(order), *sorted(pairs, reverse=True)) == found
