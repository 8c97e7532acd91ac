"""Command ``scrapy diff``: what changed from one data folder to another, field by field."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scrapy.commands import ScrapyCommand

from govnews_spider.commands import ProjectCommand, plain_console

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from govnews_spider.verify.diff import Differences

_LAYOUTS: Final = 2
"""Layouts that are named for a field: those with most changes."""


class Command(ProjectCommand, ScrapyCommand):
    """Exit codes: 0 compared, whatever differs, 1 the disk does not let it, 2 bad argument or no articles, 7 a file is broken."""

    usage = "[options] OLD NEW"
    summary = "Compare two data folders field by field"
    details = (
        ": which articles NEW adds to OLD, has lost, or has changed, and in what."
        " What a run writes about itself (run_id, spider, first_seen, fetched_at, origin) is not compared."
    )
    positional = (2,)
    cure = "give two data folders: OLD NEW"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--examples", type=int, default=3, metavar="N", help="articles shown of each kind (default: 3)"
        )

    def prepare(self, args: list[str], opts: argparse.Namespace) -> Callable[[], int]:
        if opts.examples < 0:
            raise ValueError(f"bad_argument: --examples {opts.examples}; give 0 or more")
        return partial(_compare, *map(Path, args), examples=opts.examples)


def _compare(old: Path, new: Path, *, examples: int) -> int:
    from govnews_spider.verify.diff import differences

    show(plain_console(), differences(old, new, examples=examples))
    return 0


def show(console: Console, found: Differences) -> None:
    """Prints counts, then fields, then examples. The console is one that takes no text for markup."""
    _line(console, "OLD", f"{found.old}: {found.old_rows:,} articles")
    _line(console, "NEW", f"{found.new}: {found.new_rows:,} articles")
    console.print(_counts(found))
    if found.fields:
        console.print(_fields(found))
    _show_changes(console, found)
    for kind, examples in (("added", found.added_examples), ("lost", found.lost_examples)):
        for number, one in enumerate(examples):
            _line(console, "\n" * (number == 0) + kind, one.article_id, one.title, one.url or "no url")


def _counts(found: Differences) -> Table:
    from rich.table import Table

    from govnews_spider.verify.diff.excerpts import visible

    table = Table("layout")
    counters = (found.same, found.changed, found.added, found.lost)
    for name in ("same", "changed", "added", "lost"):
        table.add_column(name, justify="right")
    for layout, _ in _most(sum(counters, Counter())):
        table.add_row(visible(layout), *(f"{counter[layout]:,}" for counter in counters))
    table.add_section()
    table.add_row("all", *(f"{counter.total():,}" for counter in counters))
    return table


def _fields(found: Differences) -> Table:
    from rich.table import Table

    from govnews_spider.verify.diff.excerpts import visible

    table = Table("field")
    table.add_column("changed", justify="right")
    table.add_column("of which in", overflow="fold")
    for name, layouts in _by_field(found):
        widest = _most(layouts)
        named = [f"{visible(layout)} {count:,}" for layout, count in widest[:_LAYOUTS]]
        if len(widest) > _LAYOUTS:
            named.append(f"{len(widest) - _LAYOUTS} more")
        table.add_row(name, f"{layouts.total():,}", " · ".join(named))
    return table


def _show_changes(console: Console, found: Differences) -> None:
    from govnews_spider.verify.diff.excerpts import excerpts

    for name, _ in _by_field(found):
        for change in found.examples[name]:
            old, new, place = excerpts(change.old, change.new)
            _line(console, f"\n{name}", change.article_id, place)
            console.print(f"- {old}", style="red", soft_wrap=True)
            console.print(f"+ {new}", style="green", soft_wrap=True)


def _line(console: Console, head: str, *parts: str) -> None:
    from govnews_spider.verify.diff.excerpts import visible

    console.print("  ".join([head, *(visible(part) for part in parts if part)]), soft_wrap=True)


def _by_field(found: Differences) -> list[tuple[str, Counter[str]]]:
    """Fields with their layouts, the most changed first."""
    fields: dict[str, Counter[str]] = {}
    for (name, layout), count in found.fields.items():
        fields.setdefault(name, Counter())[layout] = count
    return sorted(fields.items(), key=lambda field: (-field[1].total(), field[0]))


def _most(layouts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(layouts.items(), key=lambda layout: (-layout[1], layout[0]))
