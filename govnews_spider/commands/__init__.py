"""Commands of ``scrapy`` in this project. Keep imports light: a broken module breaks every command."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Any, Final

from scrapy.exceptions import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from govnews_spider.runs.options import Options
    from govnews_spider.storage.errors import StorageError

_BAD_ARGUMENTS: Final = frozenset(
    {
        *("bad_name", "data_unusable", "ledger_held", "ledger_too_new"),
        *("no_archives", "no_chart_library", "target_exists"),
    }
)
"""Slugs of storage errors that other arguments, or another installation, avoid."""


class ProjectCommand:
    """Base of the commands that start no crawl: their description, the check of their arguments, their exit codes.

    A mixin: Scrapy would list a subclass of ScrapyCommand in this module as a command. Modules of the project that are not light are
    imported inside functions.
    """

    requires_project = True
    requires_crawler_process = False
    settings: Any
    exitcode: int

    usage = "[options]"
    """Arguments in the help, after the command's name."""
    summary: str
    """Description in the list of commands."""
    details: str
    """Rest of the description, in the command's own help."""
    positional: Container[int] = (0,)
    """Numbers of positional arguments that the command takes."""
    cure: str
    """What to give instead of a wrong number of arguments, or of an unknown option."""

    def syntax(self) -> str:
        return self.usage

    def short_desc(self) -> str:
        return self.summary

    def long_desc(self) -> str:
        return f"{self.summary}{self.details}"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Runs the command and sets ``exitcode``; raises UsageError (exit code 2)."""
        from govnews_spider.storage.errors import StorageError

        if len(args) not in self.positional or any(arg.startswith("-") and arg != "-" for arg in args):
            raise UsageError(f"bad_argument: {' '.join(args)!r}; {self.cure}", print_help=False)
        replace_unencodable()
        try:
            work = self.prepare(args, opts)
        except ValueError as error:
            raise UsageError(str(error), print_help=False) from error
        try:
            self.exitcode = work()
        except FileNotFoundError as error:
            raise UsageError(str(error), print_help=False) from error
        except StorageError as error:
            if error.slug in _BAD_ARGUMENTS:
                raise UsageError(str(error), print_help=False) from error
            self.exitcode = self.failed(error)

    def prepare(self, args: list[str], opts: argparse.Namespace) -> Callable[[], int]:
        """The work of the command, which returns the exit code. Raises ValueError for a bad argument or setting.

        The work may raise FileNotFoundError (exit code 2) and StorageError.
        """
        raise NotImplementedError

    def failed(self, error: StorageError) -> int:
        """The exit code of an error of the data folder, which is printed."""
        sys.stderr.write(f"{error}\n")
        return 7 if error.breaks_data else 1

    def options(self) -> Options:
        """The project's settings; raises ValueError."""
        from govnews_spider.runs.options import Options

        return Options.read(self.settings or {})


def plain_console() -> Console:
    """A console that takes no text for markup."""
    from rich.console import Console

    return Console(markup=False, highlight=False, emoji=False)


def replace_unencodable() -> None:
    """Sets standard output to replace characters that it cannot encode: a terminal without Chinese is no reason to fail."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
