"""Command ``scrapy report``: one page that shows the data folder to its readers."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

from scrapy.commands import ScrapyCommand

from govnews_spider.commands import ProjectCommand
from govnews_spider.storage.layout import DataFolder


class Command(ProjectCommand, ScrapyCommand):
    """Exit codes: 0 written, 1 the disk does not take it, 2 bad argument, no articles or no chart library, 7 a file is damaged."""

    summary = "Write report.html, a page about the data folder that opens without a network"
    details = (
        ": what was collected, how well and what about, reprints, runs, and the newest articles."
        " Needs the extra: pip install 'govnews-spider[report]'."
    )
    cure = "the file is named by --out PATH"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--out", type=Path, metavar="PATH", help="the file (default: report.html in GOVNEWS_DATA)")

    def prepare(self, args: list[str], opts: argparse.Namespace) -> Callable[[], int]:
        data = self.options().data
        if opts.out is not None:
            _check(opts.out)
        return partial(_write, data, opts.out or DataFolder(data).report)


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


def _write(data: Path, out: Path) -> int:
    """Prints the file and its counts."""
    from datetime import UTC, datetime

    from govnews_spider.report import report

    done = report(data, out, now=datetime.now(UTC))
    size = f"{done.size / 1e6:.1f} MB"
    print(f"{out}: {done.articles:,} articles, {done.reprints:,} reprints, {done.runs:,} runs; {size}")  # noqa: T201
    return 0
