"""Freshness and gaps of each list, from the ledger and the run reports."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from govnews_spider.ledger.coverage import Coverage, Gap
from govnews_spider.ledger.schema import ledger_uri
from govnews_spider.runs.saved_runs import SavedRun
from govnews_spider.storage.errors import storage_error
from govnews_spider.storage.layout import DataFolder

_KNOWS_LISTS: Final = 2
"""The version of the schema from which on the ledger knows how far lists were read, and which runs have begun."""


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
    with _ledger(DataFolder(data).ledger) as db:
        if db is not None:
            for name, through in db.execute("SELECT name, through FROM lists").fetchall():
                state = states.setdefault(name, ListState(name))
                state.through, state.gaps = datetime.fromisoformat(through), Coverage(db).gaps(name)
    return sorted(states.values(), key=lambda state: state.name)


def unfinished(data: Path) -> list[str]:
    """The runs that have begun and of which nobody has said that they ended: at it now, or killed. Raises as :func:`list_states`."""
    with _ledger(DataFolder(data).ledger) as db:
        found = db.execute("SELECT run_id FROM runs WHERE finished IS NULL").fetchall() if db else []
    return [run_id for (run_id,) in found]


@contextmanager
def _ledger(path: Path) -> Iterator[sqlite3.Connection | None]:
    """The ledger, for reading; None where there is none, or one of before it knew of lists and runs.

    Not by the ledger's own class: a report is no reason to bring a ledger up to today's schema, and a run may be writing to it.
    """
    if not path.exists():
        yield None
        return
    try:
        with closing(sqlite3.connect(ledger_uri(path), uri=True)) as db:
            db.execute("PRAGMA query_only = ON")
            yield db if db.execute("PRAGMA user_version").fetchone()[0] >= _KNOWS_LISTS else None
    except sqlite3.Error as error:
        raise storage_error(error, path) from error
