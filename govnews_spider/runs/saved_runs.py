"""What the runs say of themselves: ``runs/<run_id>.json``, and what they refused: ``rejected/<run_id>.jsonl``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from govnews_spider.ledger.coverage import Gap
from govnews_spider.storage.errors import StorageError, storage_error
from govnews_spider.storage.layout import DataFolder

_STALE_AFTER: Final = 72.0
"""Hours: what ``GOVNEWS_STALE_AFTER`` is in a run that names no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedListStats:
    """What a run says of a list; times are aware."""

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
    """Those that were given; empty in an account of before they were named."""
    started: datetime
    seconds: float | None
    exit_code: int
    exit_reason: str
    balance: dict[str, int]
    marked: dict[str, int]
    """What rows of before have become by this run → how many."""
    lists: dict[str, SavedListStats]


@dataclass(slots=True)
class SavedRuns:
    """All runs, the newest first; ``killed`` are the names of those that left no account."""

    runs: list[SavedRun] = field(default_factory=list)
    killed: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    """Those that have begun, and are at it now or were killed."""
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Slug and outcome (``rejected`` or ``failed``) → how often, over all runs."""


def load_runs(data: Path) -> SavedRuns:
    """Reads all accounts and logs. Raises Fault ``unreadable_report`` for one that is damaged, or what keeps it from being read."""
    found = SavedRuns()
    killed = set()
    for path in DataFolder(data).run_reports():
        try:
            report = json.loads(_bytes(path))
            found.runs.append(_account(report))
            killed.update(report["after"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _unreadable(path, error) from error
    found.runs.sort(key=lambda run: (run.started, run.run_id), reverse=True)
    found.killed = sorted(killed - {run.run_id for run in found.runs}, reverse=True)
    for path in DataFolder(data).rejection_logs():
        found.refused.update(_refused(path))
    return found


def _account(report: dict[str, Any]) -> SavedRun:
    return SavedRun(
        run_id=str(report["run_id"]),
        spider=str(report["spider"]),
        arguments={str(name): str(value) for name, value in report["arguments"].items()},
        settings={str(name): str(value) for name, value in report.get("settings", {}).items()},
        started=_time(report["started"]),
        seconds=None if report["seconds"] is None else float(report["seconds"]),
        exit_code=int(report["exit_code"]),
        exit_reason=str(report["exit_reason"]),
        balance={str(name): int(count) for name, count in report["balance"].items()},
        marked={str(name): int(count) for name, count in report.get("marked", {}).items()},
        lists={str(name): _list(account, report) for name, account in report["lists"].items()},
    )


def _list(account: dict[str, Any], report: dict[str, Any]) -> SavedListStats:
    return SavedListStats(
        newest=_time(account["newest"]) if account["newest"] else None,
        stale=_verdict(account, report),
        gaps=[Gap(_time(since), _time(until)) for since, until in account["gaps"]],
    )


def _verdict(account: dict[str, Any], report: dict[str, Any]) -> bool | None:
    """Whether the run found the list stale; None where it saw no row, or expected no news.

    Accounts of before say ``false`` where nobody judged, too: in a backfill, in a replay, and where the setting is 0. So theirs counts
    only from a run that looked for news, and of a list that was young enough.
    """
    if account["newest"] is None:
        return None
    if account["stale"]:
        return True
    settings = report.get("settings", {})
    if account["stale"] is None or "since" in report["arguments"] or settings.get("GOVNEWS_REPLAY"):
        return None
    limit = float(settings.get("GOVNEWS_STALE_AFTER", _STALE_AFTER))
    return False if limit and (account["age_hours"] or 0) <= limit else None


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text!r} names no zone")
    return time


def _refused(path: Path) -> Iterator[tuple[str, str]]:
    """Slug and outcome of each line. The last one may break off: so does the log of a run that was killed."""
    for number, line in enumerate(_bytes(path).splitlines(keepends=True), 1):
        if line.endswith(b"\n"):
            try:
                entry = json.loads(line)
                yield str(entry["slug"]), str(entry["outcome"])
            except (ValueError, KeyError, TypeError) as error:
                raise _unreadable(path, error, f"line {number}: ") from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise storage_error(error, path) from error


def _unreadable(path: Path, error: Exception, place: str = "") -> StorageError:
    what = f"{place}{type(error).__name__}: {error}"
    return StorageError("unreadable_report", f"{path}: {what}; put back a copy of it, or move it away")
