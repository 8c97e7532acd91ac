"""Checks of the files, one day in memory at a time: day files, their rows, and the posts that belong to them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from govnews_spider.article import KINDS, SCHEMA_VERSION, Article, Rejected
from govnews_spider.core.documents.front_matter import STYLES, dumps
from govnews_spider.core.stages.normalize import content_hash
from govnews_spider.storage.errors import StorageError
from govnews_spider.storage.parquet import day_file_path, from_row, read_day
from govnews_spider.storage.posts import post
from govnews_spider.verify.audit.findings import Finding
from govnews_spider.verify.audit.inventory import Inventory, day_named

_UNREADABLE: Final = ("damaged_day_file", "other_schema")
_ON_THEIR_WAY: Final = """
    SELECT DISTINCT article_id, day FROM rows WHERE article_id IN (SELECT article_id FROM rows WHERE folder = 'outbox')
"""
"""Articles that wait, and every day under which one may have a post, of before or of after."""


def scan(inventory: Inventory) -> Iterator[Finding]:
    """Reads every file, lists its rows in ``inventory``, and gives what is wrong with the file, a row or a post.

    Raises :class:`StorageError` for a file that the system does not give.
    """
    for path in inventory.day_files():
        try:
            table = read_day(inventory.data / path)
        except StorageError as fault:
            if fault.slug not in _UNREADABLE:
                raise
            what = fault.detail.removeprefix(f"{inventory.data / path}: ").rpartition("; ")[0]
            yield Finding(fault.slug, path, what)
            continue
        articles = [from_row(row) for row in table.to_pylist()]
        folder = path.partition("/")[0]
        inventory.add(folder, path, articles)
        yield from _day_file(path, folder, articles)
        if folder == "articles":
            for article in articles:
                yield from _post(inventory, article)
    inventory.end()
    yield from _posts_without_row(inventory)


def _day_file(path: str, folder: str, articles: list[Article]) -> Iterator[Finding]:
    day = day_named(path)
    if day is None or path != day_file_path(folder, day):
        right = day_file_path(folder, day) if day else "a name such as 2021-11-25.parquet"
        yield Finding("misplaced_day_file", path, f"{right} was expected")
    for article in articles:
        of = f"{path}: {article.article_id} revision {article.revision}"
        if day is not None and article.day != day:
            yield Finding("row_of_another_day", of, f"published on {article.day} in Asia/Shanghai")
        yield from _row(of, article)
        yield from _marks(of, folder, article)


def _row(of: str, article: Article) -> Iterator[Finding]:
    if article.content_hash != content_hash(article.title, article.text):
        yield Finding("wrong_hash", of, f"content_hash {article.content_hash[:12]}… is not that of title and text")
    if article.char_count != len(article.text):
        yield Finding(
            "wrong_length", of, f"char_count {article.char_count}, but the text has {len(article.text)} characters"
        )
    if article.kind not in KINDS:
        yield Finding("unknown_kind", of, f"{article.kind!r} is none of {', '.join(KINDS)}")
    if article.schema_version != SCHEMA_VERSION:
        yield Finding("other_schema_version", of, f"{article.schema_version}, not {SCHEMA_VERSION}")
    for image in article.images:
        if not image.url.startswith("https://"):
            yield Finding("insecure_picture", of, f"{image.url[:80]!r} is no https address")


def _marks(of: str, folder: str, article: Article) -> Iterator[Finding]:
    marks = (article.duplicate_of, article.similarity)
    if folder == "articles" and marks != (None, None):
        yield Finding("article_marked", of, f"it stands in articles/ and repeats {article.duplicate_of}")
    if folder == "reprints" and (None in marks or not 0 <= (article.similarity or 0) <= 1):
        yield Finding("reprint_unmarked", of, f"duplicate_of {article.duplicate_of}, similarity {article.similarity}")


def _post(inventory: Inventory, article: Article) -> Iterator[Finding]:
    """The post of a row of ``articles/``; that of an article on its way may be any."""
    path = post(article.day, article.article_id)
    exists = inventory.meet_post(path)
    if inventory.waits(article.article_id):
        return
    if not exists:
        if (inventory.data / path).exists():  # another row has the same post
            return
        yield Finding("post_missing", path, f"{article.article_id} has a row and no post", article)
        return
    try:
        expected = dumps(article, style=STYLES[0]).encode()
    except Rejected as rejected:
        yield Finding("row_without_document", article.article_id, str(rejected))
        return
    if (inventory.data / path).read_bytes() != expected:
        yield Finding("post_differs", path, f"it is not what the row of {article.article_id} gives", article)


def _posts_without_row(inventory: Inventory) -> Iterator[Finding]:
    for article_id, day in inventory.db.execute(_ON_THEIR_WAY).fetchall():
        inventory.meet_post(post(date.fromisoformat(day), article_id))
    for (path,) in inventory.db.execute("SELECT path FROM posts ORDER BY path"):
        yield Finding("post_without_row", path, "no row of articles/ belongs to it")
