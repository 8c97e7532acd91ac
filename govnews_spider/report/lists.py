"""How fresh each list is, and what of it was never read: from the ledger, and from the accounts of the runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from govnews_spider.coverage import Coverage, Gap
from govnews_spider.database import MIGRATIONS
from govnews_spider.faults import named
from govnews_spider.report.accounts import Account


@dataclass(slots=True)
class ListState:
    """A list, as far as it is known; times are aware."""

    name: str
    newest: datetime | None = None
    """The newest row that the last run saw of it; None where no run did."""
    stale: bool = False
    """Whether that run found it stale."""
    through: datetime | None = None
    """Up to when it was read, but for its gaps; None where the ledger does not know."""
    gaps: list[Gap] = field(default_factory=list)


def list_states(data: Path, runs: Sequence[Account]) -> list[ListState]:
    """Every list that a run or the ledger knows, by name; ``runs`` has the newest run first.

    What the ledger says of gaps counts; where there is none, or one of another version, the last run's account does.
    Raises :class:`govnews_spider.faults.Fault` for a ledger that is damaged or not given by the system.
    """
    states: dict[str, ListState] = {}
    for run in runs:
        for name, account in run.lists.items():
            states.setdefault(name, ListState(name, account.newest, account.stale, gaps=account.gaps))
    path = data / "ledger.sqlite"
    if path.exists():
        try:
            for known in _known(path):
                state = states.setdefault(known.name, known)
                state.through, state.gaps = known.through, known.gaps
        except sqlite3.Error as error:
            raise named(error, path) from error
    return sorted(states.values(), key=lambda state: state.name)


def _known(path: Path) -> list[ListState]:
    # Not by the ledger's own class: a report is no reason to bring a ledger up to today's schema, and a run may be writing to it.
    # Not as read-only either: such a connection leaves its -wal and -shm behind.
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as db:
        db.execute("PRAGMA query_only = ON")
        if db.execute("PRAGMA user_version").fetchone()[0] != len(MIGRATIONS):
            return []
        coverage = Coverage(db)
        rows = db.execute("SELECT name, through FROM lists").fetchall()
        return [
            ListState(name, through=datetime.fromisoformat(through), gaps=coverage.gaps(name)) for name, through in rows
        ]
