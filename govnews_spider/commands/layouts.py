"""``scrapy layouts``: which layout reads a page, and which locator gave each field; without a page, what layouts there are."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

if TYPE_CHECKING:
    from rich.console import Console
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


class Command(ScrapyCommand):
    """Exit codes: 0 the page is an article, 2 bad argument or unreadable file, 3 the page is rejected."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] [PAGE]"

    def short_desc(self) -> str:
        return "Which layout reads a saved page, and which locator gave each field"

    def long_desc(self) -> str:
        return f"{self.short_desc()}. PAGE is a file, or - for standard input; without it, lists the layouts."

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--url", default="", help="the address that the page was asked for")
        parser.add_argument("--content-type", metavar="VALUE", help="the Content-Type header that it came with")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Prints the table and sets ``exitcode``; raises UsageError (exit code 2)."""
        # Imported here, for a module that fails to import would take every scrapy command with it.
        from rich.console import Console

        if len(args) > 1 or any(arg.startswith("-") and arg != "-" for arg in args):
            raise UsageError(f"bad_argument: {' '.join(args)!r}; give one page, or none", print_help=False)
        console = Console(markup=False, highlight=False, emoji=False)
        if not args:
            console.print(_known_layouts())
        elif not _show(console, page_bytes(args[0]), opts.url, opts.content_type):
            self.exitcode = 3


def page_bytes(name: str) -> bytes:
    """What the file holds, or standard input where ``name`` is ``-``; raises UsageError ``unreadable_page``."""
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"unreadable_page: {name}: {error.strerror}; give a saved page", print_help=False) from error


def _show(console: Console, html: bytes, url: str, content_type: str | None) -> bool:
    """Whether the page is an article; prints its fields, or why it is none."""
    from govnews_spider.article import Rejected
    from govnews_spider.core.extract.reading import Reading
    from govnews_spider.core.stages import order

    layout = "none"
    try:
        reading = Reading(html, url=url, content_type=content_type)
        layout = reading.layout.name
        article = order.finish(reading.article())
    except Rejected as rejected:
        console.print(f"layout    {layout}\nrejected  {rejected.slug}\nbecause   {rejected.detail}", soft_wrap=True)
        return False
    console.print(f"layout    {article.layout}\nkind      {article.kind}")
    console.print(_fields(article, reading))
    return True


def _fields(article: Article, reading: Reading) -> Table:
    from rich.table import Table

    from govnews_spider.article import FIELD_NAMES
    from govnews_spider.html.locators import name_of

    table = Table("field", "value", "locator", "tried before", box=None, pad_edge=False)
    for column in table.columns:
        column.overflow = "fold"
    for name in FIELD_NAMES:
        if name not in _NOT_OF_THE_PAGE:
            place = article.provenance.get(name, "-")  # what stages work out (topics, regions) has no place of its own
            table.add_row(
                name, _shown(getattr(article, name)), place, ", ".join(map(name_of, reading.tried.get(name, [])))
            )
    for name, place in article.provenance.items():
        if name not in FIELD_NAMES:  # encoding, published_seconds: how the page was read
            table.add_row(name, "", place)
    return table


def _shown(value: Any) -> str:
    """One line, times as Sina's own clocks show them; ``-`` for what is missing."""
    from govnews_spider.article import SHANGHAI
    from govnews_spider.html.text import squash

    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).isoformat(" ")
    if isinstance(value, list):
        value = ", ".join(f"{item.url} {item.caption}".strip() if hasattr(item, "url") else item for item in value)
    text = squash(str("-" if value in (None, "") else value).replace("\n", " / "))
    return text if len(text) <= _LENGTH else f"{text[: _LENGTH - 1]}…"


def _known_layouts() -> Table:
    from rich.table import Table

    from govnews_spider.html.locators import name_of
    from govnews_spider.sina.layouts import LAYOUTS

    table = Table("layout", "kind", "marks, all of which a page must have", box=None, pad_edge=False)
    for layout in LAYOUTS:
        marks = (mark if isinstance(mark, str) else name_of(mark) for mark in layout.marker)
        table.add_row(layout.name, layout.kind, "  ".join(marks))
    return table
