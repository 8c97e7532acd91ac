"""Freshness and gaps of each list, from the ledger and the run reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from govnews_spider.ledger.coverage import Gap
from govnews_spider.ledger.view import view_ledger
from govnews_spider.runs.saved_runs import SavedRun
from govnews_spider.storage.layout import DataFolder


@dataclass(slots=True)
class ListState:
    """A list, as far as it is known; times are aware."""

    name: str
    newest: datetime | None = None
    """The newest row that any run saw of it; None where no run did."""
    stale: bool | None = None
    """What the last run that judged it found; None where none did."""
    judged: datetime | None = None
    """When that run began."""
    through: datetime | None = None
    """Up to when it was read, but for its gaps; None where the ledger does not know."""
    gaps: list[Gap] = field(default_factory=list)


def list_states(data: Path, runs: Sequence[SavedRun]) -> list[ListState]:
    """Every list that a run or the ledger knows, by name; ``runs`` has the newest run first.

    What the ledger says of gaps counts; where there is none, the last run's account does.
    Raises :class:`govnews_spider.storage.errors.StorageError` for a ledger that is damaged or not given by the system.
    """
    states: dict[str, ListState] = {}
    for run in runs:
        for name, account in run.lists.items():
            state = states.setdefault(name, ListState(name, gaps=account.gaps))
            state.newest = max(filter(None, (state.newest, account.newest)), default=None)
            if state.stale is None and account.stale is not None:
                state.stale, state.judged = account.stale, run.started
    with view_ledger(DataFolder(data).ledger) as view:
        for name, (through, gaps) in (view.lists() if view is not None else {}).items():
            state = states.setdefault(name, ListState(name))
            state.through, state.gaps = through, gaps
    return sorted(states.values(), key=lambda state: state.name)


def unfinished(data: Path) -> list[str]:
    """The runs whose end is not noted: they go on, or were killed. Raises as :func:`list_states`."""
    with view_ledger(DataFolder(data).ledger) as view:
        return view.unfinished_runs() if view is not None else []
