"""Progress of a crawl: a live view on a terminal, elsewhere a line in the log now and then.

The run's account is read by a timer. No article does any work for it, and no error in here reaches the crawl.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Self

from rich.console import Console
from rich.live import Live
from rich.segment import Segment, Segments
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import CallLaterResult, call_later
from scrapy.utils.spider import DefaultSpider

from govnews_spider.extensions.run_report import RunReport
from govnews_spider.runs.live_table import Rate, line, view
from govnews_spider.runs.run import Run

logger = logging.getLogger(__name__)

_SOONEST: Final = 0.25
"""Seconds between two drawings at least."""
_COST: Final = 0.01
"""Share of the time that drawing may take: one that took 5 ms is followed by a pause of half a second."""


class Lines:
    """A line in the log every ``interval`` seconds."""

    def __init__(self, run: Run, interval: float) -> None:
        self._run = run
        self._interval = interval
        self._rate = Rate(time.monotonic())

    def start(self) -> float:
        return self._interval

    def show(self) -> float:
        """Seconds until it is to be called again."""
        logger.info(line(self._run, self._rate(time.monotonic(), self._run.outcomes.total())))
        return self._interval

    def end(self) -> None:
        """Leaves no line: the balance follows."""


class Above:
    """Stream for log handlers while a view lives: each record goes above it, whole."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def write(self, text: str) -> None:
        self._console.out(text.removesuffix("\n"), highlight=False)


class View:
    """The live view of a run on a console that is a terminal."""

    def __init__(self, run: Run, console: Console) -> None:
        self._run = run
        self._console = console
        self._rate = Rate(time.monotonic())
        # What does not go to a terminal is none of the view's: the balance may well go to a file.
        self._live = Live(
            console=console,
            auto_refresh=False,
            redirect_stdout=sys.stdout.isatty(),
            redirect_stderr=sys.stderr.isatty(),
        )
        self._handlers = [
            (handler, handler.stream)
            for handler in logging.root.handlers
            if isinstance(handler, logging.StreamHandler)
            and handler.stream in (sys.stdout, sys.stderr)
            and handler.stream.isatty()
        ]

    def start(self) -> float:
        for handler, _ in self._handlers:
            handler.setStream(Above(self._console))
        self._live.start()
        self._console.show_cursor(True)  # a killed process could not give it back
        return 0.0

    def show(self) -> float:
        """Draws it; returns the seconds until it is to be drawn again."""
        began = time.perf_counter()
        self._draw(Segment(" "))  # a line for the cursor, and for what the shell says when the process is killed
        return max(_SOONEST, (time.perf_counter() - began) / _COST)

    def end(self) -> None:
        """Draws it for the last time and gives the terminal back."""
        try:
            self._draw()
        finally:
            try:
                self._live.stop()
            finally:
                for handler, stream in self._handlers:
                    handler.setStream(stream)

    def _draw(self, *below: Segment) -> None:
        drawn = view(self._run, self._rate(time.monotonic(), self._run.outcomes.total()), self._console.width)
        # Kept as it is drawn: each record of the log writes it anew.
        self._live.update(Segments([*self._console.render(drawn), *below]), refresh=True)


def terminal() -> Console | None:
    """The terminal that the log goes to, else the one that the balance goes to; None where both are files or pipes."""
    for console in (Console(stderr=True), Console()):
        # Some environments (FORCE_COLOR) have rich take a pipe for a terminal.
        if console.is_interactive and console.file.isatty():
            return console
    return None


class Progress:
    """The extension. It comes before RunReport in EXTENSIONS, so that the view has ended when the balance is printed."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._display: View | Lines | None = None
        self._timer: CallLaterResult | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As Scrapy calls it; raises NotConfigured where there is no run, as in ``scrapy fetch``."""
        if isinstance(crawler.spider, DefaultSpider):
            raise NotConfigured
        progress = cls(crawler)
        crawler.signals.connect(progress.spider_opened, signal=signals.spider_opened)
        crawler.signals.connect(progress.end, signal=signals.spider_closed)
        return progress

    def spider_opened(self) -> None:
        """Begins to show the run: live on a terminal, unless the articles themselves are shown there."""
        report = self._crawler.get_extension(RunReport)
        if report is None:
            return
        console = terminal() if report.sample is None else None
        interval = self._crawler.settings.getfloat("LOGSTATS_INTERVAL")
        if console is not None:
            self._display = View(report.run, console)
        elif interval:
            self._display = Lines(report.run, interval)
        self._then(lambda display: display.start())

    def end(self) -> None:
        """Shows the run for the last time."""
        if self._timer is not None:
            self._timer.cancel()
        self._then(lambda display: display.end())
        self._display = None

    def _show(self) -> None:
        self._then(lambda display: display.show())

    def _then(self, step: Callable[[View | Lines], float | None]) -> None:
        """Takes one step and sets the timer for the next; a step that fails is the last one."""
        display = self._display
        if display is None:
            return
        try:
            wait = step(display)
        except Exception:
            self._display = None
            with suppress(Exception):  # what has failed may be the terminal
                display.end()
            logger.exception("progress_failed: the run goes on, but is not shown any more")
        else:
            self._timer = None if wait is None else call_later(wait, self._show)
