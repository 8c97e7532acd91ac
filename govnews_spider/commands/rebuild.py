"""Command ``scrapy rebuild``: the dataset anew from the archived pages, by today's stages, in processes or on a Dask cluster."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from scrapy.commands import ScrapyCommand

from govnews_spider.commands import ProjectCommand, plain_console
from govnews_spider.storage.layout import DataFolder

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

    from govnews_spider.rebuild import RebuildRequest
    from govnews_spider.rebuild.work_items import ExecutorSpec
    from govnews_spider.runs.options import Options
    from govnews_spider.storage.errors import StorageError


class Command(ProjectCommand, ScrapyCommand):
    """Exit codes are those of :data:`govnews_spider.runs.run.EXIT_CODES`."""

    summary = "Make the dataset anew from the archived pages, with today's extractor"
    details = (
        ". Writes to a folder of its own and ends with what is different there; called again after any"
        " interruption, it goes on where it was."
    )
    cure = "scrapy rebuild takes options only"

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

    def prepare(self, args: list[str], opts: argparse.Namespace) -> Callable[[], int]:
        options = self.options()
        return partial(_rebuild, _request(opts, options), _executor(opts), options.data)

    def failed(self, error: StorageError) -> int:
        """1, and how to go on."""
        sys.stderr.write(f"{error}\nOnce that is mended, the same command goes on where it was.\n")
        return 1


def _rebuild(request: RebuildRequest, executor: ExecutorSpec, old: Path) -> int:
    """Prints the account of the rebuild, and what is different in the new folder."""
    from govnews_spider.rebuild import rebuild
    from govnews_spider.runs.run import exit_code
    from govnews_spider.runs.summary import show

    console = plain_console()
    try:
        with _Bar(console) as bar:
            run = rebuild(request, executor, lambda line: console.print(line, soft_wrap=True), bar.show)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted: the same command goes on where it was\n")
        return 130
    show(run)
    _show_differences(old, request.data)
    return exit_code(run)[0]


def _show_differences(old: Path, new: Path) -> None:
    """Prints the differences that decide whether the new folder takes the old one's place; none where the old one cannot be read."""
    from govnews_spider.commands.diff import show
    from govnews_spider.storage.errors import StorageError
    from govnews_spider.verify.diff import differences

    try:
        show(plain_console(), differences(old, new))
    except FileNotFoundError:
        return
    except StorageError as error:
        sys.stderr.write(f"{error}\n")


def _request(opts: argparse.Namespace, options: Options) -> RebuildRequest:
    """Raises ValueError."""
    from govnews_spider.rebuild import RebuildRequest
    from govnews_spider.spiders.arguments import read_arguments

    selection = read_arguments({name: value for name in ("keyword", "topics") if (value := getattr(opts, name))})
    archives = opts.archives or [DataFolder(options.data).raw]
    if missing := [path for path in archives if not path.exists()]:
        cure = "name archives, or folders of them: a replay keeps none, what it read are its archives"
        raise ValueError(f"no_such_path: --from {missing[0]} does not exist; {cure}")
    if opts.pages < 1:
        raise ValueError(f"bad_argument: --pages {opts.pages}; give a number from 1 on")
    return RebuildRequest(
        archives=archives,
        data=opts.to or options.data.with_name(f"{options.data.name}.new"),
        keyword=selection.keyword,
        topics=selection.topics,
        pages=opts.pages,
        drift_limit=options.drift_limit,
    )


def _executor(opts: argparse.Namespace) -> ExecutorSpec:
    """Raises ValueError."""
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


class _Bar:
    """Progress bar of a step, on a terminal only."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task: TaskID | None = None
        self._step = ""

    def show(self, step: str, done: int, of: int) -> None:
        """Shows that so many work items of a step are done."""
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
