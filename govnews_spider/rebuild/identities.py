"""Identities of all articles in the order in which they were fetched: articles, revisions and aliases, as a crawl decides.

This is done in one process: a page costs a few look-ups, and each depends on the pages before.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import datetime
from typing import Final, NamedTuple

import numpy as np

from govnews_spider.article import Article
from govnews_spider.core.dedup.fingerprint import BANDS, ROWS
from govnews_spider.core.dedup.identity import Fingerprint
from govnews_spider.ledger.identities import Identities, Validators, addresses_of
from govnews_spider.ledger.near_duplicates import FingerprintIndex
from govnews_spider.ledger.policy import Change, decide
from govnews_spider.ledger.schema import connect
from govnews_spider.rebuild.page_files import PageRanges
from govnews_spider.rebuild.work_items import CACHE_KIB, UNSAFE_PRAGMAS, attached, output_database
from govnews_spider.rebuild.workspace import Workspace
from govnews_spider.storage.atomic import atomic_output
from govnews_spider.storage.scratch import scratch_database

DIGEST: Final = BANDS * ROWS
"""Bytes."""
TEXT: Final = np.dtype([("page", "<i8"), ("digest", "u1", DIGEST)])
"""Entry of a text: a page that has it, and the digest of its sketch."""
_SCHEMA: Final = """
    CREATE TABLE rows (
        article_id TEXT, revision INTEGER, page INTEGER, day TEXT, aliases TEXT, PRIMARY KEY (article_id, revision)
    ) WITHOUT ROWID;
    CREATE TABLE outcomes (outcome TEXT PRIMARY KEY, count INTEGER);
"""
_SET_ALIASES: Final = "UPDATE rows SET aliases = ?1 WHERE article_id = ?2 AND revision = ?3 AND aliases != ?1"
_COLUMNS: Final = (
    "number, at, article_id, url, fetched, etag, last_modified, content_hash, published_at, text_key, digest"
)


class _FetchedArticle(NamedTuple):
    """Article of a page, with the time at which it was fetched and what identifies it."""

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
        """An article with the fields that the revision policy reads."""
        unread = dict.fromkeys(("title", "published_raw", "published_from", "body_html", "layout", "origin"), "")
        fields = {"article_id": self.article_id, "url": self.url, "content_hash": self.content_hash}
        return Article(**fields, **unread, published_at=datetime.fromisoformat(self.published_at))  # type: ignore[arg-type]


def identify(space: Workspace, ranges: PageRanges) -> int:
    """Makes the ledger with its identities, the rows of all revisions, and the list of texts; returns the number of articles."""
    space.ledger.unlink(missing_ok=True)
    shape = (ranges.count + 1,)
    with ExitStack() as stack:
        ledger = stack.enter_context(closing(connect(space.ledger)))
        ledger.executescript(UNSAFE_PRAGMAS)
        rows = stack.enter_context(output_database(space.rows, _SCHEMA))
        texts = np.memmap(stack.enter_context(atomic_output(space.texts)), TEXT, "w+", shape=shape)
        of_pages = np.memmap(stack.enter_context(atomic_output(space.texts_of_pages)), np.int64, "w+", shape=shape)
        ledger.execute("BEGIN")
        identification = _Identification(ledger, rows)
        for fetched in _by_time(space, ranges):
            text = identification.add(fetched)
            of_pages[fetched.page] = text
            if text and not texts[text]["page"]:
                texts[text] = (fetched.page, np.frombuffer(fetched.digest or bytes(DIGEST), np.uint8))
        rows.executemany("INSERT INTO outcomes VALUES (?, ?)", identification.outcomes.items())
        rows.execute("CREATE INDEX rows_of ON rows (day)")
        ledger.execute("COMMIT")
        return identification.outcomes["stored"]


class _Identification:
    """Identities of a whole corpus, as :meth:`govnews_spider.ledger.ledger.Ledger.accept` decides them one by one."""

    def __init__(self, ledger: sqlite3.Connection, rows: sqlite3.Connection) -> None:
        self.outcomes: Counter[str] = Counter()
        self._identities = Identities(ledger)
        self._texts = FingerprintIndex(ledger)
        self._rows = rows

    def add(self, fetched: _FetchedArticle) -> int:
        """Adds the next page; returns the number of its text, 0 where it has none or is nothing new."""
        article = fetched.article()
        newcomer = self._identities.newcomer(article)
        decision = decide(newcomer)
        addresses = addresses_of(article, fetched.fetched, Validators(fetched.etag, fetched.last_modified))
        self._identities.note(newcomer, decision.alias, addresses)
        article.article_id, article.revision = newcomer.article_id, decision.revision
        aliases = self._aliases(newcomer.article_id, newcomer.stored.revision) if newcomer.stored is not None else []
        if decision.alias is not None:
            aliases = list(dict.fromkeys([*aliases, decision.alias]))
        if decision.change is Change.UNCHANGED:
            self.outcomes["unchanged"] += 1
            self._identities.mark_seen(article.article_id, fetched.at)
            self._rows.execute(_SET_ALIASES, (" ".join(aliases), article.article_id, article.revision))
            return 0
        self.outcomes["revised" if decision.change is Change.REVISION else "stored"] += 1
        text = self._text_number(fetched)
        self._identities.write(article, text or None, fetched.at)
        row = (article.article_id, article.revision, fetched.page, article.day.isoformat(), " ".join(aliases))
        self._rows.execute("INSERT INTO rows VALUES (?, ?, ?, ?, ?)", row)
        return text

    def _aliases(self, article_id: str, revision: int) -> list[str]:
        """Other ids in the row of that revision."""
        sql = "SELECT aliases FROM rows WHERE article_id = ? AND revision = ?"
        return str(self._rows.execute(sql, (article_id, revision)).fetchone()[0]).split()

    def _text_number(self, fetched: _FetchedArticle) -> int:
        if fetched.text_key is None:
            return 0
        fingerprint = Fingerprint(fetched.text_key, [], fetched.digest)
        number = self._texts.find(fingerprint)
        return self._texts.add(fingerprint, ()) if number is None else number


def _by_time(space: Workspace, ranges: PageRanges) -> Iterator[_FetchedArticle]:
    """The articles of all pages in the order in which they were fetched; sorted on disk."""
    schema = f"CREATE TABLE fetched ({_COLUMNS})"
    with closing(scratch_database(schema, cache_kib=CACHE_KIB)) as db:
        for begin, end in ranges:
            with attached(db, space.pages(begin, end)):
                db.execute(f"INSERT INTO fetched SELECT {_COLUMNS} FROM part.pages")  # noqa: S608
        for row in db.execute(f"SELECT {_COLUMNS} FROM fetched ORDER BY at, number"):  # noqa: S608
            yield _FetchedArticle(*row)
