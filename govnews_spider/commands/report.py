"""``scrapy report``: one page that shows the data folder to its readers."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from govnews_spider.commands import print_what_can_be


class Command(ScrapyCommand):
    """Exit codes: 0 written, 1 the disk does not take it, 2 bad argument, no articles or no chart library, 7 a file is damaged."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Write report.html, a page about the data folder that opens without a network"

    def long_desc(self) -> str:
        return (
            f"{self.short_desc()}: what was collected, how well and what about, reprints, runs, and the newest articles."
            " Needs the extra: pip install 'govnews-spider[report]'."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--out", type=Path, metavar="PATH", help="the file (default: report.html in GOVNEWS_DATA)")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Prints the file and its counts, and sets ``exitcode``; raises UsageError (exit code 2)."""
        # Imported here, for a module that fails to import would take every scrapy command with it.
        from govnews_spider.runs.options import Options
        from govnews_spider.storage.errors import StorageError

        if args:
            raise UsageError(f"bad_argument: {' '.join(args)!r}; the file is named by --out PATH", print_help=False)
        print_what_can_be()
        try:
            data = Options.read(self.settings or {}).data
            if opts.out is not None:
                _check(opts.out)
            _write(data, opts.out or data / "report.html")
        except (ValueError, FileNotFoundError) as error:
            raise UsageError(str(error), print_help=False) from error
        except StorageError as fault:
            if fault.slug == "no_chart_library":
                raise UsageError(str(fault), print_help=False) from fault
            sys.stderr.write(f"{fault}\n")
            self.exitcode = 7 if fault.breaks_data else 1


def _check(out: Path) -> None:
    """Raises ValueError for what is no file and would be replaced, and for a folder that is not there: no typing error makes folders."""
    try:
        if out.is_dir():
            raise ValueError(f"bad_argument: --out {out} is a folder; name a file in it: --out {out / 'report.html'}")
        if out.exists() and not out.is_file():
            raise ValueError(f"bad_argument: --out {out} is no regular file; name one that may be replaced")
        if not out.parent.is_dir():
            raise ValueError(f"bad_argument: --out {out}: there is no folder {out.parent}; make it, or name another")
    except OSError as error:
        raise ValueError(f"bad_argument: --out {out}: {error.strerror}; name another place") from error


def _write(data: Path, out: Path) -> None:
    from datetime import UTC, datetime

    from govnews_spider.report import report

    done = report(data, out, now=datetime.now(UTC))
    size = f"{done.size / 1e6:.1f} MB"
    print(f"{out}: {done.articles:,} articles, {done.reprints:,} reprints, {done.runs:,} runs; {size}")  # noqa: T201
