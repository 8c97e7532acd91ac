"""What lies in a data folder, listed where it may be as long as it likes: a temporary database on disk, beside the ledger."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Final, Self

from govnews_spider.article import Article
from govnews_spider.core.dedup.identity import aliases, text_key
from govnews_spider.ledger.outbox import iso, to_json
from govnews_spider.verify.audit.damaged_ledger import Outbox, ledger_fault

FOLDERS: Final = ("articles", "reprints", "revisions")
LOST: Final = "damaged/lost.jsonl"
"""Articles and revisions of which no row is left, one JSON object a line: what a repair could not bring back."""

_SCHEMA: Final = """
    PRAGMA main.journal_mode = OFF; PRAGMA main.synchronous = OFF; PRAGMA main.cache_size = -16000;
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
    CREATE TABLE posts (path TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE lost (article_id TEXT, revision INTEGER, PRIMARY KEY (article_id, revision)) WITHOUT ROWID;
"""
_NEWEST: Final = """
    INSERT INTO newest
    SELECT article_id, revision, content_hash, published_at, day, first_seen, seen, duplicate_of, similarity, reason, text_key FROM (
        SELECT *, max(revision * 2 + (folder = 'outbox')) FROM rows WHERE folder <> 'revisions' GROUP BY article_id
    )
"""


class Inventory:
    """Rows and posts of a data folder, in ``db``; the ledger is attached to it as ``ledger`` where it can be read (``fault`` is None).

    Rows that wait in the outbox stand among the others under the folder ``outbox``, before any file is read. An article that
    has one is on its way: its files may be those of before, of after, or both. All others are ``settled``.
    """

    def __init__(self, data: Path) -> None:
        self.data = data
        self.db = sqlite3.connect("", isolation_level=None)
        self.db.executescript(_SCHEMA)
        path = data / "ledger.sqlite"
        self.fault = ledger_fault(path)
        if self.fault is None:
            self.db.execute("ATTACH ? AS ledger", (str(path),))
            self.db.execute("PRAGMA ledger.synchronous = FULL")
        self.db.execute("BEGIN")
        for article in Outbox(path).articles():
            self.add("outbox", "ledger.sqlite", [article])
        paths = ((str(path.relative_to(data)),) for path in data.glob("posts/**/*.md"))
        self.db.executemany("INSERT INTO posts VALUES (?)", paths)
        self.db.executemany("INSERT OR IGNORE INTO lost VALUES (?, ?)", lost_rows(data))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.db.close()

    def day_files(self) -> Iterator[str]:
        """Paths of the Parquet files, below the data folder."""
        for folder in FOLDERS:
            yield from sorted(str(path.relative_to(self.data)) for path in self.data.glob(f"{folder}/**/*.parquet"))

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

    def meet_post(self, path: str) -> bool:
        """Whether there is such a post; it is none without a row then."""
        return self.db.execute("DELETE FROM posts WHERE path = ?", (path,)).rowcount > 0

    def count(self, sql: str) -> int:
        """The one number that the query gives."""
        number: int = self.db.execute(sql).fetchone()[0]
        return number


def day_named(path: str) -> date | None:
    """The day in the name of a day's file; None where it has none."""
    with suppress(ValueError):
        return date.fromisoformat(Path(path).stem)
    return None


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
