"""Read-only view of a ledger, for reports and the dataset card: it is neither upgraded nor changed, and a run may be writing to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from govnews_spider.ledger.coverage import Coverage, Gap
from govnews_spider.ledger.schema import ledger_uri
from govnews_spider.storage.errors import storage_error

_KNOWS_LISTS: Final = 2
"""Version of the schema from which on a ledger has the tables of lists and runs."""
_YEARS: Final = """
    SELECT substr(day, 1, 4), sum(articles), sum(reprints), sum(revisions), min(day), max(day)
    FROM tallies GROUP BY 1
"""


class LedgerView:
    """Queries on an open ledger."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def lists(self) -> dict[str, tuple[datetime, list[Gap]]]:
        """Name of each list that was read newest first → the time up to which it was read, and its gaps."""
        rows = self._db.execute("SELECT name, through FROM lists").fetchall()
        return {name: (datetime.fromisoformat(through), Coverage(self._db).gaps(name)) for name, through in rows}

    def unfinished_runs(self) -> list[str]:
        """The runs whose end is not noted: they go on, or were killed."""
        return [run_id for (run_id,) in self._db.execute("SELECT run_id FROM runs WHERE finished IS NULL")]

    def list_names(self) -> list[str]:
        """Names of all lists and of all archives of lists that were read."""
        return [
            name for (name,) in self._db.execute("SELECT name FROM lists UNION SELECT name FROM windows ORDER BY name")
        ]

    def years(self) -> list[tuple[str, int, int, int, str, str]]:
        """Year, articles, reprints, superseded revisions, first and last day; the oldest year first."""
        return self._db.execute(_YEARS).fetchall()

    def count(self) -> tuple[int, int]:
        """Numbers of gaps, and of rows in the outbox."""
        ((gaps, queued),) = self._db.execute("SELECT (SELECT count(*) FROM gaps), (SELECT count(*) FROM outbox)")
        return gaps, queued


@contextmanager
def view_ledger(path: Path) -> Iterator[LedgerView | None]:
    """The view of a ledger; None where there is none, or one from before it knew of lists and runs.

    Raises :class:`StorageError` for a ledger that is damaged or not given by the system.
    """
    if not path.exists():
        yield None
        return
    try:
        with closing(sqlite3.connect(ledger_uri(path), uri=True)) as db:
            db.execute("PRAGMA query_only = ON")
            knows_lists = db.execute("PRAGMA user_version").fetchone()[0] >= _KNOWS_LISTS
            yield LedgerView(db) if knows_lists else None
    except sqlite3.Error as error:
        raise storage_error(error, path) from error
