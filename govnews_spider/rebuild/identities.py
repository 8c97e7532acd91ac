"""All articles in the order in which they were fetched: which of them are one, and which are new revisions, as a crawl finds it.

This is done in one process: it is a few look-ups for each page, and each depends on those before.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from govnews_spider.article import Article
from govnews_spider.core.dedup.fingerprint import BANDS, ROWS
from govnews_spider.core.dedup.identity import Fingerprint
from govnews_spider.ledger.identities import Identities, Validators, addresses_of
from govnews_spider.ledger.near_duplicates import FingerprintIndex
from govnews_spider.ledger.policy import Change, decide
from govnews_spider.ledger.schema import connect
from govnews_spider.rebuild.page_files import Shares
from govnews_spider.rebuild.work_items import QUICK, atomic_output, attached, table_file
from govnews_spider.rebuild.workspace import Workspace

DIGEST: Final = BANDS * ROWS
"""Bytes."""
TEXT: Final = np.dtype([("page", "<i8"), ("digest", "u1", DIGEST)])
"""What is kept of a text: a page that has it, and what is left of its sketch."""
_SCHEMA: Final = """
    CREATE TABLE rows (
        article_id TEXT, revision INTEGER, page INTEGER, day TEXT, also TEXT, PRIMARY KEY (article_id, revision)
    ) WITHOUT ROWID;
    CREATE TABLE outcomes (outcome TEXT PRIMARY KEY, count INTEGER);
"""
_SEEN: Final = """
    CREATE TEMP TABLE seen (
        number INTEGER PRIMARY KEY, at TEXT, article_id TEXT, url TEXT, fetched TEXT, etag TEXT, last_modified TEXT, content_hash TEXT,
        published_at TEXT, text_key BLOB, digest BLOB
    )
"""
_ALSO: Final = "UPDATE rows SET also = ?1 WHERE article_id = ?2 AND revision = ?3 AND also != ?1"
_COLUMNS: Final = (
    "number, at, article_id, url, fetched, etag, last_modified, content_hash, published_at, text_key, digest"
)


class _Seen(NamedTuple):
    """An article as it was fetched at a time."""

    page: int
    at: str
    article_id: str
    url: str | None
    fetched: str
    etag: str | None
    last_modified: str | None
    content_hash: str
    published_at: str
    text_key: bytes | None
    digest: bytes | None

    def article(self) -> Article:
        """What identities are told by."""
        unsaid = dict.fromkeys(("title", "published_raw", "published_from", "body_html", "layout", "origin"), "")
        time = datetime.fromisoformat(self.published_at)
        told = {"article_id": self.article_id, "url": self.url, "content_hash": self.content_hash}
        return Article(**told, **unsaid, published_at=time)  # type: ignore[arg-type]


def identify(space: Workspace, shares: Shares) -> int:
    """Makes the ledger with its identities, the rows of all revisions, and the list of texts; returns how many articles there are."""
    space.ledger.unlink(missing_ok=True)
    with ExitStack() as stack:
        ledger = stack.enter_context(closing(_ledger(space.ledger)))
        rows = stack.enter_context(table_file(space.rows, _SCHEMA))
        texts = np.memmap(stack.enter_context(atomic_output(space.texts)), TEXT, "w+", shape=(shares.count + 1,))
        of_pages = np.memmap(
            stack.enter_context(atomic_output(space.texts_of_pages)), np.int64, "w+", shape=(shares.count + 1,)
        )
        ledger.execute("BEGIN")
        told = _Telling(ledger, rows)
        for seen in _in_time(space, shares):
            text = told.add(seen)
            of_pages[seen.page] = text
            if text and not texts[text]["page"]:
                texts[text] = (seen.page, np.frombuffer(seen.digest or bytes(DIGEST), np.uint8))
        rows.executemany("INSERT INTO outcomes VALUES (?, ?)", told.outcomes.items())
        rows.execute("CREATE INDEX rows_of ON rows (day)")
        ledger.execute("COMMIT")
        return told.outcomes["stored"]


class _Telling:
    """Does for a whole corpus what :meth:`govnews_spider.ledger.ledger.Ledger.accept` does when pages come in one by one."""

    def __init__(self, ledger: sqlite3.Connection, rows: sqlite3.Connection) -> None:
        self.outcomes: Counter[str] = Counter()
        self._identities = Identities(ledger)
        self._texts = FingerprintIndex(ledger)
        self._rows = rows

    def add(self, seen: _Seen) -> int:
        """Takes the next page in; returns the number of its text, 0 where it has none or is nothing new."""
        article = seen.article()
        newcomer = self._identities.newcomer(article)
        decision = decide(newcomer)
        addresses = addresses_of(article, seen.fetched, Validators(seen.etag, seen.last_modified))
        self._identities.note(newcomer, decision.alias, addresses)
        article.article_id, article.revision = newcomer.article_id, decision.revision
        aliases = self._also(newcomer.article_id, newcomer.stored.revision) if newcomer.stored is not None else []
        if decision.alias is not None:
            aliases = list(dict.fromkeys([*aliases, decision.alias]))
        if decision.change is Change.UNCHANGED:
            self.outcomes["unchanged"] += 1
            self._identities.mark_seen(article.article_id, seen.at)
            self._rows.execute(_ALSO, (" ".join(aliases), article.article_id, article.revision))
            return 0
        self.outcomes["revised" if decision.change is Change.REVISION else "stored"] += 1
        text = self._text(seen)
        self._identities.write(article, text or None, seen.at)
        row = (article.article_id, article.revision, seen.page, article.day.isoformat(), " ".join(aliases))
        self._rows.execute("INSERT INTO rows VALUES (?, ?, ?, ?, ?)", row)
        return text

    def _also(self, article_id: str, revision: int) -> list[str]:
        """The other ids that its newest row names."""
        found = self._rows.execute(
            "SELECT also FROM rows WHERE article_id = ? AND revision = ?", (article_id, revision)
        )
        return str(found.fetchone()[0]).split()

    def _text(self, seen: _Seen) -> int:
        if seen.text_key is None:
            return 0
        traced = Fingerprint(seen.text_key, [], seen.digest)
        number = self._texts.find(traced)
        return self._texts.add(traced, ()) if number is None else number


def _ledger(path: Path) -> sqlite3.Connection:
    """A new ledger, which is thrown away where the work on it is interrupted."""
    db = connect(path)
    db.executescript(QUICK)
    return db


def _in_time(space: Workspace, shares: Shares) -> Iterator[_Seen]:
    """The articles of all pages in the order in which they were fetched; sorted on the disk."""
    with closing(sqlite3.connect("", isolation_level=None)) as db:
        db.executescript(f"{QUICK} {_SEEN}")
        for begin, end in shares:
            with attached(db, space.pages(begin, end)):
                db.execute(f"INSERT INTO seen SELECT {_COLUMNS} FROM part.pages")  # noqa: S608
        for row in db.execute(f"SELECT {_COLUMNS} FROM seen ORDER BY at, number"):  # noqa: S608
            yield _Seen(*row)
