"""Command ``scrapy layouts``: the layout that reads a page, and the locator that gave each field; without a page, all layouts."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from scrapy.commands import ScrapyCommand

from govnews_spider.commands import ProjectCommand, plain_console

if TYPE_CHECKING:
    from rich.table import Table

    from govnews_spider.article import Article
    from govnews_spider.core.extract.reading import Reading

_LENGTH: Final = 80
"""Characters of a value that are shown."""
_NOT_OF_THE_PAGE: Final = frozenset(
    {
        *("layout", "kind", "provenance", "origin", "first_seen", "fetched_at", "spider", "run_id"),
        *("revision", "duplicate_of", "similarity", "schema_version"),
    }
)
"""Fields that stand above the table, or that a page does not decide."""


class Command(ProjectCommand, ScrapyCommand):
    """Exit codes: 0 the page is an article, 2 bad argument or unreadable file, 3 the page is rejected."""

    usage = "[options] [PAGE]"
    summary = "Which layout reads a saved page, and which locator gave each field"
    details = ". PAGE is a file, or - for standard input; without it, lists the layouts."
    positional = (0, 1)
    cure = "give one page, or none"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--url", default="", help="the address that the page was asked for")
        parser.add_argument("--content-type", metavar="VALUE", help="the Content-Type header that it came with")

    def prepare(self, args: list[str], opts: argparse.Namespace) -> Callable[[], int]:
        if not args:
            return _list_layouts
        return partial(_show, page_bytes(args[0]), opts.url, opts.content_type)


def page_bytes(name: str) -> bytes:
    """The content of the file, or of standard input where ``name`` is ``-``; raises ValueError ``unreadable_page``."""
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise ValueError(f"unreadable_page: {name}: {error.strerror}; give a saved page") from error


def _show(html: bytes, url: str, content_type: str | None) -> int:
    """Prints the fields of the page, or why it is rejected."""
    from govnews_spider.article import Rejected
    from govnews_spider.core.extract.reading import Reading
    from govnews_spider.core.stages import order

    console = plain_console()
    layout = "none"
    try:
        reading = Reading(html, url=url, content_type=content_type)
        layout = reading.layout.name
        article = order.finish(reading.article())
    except Rejected as rejected:
        console.print(f"layout    {layout}\nrejected  {rejected.slug}\nbecause   {rejected.detail}", soft_wrap=True)
        return 3
    console.print(f"layout    {article.layout}\nkind      {article.kind}")
    console.print(_fields(article, reading))
    return 0


def _fields(article: Article, reading: Reading) -> Table:
    from rich.table import Table

    from govnews_spider.article import FIELD_NAMES
    from govnews_spider.html.locators import name_of

    table = Table("field", "value", "locator", "tried before", box=None, pad_edge=False)
    for column in table.columns:
        column.overflow = "fold"
    for name in FIELD_NAMES:
        if name not in _NOT_OF_THE_PAGE:
            locator = article.provenance.get(name, "-")  # fields that stages derive (topics, regions) have none
            tried = ", ".join(map(name_of, reading.tried.get(name, [])))
            table.add_row(name, _one_line(getattr(article, name)), locator, tried)
    for name, locator in article.provenance.items():
        if name not in FIELD_NAMES:  # encoding, published_seconds: how the page was read
            table.add_row(name, "", locator)
    return table


def _one_line(value: Any) -> str:
    """One line, times as Sina's own clocks show them; ``-`` for what is missing."""
    from govnews_spider.article import SHANGHAI
    from govnews_spider.html.text import squash

    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).isoformat(" ")
    if isinstance(value, list):
        value = ", ".join(f"{item.url} {item.caption}".strip() if hasattr(item, "url") else item for item in value)
    text = squash(str("-" if value in (None, "") else value).replace("\n", " / "))
    return text if len(text) <= _LENGTH else f"{text[: _LENGTH - 1]}…"


def _list_layouts() -> int:
    from rich.table import Table

    from govnews_spider.html.locators import name_of
    from govnews_spider.sina.layouts import LAYOUTS

    table = Table("layout", "kind", "marks, all of which a page must have", box=None, pad_edge=False)
    for layout in LAYOUTS:
        marks = (mark if isinstance(mark, str) else name_of(mark) for mark in layout.marker)
        table.add_row(layout.name, layout.kind, "  ".join(marks))
    plain_console().print(table)
    return 0
