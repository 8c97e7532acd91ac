"""Command ``scrapy crawl``: Scrapy's own, with arguments that are checked first and an exit code that says how the run ended."""

from __future__ import annotations

import argparse
import gc
import os
import sys
import threading
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from scrapy.commands import crawl
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError

from govnews_spider.commands import replace_unencodable
from govnews_spider.storage.layout import DataFolder

if TYPE_CHECKING:
    from govnews_spider.extensions.run_report import RunReport
    from govnews_spider.runs.options import Options


_LAST_SECOND: Final = 1.0
_COLLECT_AFTER: Final = 20_000
"""Net number of new objects after which Python looks for cycles among the young ones; by default 700."""


class Command(crawl.Command):
    """Exit codes are those of :data:`govnews_spider.runs.run.EXIT_CODES`."""

    def long_desc(self) -> str:
        """The description, with the spiders and their arguments."""
        from govnews_spider.spiders.arguments import KNOWN

        return (
            f"{self.short_desc()}: seeds, with the argument path (default: seeds), or sina_gov, with {', '.join(KNOWN)};"
            " the README says what each does."
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Runs one spider and sets ``exitcode``; raises UsageError (exit code 2) before any of it runs."""
        replace_unencodable()
        crawler = self._check(args, opts.spargs)
        if crawler is None:
            return
        self._crawl = crawler
        self._interrupted = False
        process: Any = self.crawler_process
        process._signal_shutdown = self._mark_interrupted(process._signal_shutdown)
        process._signal_kill = _end_at_once(process._signal_kill)
        process.crawl(self._crawl, **opts.spargs)
        # Modules and settings stay until the end, and the many small objects of a page are freed without the collector: its search for
        # cycles took a fifteenth of a crawl.
        gc.freeze()
        gc.set_threshold(_COLLECT_AFTER)
        process.start()
        self.exitcode = self._exit_code()
        _flush_streams()

    def _check(self, args: list[str], given: dict[str, str]) -> Crawler | None:
        """The crawler; None, with ``exitcode`` set, where the data is broken. Raises UsageError for any other obstacle."""
        # Imported here, for a module that fails to import would take every scrapy command with it.
        from govnews_spider.ledger.ledger import Ledger
        from govnews_spider.runs.options import Options
        from govnews_spider.storage.errors import StorageError

        if len(args) != 1:
            raise UsageError("give one spider: scrapy crawl sina_gov or scrapy crawl seeds", print_help=False)
        process: Any = self.crawler_process
        try:
            options = Options.read(process.settings)
            spider = process.spider_loader.load(args[0])
            arguments = spider.read(given)
            _check_replay(options, as_of=getattr(arguments, "as_of", None))
            if arguments.sample is None:
                Ledger(DataFolder(options.data).ledger).close()
        except KeyError as error:
            known = ", ".join(process.spider_loader.list())
            raise UsageError(f"unknown_spider: {args[0]!r}; there are {known}", print_help=False) from error
        except ValueError as error:
            raise UsageError(str(error), print_help=False) from error
        except StorageError as error:
            if not error.breaks_data:
                raise UsageError(str(error), print_help=False) from error
            sys.stderr.write(f"{error}\n")
            self.exitcode = 7
            return None
        return self._create_crawler(spider)

    def _mark_interrupted(self, handler: Any) -> Any:
        """Scrapy's handler of the first signal, which also marks the run as interrupted."""

        def interrupted(number: int, frame: FrameType | None) -> None:
            self._interrupted = True
            report = self._report()
            if report is not None:
                report.run.interrupted = True
            handler(number, frame)

        return interrupted

    def _report(self) -> RunReport | None:
        """The run report; None while the crawl is not set up."""
        from govnews_spider.extensions.run_report import RunReport

        try:
            return self._crawl.get_extension(RunReport)
        except RuntimeError:
            return None

    def _exit_code(self) -> int:
        """The exit code; 1 where the run never began: its traceback is in the log."""
        from govnews_spider.runs.run import exit_code

        report = self._report()
        if report is None:
            return 130 if self._interrupted else 1
        if report.run.finished is None:
            report.spider_closed("killed")  # by a second signal, which skips the closing of the spider
        return exit_code(report.run)[0]


def _check_replay(options: Options, *, as_of: datetime | None) -> None:
    """Raises ValueError for a replay without archives, and for ``as_of`` without a replay."""
    from govnews_spider.archive.lookup import archives
    from govnews_spider.archive.reader import SUFFIXES, is_archive

    if options.replay and not any(map(is_archive, archives(options.replay))):
        paths = ", ".join(map(str, options.replay))
        raise ValueError(f"no_archives: GOVNEWS_REPLAY={paths}: there is no archive ({', '.join(SUFFIXES)})")
    if as_of is not None and not options.replay:
        raise ValueError("as_of_without_replay: as_of chooses among archived answers; name archives by GOVNEWS_REPLAY")


def _flush_streams() -> None:
    """Flushes the standard streams; a terminal that was closed would have Python end with 120 instead of the exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with Path(os.devnull).open("wb") as null:
                os.dup2(null.fileno(), stream.fileno())


def _end_at_once(handler: Any) -> Any:
    """Scrapy's handler of the second signal, which waits for all tasks; a second later the process ends."""

    def kill(number: int, frame: FrameType | None) -> None:
        handler(number, frame)
        timer = threading.Timer(_LAST_SECOND, os._exit, (130,))  # as safe as kill -9, which loses nothing committed
        timer.daemon = True
        timer.start()

    return kill
