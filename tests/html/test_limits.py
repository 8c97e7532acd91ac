"""Limits of a page: the number of its tags, their nesting, and the length of a body; each holds up to its bound and not beyond."""

from __future__ import annotations

import pytest

from govnews_spider.article import Rejected
from govnews_spider.html.limits import DEEPEST, FEW_TAGS, LARGEST_BODY, MOST_TAGS, check_body, check_nesting

MANY = b"<br>" * FEW_TAGS
"""Tags without content, so that the nesting of the others is looked at."""


def slug_of(html: bytes) -> str | None:
    """The slug of the rejection; None where the page is within the limits."""
    try:
        check_nesting(html, "a.html")
    except Rejected as rejected:
        return rejected.slug
    return None


@pytest.mark.parametrize(
    ("html", "slug"),
    [
        (b"<div>" * DEEPEST, None),
        (b"<div>" * (DEEPEST + 1), "too_deep"),
        (b"<Div>" * DEEPEST + b"<dIV>", "too_deep"),
        (b"<div>" * DEEPEST + b"<span>" * DEEPEST, None),
        (b"<div></div>" * (DEEPEST + 1), None),
        (b"<div>" * DEEPEST + b"</div><div>" * 9, None),
        (b"</div>" * 9 + b"<div>" * (DEEPEST + 1), "too_deep"),
        (b"<div class=a\n>" * (DEEPEST + 1), "too_deep"),
        (b"<divider>" * (DEEPEST + 1), None),
        (b"<p>" * (DEEPEST + 1), None),
    ],
    ids=[
        "the limit",
        "one more",
        "in capitals",
        "two names",
        "side by side",
        "closed and opened again",
        "behind tags that close nothing",
        "with attributes",
        "another name",
        "an element that does not nest",
    ],
)
def test_elements_of_one_name_nest_as_deep_as_the_limit(html: bytes, slug: str | None) -> None:
    assert slug_of(MANY + html) == slug


def test_a_page_of_few_tags_is_not_looked_at() -> None:
    assert slug_of(b"<div>" * (FEW_TAGS - 1)) is None
    assert slug_of(b"<div>" * FEW_TAGS) == "too_deep"


def test_a_page_has_as_many_tags_as_the_limit() -> None:
    assert slug_of(b"<br>" * MOST_TAGS) is None
    assert slug_of(b"<br>" * (MOST_TAGS + 1)) == "too_large"


def test_a_body_is_as_long_as_the_limit() -> None:
    check_body("税" * LARGEST_BODY, "a.html")
    with pytest.raises(Rejected, match=r"a\.html: a body of 300,001 characters") as caught:
        check_body("税" * (LARGEST_BODY + 1), "a.html")
    assert caught.value.slug == "too_large"


def test_a_page_without_an_address_is_called_a_page() -> None:
    for check in (
        lambda: check_nesting(b"<br>" * (MOST_TAGS + 1), ""),
        lambda: check_body("税" * (LARGEST_BODY + 1), ""),
    ):
        with pytest.raises(Rejected, match="page: "):
            check()
