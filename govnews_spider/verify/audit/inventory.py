"""Inventory of a data folder: its rows and output files in a scratch database, beside the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from typing import Final, Self

from govnews_spider.article import Article
from govnews_spider.core.dedup.identity import aliases, text_key
from govnews_spider.ledger.outbox import iso, to_json
from govnews_spider.storage.layout import DATASETS, LEDGER, LOST, DataFolder, day_of
from govnews_spider.storage.scratch import scratch_database
from govnews_spider.storage.writers import derived_writers
from govnews_spider.verify.audit.damaged_ledger import Outbox, ledger_fault

_SCHEMA: Final = """
    CREATE TABLE rows (
        article_id TEXT, revision INTEGER, folder TEXT, path TEXT, day TEXT, content_hash TEXT, published_at TEXT, url TEXT,
        origin TEXT, first_seen TEXT, seen TEXT, duplicate_of TEXT, similarity REAL, reason TEXT, text_key BLOB, digest BLOB
    );
    CREATE INDEX rows_of ON rows (article_id, revision);
    CREATE INDEX rows_in ON rows (folder);
    CREATE VIEW settled AS SELECT * FROM rows r WHERE NOT EXISTS (
        SELECT 1 FROM rows w WHERE w.article_id = r.article_id AND w.folder = 'outbox'
    );
    CREATE TABLE newest (
        article_id TEXT PRIMARY KEY, revision INTEGER, content_hash TEXT, published_at TEXT, day TEXT, first_seen TEXT, seen TEXT,
        duplicate_of TEXT, similarity REAL, reason TEXT, text_key BLOB
    ) WITHOUT ROWID;
    CREATE TABLE aliases (alias TEXT PRIMARY KEY, article_id TEXT) WITHOUT ROWID;
    CREATE TABLE outputs (path TEXT PRIMARY KEY, noun TEXT) WITHOUT ROWID;
    CREATE TABLE lost (article_id TEXT, revision INTEGER, PRIMARY KEY (article_id, revision)) WITHOUT ROWID;
"""
_NEWEST: Final = """
    INSERT INTO newest
    SELECT article_id, revision, content_hash, published_at, day, first_seen, seen, duplicate_of, similarity, reason, text_key FROM (
        SELECT *, max(revision * 2 + (folder = 'outbox')) FROM rows WHERE folder <> 'revisions' GROUP BY article_id
    )
"""


class Inventory:
    """Rows and output files of a data folder, in ``db``; the ledger is attached as ``ledger`` where it can be read (``fault`` is None).

    Rows that wait in the outbox stand among the others under the folder ``outbox``, before any file is read. An article that
    has one is on its way: its files may be those of before, of after, or both. All others are ``settled``.
    """

    def __init__(self, data: Path) -> None:
        self.folder = DataFolder(data)
        self.db = scratch_database(_SCHEMA)
        path = self.folder.ledger
        self.fault = ledger_fault(path)
        if self.fault is None:
            self.db.execute("ATTACH ? AS ledger", (str(path),))
            self.db.execute("PRAGMA ledger.synchronous = FULL")
        self.db.execute("BEGIN")
        for article in Outbox(path).articles():
            self.add("outbox", LEDGER, [article])
        for writer in derived_writers().values():
            paths = ((self.folder.relative(path), writer.noun) for path in data.glob(writer.pattern))
            self.db.executemany("INSERT OR IGNORE INTO outputs VALUES (?, ?)", paths)
        self.db.executemany("INSERT OR IGNORE INTO lost VALUES (?, ?)", lost_rows(data))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.db.close()

    def files_by_day(self) -> Iterator[list[str]]:
        """Paths of the Parquet files below the data folder, those named after one day together."""
        paths = [self.folder.relative(path) for path in self.folder.parquet_files(*DATASETS)]
        for _, group in groupby(sorted(paths, key=_day_key), key=_day_key):
            yield list(group)

    def add(self, folder: str, path: str, articles: Sequence[Article]) -> None:
        """Lists rows that were found there."""
        self.db.executemany(
            f"INSERT INTO rows VALUES ({', '.join('?' * 16)})",  # noqa: S608  # question marks only
            (_listed(article, folder, path) for article in articles),
        )
        if folder != "revisions":
            also = [(alias, article.article_id) for article in articles for alias in aliases(article)]
            self.db.executemany("INSERT OR REPLACE INTO aliases VALUES (?, ?)", also)

    def end(self) -> None:
        """All rows are listed: which of each article is the newest."""
        self.db.execute(_NEWEST)
        self.db.execute("COMMIT")

    def waits(self, article_id: str) -> bool:
        """Whether a row of the article waits in the outbox."""
        sql = "SELECT 1 FROM rows WHERE article_id = ? AND folder = 'outbox'"
        return self.db.execute(sql, (article_id,)).fetchone() is not None

    def meet_output(self, path: str) -> bool:
        """Whether there is such an output file that no row has claimed yet; now one has."""
        return self.db.execute("DELETE FROM outputs WHERE path = ?", (path,)).rowcount > 0

    def count(self, sql: str) -> int:
        """The one number that the query gives."""
        number: int = self.db.execute(sql).fetchone()[0]
        return number


def _day_key(path: str) -> str:
    """The day in the name of a file, else its whole path."""
    return str(day_of(path) or path)


def lost_rows(data: Path) -> list[tuple[str, int]]:
    """Article and revision of each line of :data:`LOST`; revision 0: all of them."""
    try:
        lines = (data / LOST).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [(line["article_id"], line["revision"]) for line in map(json.loads, lines)]


def _listed(article: Article, folder: str, path: str) -> tuple[object, ...]:
    first_seen = iso(article.first_seen) if article.first_seen else None
    return (
        *(article.article_id, article.revision, folder, path, article.day.isoformat()),
        *(article.content_hash, iso(article.published_at), article.url, article.origin),
        *(first_seen, iso(article.fetched_at) if article.fetched_at else first_seen, article.duplicate_of),
        *(
            article.similarity,
            article.provenance.get("duplicate_of"),
            text_key(article) if folder != "revisions" else None,
        ),
        blake2b(to_json(article).encode("utf-8", "surrogatepass"), digest_size=16).digest(),
    )
