"""Posts: written anew from their rows, or set aside where there is no row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

from govnews_spider.article import Article
from govnews_spider.storage.posts import FrontMatterWriter
from govnews_spider.verify.audit.files import scan
from govnews_spider.verify.audit.inventory import Inventory
from govnews_spider.verify.repair.rows import set_aside


def mend(inventory: Inventory) -> Iterator[str]:
    """Lists all rows, and mends the posts that do not fit them."""
    writer = FrontMatterWriter(inventory.data)
    done: Counter[str] = Counter()
    for day, group in groupby(_broken(inventory, done), attrgetter("day")):
        articles = list(group)
        writer.write(day, articles)
        writer.flush()
        done["written"] += len(articles)
    if done["written"]:
        yield f"{done['written']} posts are written anew from their rows"
    if done["aside"]:
        yield f"{done['aside']} posts without a row are now in damaged/posts/"


def _broken(inventory: Inventory, done: Counter[str]) -> Iterator[Article]:
    """The articles whose posts are to be written; sets those aside that have none."""
    for finding in scan(inventory):
        if finding.slug == "post_without_row":
            set_aside(inventory.data, finding.place)
            done["aside"] += 1
        elif finding.article is not None:
            yield finding.article
