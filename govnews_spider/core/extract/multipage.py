"""The pages of one article -> one article."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from govnews_spider.article import Article


def join(pages: Sequence[Article]) -> Article:
    """The first page's article with the bodies of all pages, in order; ``provenance["pages"]`` says how many there were."""
    first = pages[0]
    if len(pages) == 1:
        return first
    return replace(
        first,
        body_html="\n".join(page.body_html for page in pages),
        editor=next((page.editor for page in pages if page.editor), None),
        provenance=first.provenance | {"pages": str(len(pages))},
    )
