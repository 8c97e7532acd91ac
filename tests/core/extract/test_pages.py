"""Each page in ``tests/pages/<layout>/`` is read by that layout, field by field; the expected values obey the invariants themselves.

The file beside ``<case>.html`` is ``<case>.json``: the address it was asked for and the expected fields (pictures as pairs of URL and caption).
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from govnews_spider.article import Article
from govnews_spider.commands.savepage import golden_problems
from govnews_spider.core import extract
from govnews_spider.core.extract.reading import read_page
from govnews_spider.core.stages.clean import clean
from govnews_spider.html.locators import Fragment
from govnews_spider.sina.layouts import LAYOUTS

PAGES = Path(__file__).parents[2] / "pages"
CASES = sorted(path.relative_to(PAGES).with_suffix("").as_posix() for path in PAGES.glob("*/*.html"))


@cache
def golden(case: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((PAGES / f"{case}.json").read_text("utf-8"))
    return loaded


@cache
def read(case: str) -> Article:
    return extract((PAGES / f"{case}.html").read_bytes(), url=golden(case)["url"])


@pytest.mark.parametrize(("case", "field"), [(case, field) for case in CASES for field in golden(case)["expected"]])
def test_field(case: str, field: str) -> None:
    """One field of one page."""
    got, want = getattr(read(case), field), golden(case)["expected"][field]
    if field == "images":
        got = [[image.url, image.caption] for image in got]
    if field == "published_at":
        want = datetime.fromisoformat(want)
    assert got == want


@pytest.mark.parametrize("case", CASES)
def test_page_is_read_by_the_layout_of_its_folder(case: str) -> None:
    assert read(case).layout == case.split("/")[0]


@pytest.mark.parametrize("case", CASES)
def test_golden_obeys_the_invariants(case: str) -> None:
    """A golden may not freeze a bug: no U+FFFD, no site suffix, no empty value, no editor as author, no time without a zone."""
    expected = golden(case)["expected"]
    assert golden_problems(expected) == []
    assert datetime.fromisoformat(expected["published_at"]).tzinfo is not None
    assert {"title", "published_at", "source", "author", "editor", "keywords", "images", "text"} <= expected.keys()


@pytest.mark.parametrize("case", CASES)
def test_a_body_is_read_alike_off_the_page_and_off_its_html(case: str) -> None:
    """The page is parsed once; who has only the HTML of a body, parsed anew, has the same article."""
    article = read_page((PAGES / f"{case}.html").read_bytes(), url=golden(case)["url"])
    parsed_anew = replace(article, body_html="".join([article.body_html]))
    assert isinstance(article.body_html, Fragment) is (case.split("/")[0] != "slide_album")
    assert clean(article) == clean(parsed_anew)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_each_layout_has_a_page(layout: Any) -> None:
    assert any(case.startswith(f"{layout.name}/") for case in CASES), f"no page in tests/pages/{layout.name}/"


@pytest.mark.parametrize("folder", sorted(path.name for path in PAGES.iterdir()))
def test_each_folder_names_a_layout(folder: str) -> None:
    assert folder in {layout.name for layout in LAYOUTS}
