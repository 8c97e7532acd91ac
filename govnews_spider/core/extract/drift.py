"""Signs that a template has changed: pages that no layout reads, fields that only a fallback locator finds."""

from __future__ import annotations

from typing import Final

from govnews_spider.article import Article
from govnews_spider.html.locators import Layout, name_of
from govnews_spider.sina.layouts import LAYOUTS

DRIFT_SLUGS: Final = frozenset({"unknown_layout", "no_title", "no_time", "no_body", "bad_time"})
"""Rejections that an article of a known template does not get."""
WATCHED: Final = {"title": "title", "published_at": "published_at", "source": "source", "body_html": "body"}
"""Field of the record -> field of the layout."""

_BY_NAME: Final[dict[str, Layout]] = {layout.name: layout for layout in LAYOUTS}


def fallbacks(article: Article) -> list[str]:
    """``<layout>.<field>: <locator>`` for each watched field that another than the layout's first locator gave.

    ``article`` as it was read from a page, before any stage; a document has none.
    """
    layout = _BY_NAME.get(article.layout)
    if layout is None:
        return []
    found = []
    for field, name in WATCHED.items():
        locators = getattr(layout, name)
        given = article.provenance.get(field)
        if given is not None and given != name_of(locators[0]):
            found.append(f"{layout.name}.{field}: {given}")
    return found
