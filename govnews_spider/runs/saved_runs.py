"""Run reports on disk: ``runs/<run_id>.json``, written when a run ends, and read again with the rejections of all runs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from govnews_spider.ledger.coverage import Gap
from govnews_spider.runs.rejections import read_rejections
from govnews_spider.runs.run import Run
from govnews_spider.storage.atomic import replace_files
from govnews_spider.storage.errors import StorageError, storage_error
from govnews_spider.storage.layout import DataFolder

T = TypeVar("T")

_STALE_AFTER: Final = 72.0
"""Hours: the value of ``GOVNEWS_STALE_AFTER`` in a run that names no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedListStats:
    """Counts of a list in a run report; times are aware."""

    newest: datetime | None
    stale: bool | None
    """None where the run did not judge."""
    gaps: list[Gap]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedRun:
    """A run that ended; ``balance`` has every outcome, and ``seen``."""

    run_id: str
    spider: str
    arguments: dict[str, str]
    settings: dict[str, str]
    """Those that were given; empty in a report of a version that did not name them."""
    started: datetime
    seconds: float | None
    exit_code: int
    exit_reason: str
    after: list[str]
    """Names of the runs before it that were killed."""
    balance: dict[str, int]
    marked: dict[str, int]
    """New mark of rows that were stored before → number of rows."""
    lists: dict[str, SavedListStats]


@dataclass(slots=True)
class SavedRuns:
    """All runs, the newest first."""

    runs: list[SavedRun] = field(default_factory=list)
    killed: list[str] = field(default_factory=list)
    """Names of runs that left no report."""
    unfinished: list[str] = field(default_factory=list)
    """Names of runs that have begun and not ended: they are going on, or were killed."""
    rejections: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Slug and outcome (``rejected`` or ``failed``) → lines in the logs of all runs."""


def write_run_report(data: Path, run: Run) -> None:
    """Writes ``runs/<run_id>.json``; raises OSError."""
    text = json.dumps(run.as_json(), ensure_ascii=False, indent=1) + "\n"
    content = text.encode("utf-8", "backslashreplace")  # a path of the arguments may be no UTF-8
    replace_files(data, {DataFolder(data).run_report(run.run_id): content})


def read_run_report(path: Path, read: Callable[[dict[str, Any]], T]) -> T:
    """The result of ``read`` for the report; raises OSError, and ValueError for a report that is no JSON or misses a value."""
    try:
        return read(json.loads(path.read_bytes()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def load_runs(data: Path) -> SavedRuns:
    """Reads all reports and logs. Raises StorageError: ``unreadable_report`` for a damaged one, or the system's error."""
    saved = SavedRuns()
    for path in DataFolder(data).run_reports():
        with _errors_of(path):
            saved.runs.append(read_run_report(path, _saved_run))
    saved.runs.sort(key=lambda run: (run.started, run.run_id), reverse=True)
    killed = {name for run in saved.runs for name in run.after}
    saved.killed = sorted(killed - {run.run_id for run in saved.runs}, reverse=True)
    for path in DataFolder(data).rejection_logs():
        with _errors_of(path):
            saved.rejections.update((slug, outcome) for slug, outcome in read_rejections(path, "slug", "outcome"))
    return saved


@contextmanager
def _errors_of(path: Path) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        detail = f"{path}: {error}; put back a copy of it, or move it away"
        raise StorageError("unreadable_report", detail) from error
    except OSError as error:
        raise storage_error(error, path) from error


def _saved_run(report: dict[str, Any]) -> SavedRun:
    return SavedRun(
        run_id=str(report["run_id"]),
        spider=str(report["spider"]),
        arguments={str(name): str(value) for name, value in report["arguments"].items()},
        settings={str(name): str(value) for name, value in report.get("settings", {}).items()},
        started=_time(report["started"]),
        seconds=None if report["seconds"] is None else float(report["seconds"]),
        exit_code=int(report["exit_code"]),
        exit_reason=str(report["exit_reason"]),
        after=[str(name) for name in report["after"]],
        balance={str(name): int(count) for name, count in report["balance"].items()},
        marked={str(name): int(count) for name, count in report.get("marked", {}).items()},
        lists={str(name): _saved_list(stats, report) for name, stats in report["lists"].items()},
    )


def _saved_list(stats: dict[str, Any], report: dict[str, Any]) -> SavedListStats:
    return SavedListStats(
        newest=_time(stats["newest"]) if stats["newest"] else None,
        stale=_is_stale(stats, report),
        gaps=[Gap(_time(since), _time(until)) for since, until in stats["gaps"]],
    )


def _is_stale(stats: dict[str, Any], report: dict[str, Any]) -> bool | None:
    """Whether the run judged the list stale; None where it saw no row, or expected no news.

    Reports of earlier versions have ``false`` where no run judged, too: in a backfill, in a replay, and where the setting is 0. So
    theirs counts only from a run that looked for news, and of a list that was young enough.
    """
    if stats["newest"] is None:
        return None
    if stats["stale"]:
        return True
    settings = report.get("settings", {})
    if stats["stale"] is None or "since" in report["arguments"] or settings.get("GOVNEWS_REPLAY"):
        return None
    limit = float(settings.get("GOVNEWS_STALE_AFTER", _STALE_AFTER))
    return False if limit and (stats["age_hours"] or 0) <= limit else None


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text!r} names no zone")
    return time
