"""``scrapy crawl``: Scrapy's, but its arguments are checked first and its exit code tells the truth."""

from __future__ import annotations

import argparse
import signal
from types import FrameType
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.commands import crawl
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError

if TYPE_CHECKING:
    from govnews_spider.runs import Run


class Command(crawl.Command):
    """Exit codes are those of :data:`govnews_spider.runs.EXIT_CODES`."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Runs one spider and sets ``exitcode``; raises UsageError (exit code 2) before any of it runs."""
        self._run: Run | None = None
        self._crawler = crawler = self._checked(args, opts.spargs)
        crawler.signals.connect(self._watch, signal=signals.engine_started)
        process: Any = self.crawler_process
        process.crawl(crawler, **opts.spargs)
        process.start()
        self.exitcode = self._exit_code()

    def _checked(self, args: list[str], given: dict[str, str]) -> Crawler:
        # Imported here, for a module that fails to import would take every scrapy command with it.
        from govnews_spider.options import Options

        if len(args) != 1:
            raise UsageError("give one spider: scrapy crawl sina_gov or scrapy crawl seeds", print_help=False)
        process: Any = self.crawler_process
        try:
            Options.read(process.settings)
            spider = process.spider_loader.load(args[0])
            spider.read(given)
        except KeyError as error:
            known = ", ".join(process.spider_loader.list())
            raise UsageError(f"unknown_spider: {args[0]!r}; there are {known}", print_help=False) from error
        except ValueError as error:
            raise UsageError(str(error), print_help=False) from error
        return self._create_crawler(spider)

    def _watch(self) -> None:
        """Remembers that the process was asked to stop, then lets Scrapy's own handlers do it."""
        from govnews_spider.extensions import RunReport

        report = self._crawler.get_extension(RunReport)
        if report is None:
            return
        self._run = run = report.run

        def remembering(handler: Any) -> Any:
            def interrupted(number: int, frame: FrameType | None) -> None:
                run.interrupted = True
                handler(number, frame)

            return interrupted

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, remembering(signal.getsignal(number)))

    def _exit_code(self) -> int:
        """1 where the run never began; its traceback is in the log."""
        from govnews_spider.runs import exit_code

        return exit_code(self._run)[0] if self._run is not None else 1
