"""Checks of the Parquet files and their rows, one day in memory at a time, and of the output files that follow from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from govnews_spider.article import KINDS, SCHEMA_VERSION, Article
from govnews_spider.core.stages.normalize import content_hash
from govnews_spider.storage.errors import StorageError
from govnews_spider.storage.layout import CURRENT, day_file, day_of
from govnews_spider.storage.parquet import from_row, read_day
from govnews_spider.verify.audit.findings import Finding
from govnews_spider.verify.audit.inventory import Inventory
from govnews_spider.verify.audit.outputs import Outputs

_UNREADABLE: Final = ("damaged_day_file", "other_schema")


def scan(inventory: Inventory) -> Iterator[Finding]:
    """Reads every file, lists its rows in ``inventory``, and gives what is wrong with a Parquet file, a row or an output file.

    Raises :class:`StorageError` for a file that the system does not give.
    """
    outputs = Outputs(inventory)
    for paths in inventory.files_by_day():
        rows: list[Article] = []
        is_whole = True
        for path in paths:
            try:
                table = read_day(inventory.folder.root / path)
            except StorageError as error:
                if error.slug not in _UNREADABLE:
                    raise
                is_whole = False
                detail = error.detail.removeprefix(f"{inventory.folder.root / path}: ").rpartition("; ")[0]
                yield Finding(error.slug, path, detail)
                continue
            articles = [from_row(row) for row in table.to_pylist()]
            dataset = path.partition("/")[0]
            inventory.add(dataset, path, articles)
            yield from _day_file(path, dataset, articles)
            if dataset == "articles":  # a wrong mark in such a row costs it no file
                rows += [replace(row, duplicate_of=None) if row.duplicate_of else row for row in articles]
            elif dataset in CURRENT:
                rows += articles
        yield from outputs.check(rows, is_whole=is_whole)
    inventory.end()
    yield from outputs.strays()


def _day_file(path: str, folder: str, articles: list[Article]) -> Iterator[Finding]:
    day = day_of(path)
    if day is None or path != day_file(folder, day):
        right = day_file(folder, day) if day else "a name such as 2021-11-25.parquet"
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
