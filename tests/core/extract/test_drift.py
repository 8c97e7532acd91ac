"""Signs of a changed template, and pages that belong together."""

from __future__ import annotations

from typing import Any

from govnews_spider.core.extract.drift import WATCHED, fallbacks
from govnews_spider.html.locators import Layout, name_of
from govnews_spider.sina.layouts import LAYOUTS


def test_a_fallback_locator_is_named_and_a_first_one_is_not(article: Any) -> None:
    first = {"title": "text:h1.main-title", "source": "text:.date-source .source"}
    assert fallbacks(article(layout="news_2018_article", provenance=first)) == []
    meta = first | {"source": "meta:mediaid"}
    assert fallbacks(article(layout="news_2018_article", provenance=meta)) == ["news_2018_article.source: meta:mediaid"]


def test_a_document_has_no_fallbacks(article: Any) -> None:
    assert fallbacks(article(layout="document_2021_10", provenance={"title": "document:title"})) == []


def test_every_watched_field_is_one_of_the_layouts() -> None:
    assert all(hasattr(layout, name) for layout in LAYOUTS for name in WATCHED.values())
    assert all(name_of(layout.title[0]) for layout in LAYOUTS if isinstance(layout, Layout))
