"""Snapshots of a dataset, the differences of two of them, and the leftovers of interrupted runs."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from govnews_spider.ledger.ledger import Ledger

FOLDERS = ("articles", "revisions", "reprints")
RUN_COLUMNS = frozenset({"run_id", "first_seen", "fetched_at", "origin"})
"""Columns that differ from run to run: its id, its times, and the page's location in its archive."""

Row = dict[str, Any]
Key = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class DatasetSnapshot:
    """Snapshot of a data folder: every row, with its folder as one more column, and every post."""

    rows: list[Row]
    posts: dict[str, bytes]

    @classmethod
    def read(cls, data: Path) -> DatasetSnapshot:
        files = [(folder, path) for folder in FOLDERS for path in sorted((data / folder).rglob("*.parquet"))]
        rows = [row | {"folder": folder} for folder, path in files for row in pq.ParquetFile(path).read().to_pylist()]
        posts = {str(path.relative_to(data)): path.read_bytes() for path in (data / "posts").rglob("*.*")}
        return cls(rows, posts)

    def keys(self, *folders: str) -> Counter[Key]:
        """Number of rows of each version of an article, in these folders or in all."""
        rows = [row for row in self.rows if row["folder"] in (folders or FOLDERS)]
        return Counter((row["article_id"], row["revision"], row["content_hash"]) for row in rows)

    def current(self) -> Counter[str]:
        """Number of rows of each article, without its earlier revisions."""
        return Counter(row["article_id"] for row in self.rows if row["folder"] != "revisions")

    def reprints(self) -> dict[str, str | None]:
        """The article_id of each row in ``reprints/`` → the article that it repeats."""
        return {row["article_id"]: row["duplicate_of"] for row in self.rows if row["folder"] == "reprints"}


@dataclass(slots=True)
class DatasetDifferences:
    """Differences of two snapshots; every list is empty where there are none."""

    lost: list[Key] = field(default_factory=list)
    doubled: list[Key] = field(default_factory=list)
    """Rows too many, be it the same version twice, one that nobody published, or an article's row in ``articles/`` and ``reprints/``."""
    different: list[str] = field(default_factory=list)
    """Article and columns of rows whose values differ."""
    posts: list[str] = field(default_factory=list)
    """Posts that are missing, too many or not equal to the byte."""
    reprints: list[str] = field(default_factory=list)
    """Reprints that differ from those of the site's catalog; :func:`compare` leaves it empty."""
    leftovers: list[str] = field(default_factory=list)
    """Lines of :func:`leftovers`; :func:`compare` leaves it empty."""


def compare(expected: DatasetSnapshot, actual: DatasetSnapshot) -> DatasetDifferences:
    """``actual`` against ``expected``, column by column, without :data:`RUN_COLUMNS`."""
    missing, extra = expected.keys() - actual.keys(), actual.keys() - expected.keys()
    differences = DatasetDifferences(lost=[*missing.elements()], doubled=[*extra.elements()])
    reported = {article_id for article_id, *_ in differences.doubled}
    twice = {article_id for article_id, count in actual.current().items() if count > 1} - reported
    differences.doubled += [key for key in actual.keys("articles", "reprints") if key[0] in twice]
    rows = {(row["article_id"], row["revision"]): row for row in expected.rows}
    for row in actual.rows:
        wanted = rows.get((row["article_id"], row["revision"]), row)
        names = [name for name in {**row, **wanted} if name not in RUN_COLUMNS and row.get(name) != wanted.get(name)]
        differences.different += [f"{row['article_id']}: {', '.join(names)}"] if names else []
    paths = sorted({*expected.posts, *actual.posts})
    differences.posts = [path for path in paths if expected.posts.get(path) != actual.posts.get(path)]
    return differences


def leftovers(data: Path, snapshot: DatasetSnapshot) -> Iterator[str]:
    """Traces of an interrupted run and contradictions between ledger and rows, one line each; none after a run that ended by itself."""
    yield from (f"{path}: a part file" for path in data.rglob("*.part") if path.is_file())
    yield from (f"{article_id}: {count} rows, not one" for article_id, count in snapshot.current().items() if count > 1)
    with Ledger(data / "ledger.sqlite") as ledger:
        yield from (f"{row.article_id}: still in the outbox" for batch in ledger.pending() for row in batch.articles)
    with closing(sqlite3.connect(data / "ledger.sqlite")) as db:
        identities = set(db.execute("SELECT article_id, revision, content_hash FROM identities"))
        damage = db.execute("PRAGMA integrity_check").fetchall()
    stray = identities ^ set(snapshot.keys("articles", "reprints"))
    yield from (f"{key}: in the ledger or in the rows, not in both" for key in stray)
    yield from (f"ledger: {line}" for (line,) in damage if line != "ok")
