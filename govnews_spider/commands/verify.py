"""``scrapy verify``: everything that was written, read again; ``--repair`` mends what can be mended."""

from __future__ import annotations

import argparse
import sqlite3
import sys
from typing import TYPE_CHECKING, Final

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from govnews_spider.commands import print_what_can_be

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from govnews_spider.storage.errors import StorageError
    from govnews_spider.verify.audit.findings import Audit


_WRITTEN: Final = ("ledger.sqlite", "articles", "reprints", "revisions", "posts", "rejected", "runs", "raw", "damaged")
"""A folder with none of these is nobody's data folder."""


class Command(ScrapyCommand):
    """Exit codes: 0 all is well, 1 the disk does not take a repair, 2 bad argument or a folder that is in use, 7 something is broken."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Read again all that was written, and say what is broken"

    def long_desc(self) -> str:
        return f"{self.short_desc()}. Looks at the data folder (GOVNEWS_DATA); a running crawl keeps it out."

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--repair", action="store_true", help="mend what can be mended, say what was done, verify again"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Prints what was found and sets ``exitcode``; raises UsageError (exit code 2)."""
        # Imported here, for a module that fails to import would take every scrapy command with it.
        from govnews_spider.ledger.lock import hold
        from govnews_spider.runs.options import Options
        from govnews_spider.storage.errors import StorageError, storage_error

        if args:
            raise UsageError(
                f"bad_argument: {' '.join(args)!r}; the folder is named by -s GOVNEWS_DATA=…", print_help=False
            )
        print_what_can_be()
        try:
            data = Options.read(self.settings or {}).data
        except ValueError as error:
            raise UsageError(str(error), print_help=False) from error
        if not any((data / name).exists() for name in _WRITTEN):
            raise UsageError(
                f"no_data: {data}: no run has written there; name the folder of one by -s GOVNEWS_DATA=…",
                print_help=False,
            )
        try:
            with hold(data / "ledger.sqlite"):
                self.exitcode = _verify(data, repairs=opts.repair)
        except (OSError, sqlite3.Error) as error:
            self.exitcode = _told(storage_error(error, data))
        except StorageError as fault:
            self.exitcode = _told(fault)


def _verify(data: Path, *, repairs: bool) -> int:
    """The exit code, all else is printed."""
    from rich.console import Console

    from govnews_spider.verify.audit import audit
    from govnews_spider.verify.audit.stray_files import part_files
    from govnews_spider.verify.repair import repair

    console = Console(markup=False, highlight=False, emoji=False)
    found = audit(data)
    _show(console, found)
    if repairs and (found.broken or any(part_files(data))):
        for line in repair(data):
            console.print(f"repaired: {line}", soft_wrap=True)
        found = audit(data)
        _show(console, found)
    return 7 if found.broken.total() else 0


def _show(console: Console, found: Audit) -> None:
    from rich.table import Table

    from govnews_spider.verify.audit.findings import CHECKS

    table = Table("check")
    table.add_column("looked at", justify="right")
    table.add_column("broken", justify="right")
    for check in CHECKS:
        if check not in found.looked and not found.broken_of(check):
            continue
        table.add_row(check, f"{found.looked[check]:,}", f"{found.broken_of(check):,}")
    console.print(table)
    for check, findings in found.first.items():
        for finding in findings:
            console.print(str(finding), soft_wrap=True)
        more = found.broken_of(check) - len(findings)
        if more:
            console.print(f"… and {more:,} more of {check}")
    for remark in found.remarks:
        console.print(f"remark: {remark}", soft_wrap=True)


def _told(fault: StorageError) -> int:
    """The exit code where the folder could not be read or written to the end."""
    if fault.slug in ("ledger_held", "data_unusable", "ledger_too_new"):
        raise UsageError(str(fault), print_help=False) from fault
    sys.stderr.write(f"{fault}\n")
    return 7 if fault.breaks_data else 1
