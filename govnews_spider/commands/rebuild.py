"""``scrapy rebuild``: every archived page again through today's stages, into a folder of its own, in processes or on a Dask cluster."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

    from govnews_spider.rebuild import RebuildRequest
    from govnews_spider.rebuild.work_items import ExecutorSpec


class Command(ScrapyCommand):
    """Exit codes are those of :data:`govnews_spider.runs.run.EXIT_CODES`."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Make the dataset anew from the archived pages, with today's extractor"

    def long_desc(self) -> str:
        return (
            f"{self.short_desc()}. Writes to a folder of its own and ends with what is different there; called again after any"
            " interruption, it goes on where it was."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--from",
            dest="archives",
            type=Path,
            action="append",
            help="archives, or folders of them; may be given again (default: raw/ of the data folder)",
        )
        parser.add_argument("--to", type=Path, help="the folder to make (default: the data folder's name and .new)")
        parser.add_argument("--workers", type=int, help="processes on this machine (default: one for each processor)")
        parser.add_argument(
            "--scheduler", help="address of a Dask scheduler, such as tcp://10.0.0.1:8786, in place of processes"
        )
        parser.add_argument("--pages", type=int, default=500, help="pages of a work item (default: 500)")
        parser.add_argument("--keyword", help="keep only the articles that hold it, as in a crawl")
        parser.add_argument("--topics", help="keep only the articles with one of these topics, as in a crawl")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Rebuilds, prints the account and what is different, and sets ``exitcode``; raises UsageError (exit code 2)."""
        # Imported here, for a module that fails to import would take every scrapy command with it.
        from rich.console import Console

        from govnews_spider.rebuild import rebuild
        from govnews_spider.runs.run import exit_code
        from govnews_spider.runs.summary import show
        from govnews_spider.storage.errors import StorageError

        if args:
            raise UsageError(f"bad_argument: {args[0]!r}; scrapy rebuild takes options only", print_help=False)
        console = Console(highlight=False)
        try:
            order, crew = self._order(opts), _crew(opts)
        except ValueError as error:
            raise UsageError(str(error), print_help=False) from error
        try:
            with _Bar(console) as bar:
                done = rebuild(order, crew, lambda line: console.print(line, markup=False, soft_wrap=True), bar.show)
        except StorageError as fault:
            if fault.slug in ("target_exists", "no_archives", "bad_name", "ledger_held", "data_unusable"):
                raise UsageError(str(fault), print_help=False) from fault
            sys.stderr.write(f"{fault}\nOnce that is mended, the same command goes on where it was.\n")
            self.exitcode = 1
            return
        except KeyboardInterrupt:
            sys.stderr.write("interrupted: the same command goes on where it was\n")
            self.exitcode = 130
            return
        show(done)
        self._show_differences(order.data)
        self.exitcode = exit_code(done)[0]

    def _show_differences(self, new: Path) -> None:
        """What one reads before the new folder takes the old one's place; nothing where there is no old one, or one cannot be read."""
        from rich.console import Console

        from govnews_spider.commands.diff import show
        from govnews_spider.runs.options import Options
        from govnews_spider.storage.errors import StorageError
        from govnews_spider.verify.diff import differences

        assert self.settings is not None  # noqa: S101  # Scrapy has set them
        old = Options.read(self.settings).data
        try:
            show(Console(markup=False, highlight=False, emoji=False), differences(old, new))
        except FileNotFoundError:
            return
        except StorageError as fault:
            sys.stderr.write(f"{fault}\n")

    def _order(self, opts: argparse.Namespace) -> RebuildRequest:
        """Raises ValueError."""
        from govnews_spider.rebuild import RebuildRequest
        from govnews_spider.runs.options import Options
        from govnews_spider.spiders.arguments import read_arguments

        assert self.settings is not None  # noqa: S101  # Scrapy has set them
        options = Options.read(self.settings)
        given = {name: value for name in ("keyword", "topics") if (value := getattr(opts, name))}
        asked = read_arguments(given)
        archives = opts.archives or [options.data / "raw"]
        if missing := [path for path in archives if not path.exists()]:
            cure = "name archives, or folders of them: a replay keeps none, what it read are its archives"
            raise ValueError(f"no_such_path: --from {missing[0]} does not exist; {cure}")
        if opts.pages < 1:
            raise ValueError(f"bad_argument: --pages {opts.pages}; give a number from 1 on")
        to = opts.to or options.data.with_name(f"{options.data.name}.new")
        return RebuildRequest(
            archives=archives,
            data=to,
            keyword=asked.keyword,
            topics=asked.topics,
            pages=opts.pages,
            drift_limit=options.drift_limit,
        )


class _Bar:
    """How far a step has come, for a terminal; elsewhere nothing."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task: TaskID | None = None
        self._step = ""

    def show(self, step: str, done: int, of: int) -> None:
        """So many work items of a step are done."""
        if step != self._step:
            if self._task is not None:
                self._progress.remove_task(self._task)
            self._step, self._task = step, self._progress.add_task(step, total=of)
        if self._task is not None:
            self._progress.update(self._task, completed=done)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._progress.stop()


def _crew(opts: argparse.Namespace) -> ExecutorSpec:
    from govnews_spider.rebuild.executors import cluster, processes

    if opts.scheduler:
        if opts.workers:
            raise ValueError(
                "bad_argument: --workers and --scheduler exclude each other; a cluster has the workers that it has"
            )
        return cluster(opts.scheduler)
    count = opts.workers if opts.workers is not None else os.cpu_count() or 1
    if count < 1:
        raise ValueError(f"bad_argument: --workers {count}; give a number from 1 on")
    return processes(count)
