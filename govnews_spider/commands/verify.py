"""Command ``scrapy verify``: everything that was written, read again; ``--repair`` mends what can be mended."""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand

from govnews_spider.commands import ProjectCommand, plain_console
from govnews_spider.storage.layout import DataFolder

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from govnews_spider.verify.audit.findings import Audit


class Command(ProjectCommand, ScrapyCommand):
    """Exit codes: 0 all is well, 1 the disk does not take a repair, 2 bad argument or a folder that is in use, 7 something is broken."""

    summary = "Read again all that was written, and say what is broken"
    details = ". Looks at the data folder (GOVNEWS_DATA); a running crawl keeps it out."
    cure = "the folder is named by -s GOVNEWS_DATA=…"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--repair", action="store_true", help="mend what can be mended, say what was done, verify again"
        )

    def prepare(self, args: list[str], opts: argparse.Namespace) -> Callable[[], int]:
        data = self.options().data
        if not DataFolder(data).is_written:
            raise ValueError(f"no_data: {data}: no run has written there; name the folder of one by -s GOVNEWS_DATA=…")
        return partial(_verify, data, repairs=opts.repair)


def _verify(data: Path, *, repairs: bool) -> int:
    """The exit code; the findings are printed. Raises StorageError where the folder cannot be read or written to the end."""
    from govnews_spider.ledger.lock import hold
    from govnews_spider.storage.errors import storage_error
    from govnews_spider.verify.audit import audit
    from govnews_spider.verify.audit.stray_files import part_files
    from govnews_spider.verify.repair import repair

    console = plain_console()
    try:
        with hold(DataFolder(data).ledger):
            result = audit(data)
            _show(console, result)
            if repairs and (result.broken or any(part_files(data))):
                for line in repair(data):
                    console.print(f"repaired: {line}", soft_wrap=True)
                result = audit(data)
                _show(console, result)
    except (OSError, sqlite3.Error) as error:
        raise storage_error(error, data) from error
    return 7 if result.broken.total() else 0


def _show(console: Console, result: Audit) -> None:
    from rich.table import Table

    from govnews_spider.verify.audit.findings import CHECKS

    table = Table("check")
    table.add_column("looked at", justify="right")
    table.add_column("broken", justify="right")
    for check in CHECKS:
        if check not in result.looked and not result.broken_of(check):
            continue
        table.add_row(check, f"{result.looked[check]:,}", f"{result.broken_of(check):,}")
    console.print(table)
    for check, findings in result.first.items():
        for finding in findings:
            console.print(str(finding), soft_wrap=True)
        more = result.broken_of(check) - len(findings)
        if more:
            console.print(f"… and {more:,} more of {check}")
    for remark in result.remarks:
        console.print(f"remark: {remark}", soft_wrap=True)
