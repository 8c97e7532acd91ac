"""What a crawl leaves in its data folder, and how that differs from what another one left."""

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
OWN = frozenset({"run_id", "first_seen", "fetched_at", "origin"})
"""The columns that say by which run and when, and where in its archive the page stands."""

Row = dict[str, Any]
Key = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Remains:
    """Every row, with its folder as one more column, and every post."""

    rows: list[Row]
    posts: dict[str, bytes]

    @classmethod
    def read(cls, data: Path) -> Remains:
        files = [(folder, path) for folder in FOLDERS for path in sorted((data / folder).rglob("*.parquet"))]
        rows = [row | {"folder": folder} for folder, path in files for row in pq.ParquetFile(path).read().to_pylist()]
        posts = {str(path.relative_to(data)): path.read_bytes() for path in (data / "posts").rglob("*.*")}
        return cls(rows, posts)

    def keys(self, *folders: str) -> Counter[Key]:
        """How often each version of an article is there, in these folders or in all."""
        rows = [row for row in self.rows if row["folder"] in (folders or FOLDERS)]
        return Counter((row["article_id"], row["revision"], row["content_hash"]) for row in rows)

    def current(self) -> Counter[str]:
        """In how many rows each article stands, those of its earlier revisions left out."""
        return Counter(row["article_id"] for row in self.rows if row["folder"] != "revisions")

    def reprints(self) -> dict[str, str | None]:
        """The article_id of each row in ``reprints/`` → the one that it is said to repeat."""
        return {row["article_id"]: row["duplicate_of"] for row in self.rows if row["folder"] == "reprints"}


@dataclass(slots=True)
class Verdict:
    """Empty lists where all is well."""

    lost: list[Key] = field(default_factory=list)
    doubled: list[Key] = field(default_factory=list)
    """Rows too many, be it the same version twice, one that nobody published, or an article's row in ``articles/`` and ``reprints/``."""
    different: list[str] = field(default_factory=list)
    """Article and columns of rows that do not say the same."""
    posts: list[str] = field(default_factory=list)
    """Posts that are missing, too many or not the same to the byte."""
    reprints: list[str] = field(default_factory=list)
    """Reprints that are none or of another article, and those that are not told: what the site knows, and no crawl."""
    leftovers: list[str] = field(default_factory=list)
    """What only an interrupted run may leave, and what the ledger says against the rows."""


def compare(expected: Remains, found: Remains) -> Verdict:
    """``found`` against ``expected``, column by column, but for the run's own."""
    wanted, there = expected.keys(), found.keys()
    before = {(row["article_id"], row["revision"]): row for row in expected.rows}
    verdict = Verdict(lost=[*(wanted - there).elements()], doubled=[*(there - wanted).elements()])
    told = {article_id for article_id, *_ in verdict.doubled}
    twice = {article_id for article_id, count in found.current().items() if count > 1} - told
    verdict.doubled += [key for key in found.keys("articles", "reprints") if key[0] in twice]
    for row in found.rows:
        other = before.get((row["article_id"], row["revision"]), row)
        names = [name for name in {**row, **other} if name not in OWN and row.get(name) != other.get(name)]
        verdict.different += [f"{row['article_id']}: {', '.join(names)}"] if names else []
    names = sorted({*expected.posts, *found.posts})
    verdict.posts = [name for name in names if expected.posts.get(name) != found.posts.get(name)]
    return verdict


def leftovers(data: Path, found: Remains) -> Iterator[str]:
    """What a run that ended by itself must not leave, one line each."""
    yield from (f"{path}: a part file" for path in data.rglob("*.part") if path.is_file())
    yield from (f"{article_id}: {count} rows, not one" for article_id, count in found.current().items() if count > 1)
    with Ledger(data / "ledger.sqlite") as ledger:
        yield from (f"{row.article_id}: still in the outbox" for batch in ledger.pending() for row in batch.articles)
    with closing(sqlite3.connect(data / "ledger.sqlite")) as db:
        known = set(db.execute("SELECT article_id, revision, content_hash FROM identities"))
        damage = db.execute("PRAGMA integrity_check").fetchall()
    stray = known ^ set(found.keys("articles", "reprints"))
    yield from (f"{key}: in the ledger or in the rows, not in both" for key in stray)
    yield from (f"ledger: {line}" for (line,) in damage if line != "ok")
