"""What is made of archived pages, in a file a share of them: written once, then looked up by page and by key."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from govnews_spider.article import Article, Rejected
from govnews_spider.core.dedup.fingerprint import KEY_BITS
from govnews_spider.core.dedup.identity import Fingerprint
from govnews_spider.ledger.outbox import from_json, iso, to_json
from govnews_spider.rebuild.index import Index, Page
from govnews_spider.rebuild.work_items import open_readonly
from govnews_spider.rebuild.workspace import Workspace

SCHEMA: Final = """
    CREATE TABLE pages (
        number INTEGER PRIMARY KEY, at TEXT, article_id TEXT, url TEXT, fetched TEXT, etag TEXT, last_modified TEXT, content_hash TEXT,
        published_at TEXT, text_key BLOB, digest BLOB, layout TEXT, fallbacks TEXT, size INTEGER, article BLOB
    );
    CREATE TABLE refused (number INTEGER PRIMARY KEY, slug TEXT, detail TEXT, url TEXT, origin TEXT, outcome TEXT);
    CREATE TABLE keys (partition INTEGER PRIMARY KEY, keys BLOB, pages BLOB);
"""
FAILED: Final = frozenset({"internal_error", "worker_killed", "unreadable_archive"})
"""What another extractor, or another day, could read; an answer that was cut short stays so: the archive has nothing to ask again."""
_HELD: Final = 64
"""Files that are held open."""
_HELD_NOW: Final[dict[tuple[int, str], tuple[object, Any]]] = {}
_CODEC: Final = pa.Codec("zstd", compression_level=1)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shares:
    """The pages from 1 to ``count``, ``size`` of them in one file."""

    count: int
    size: int

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Where each begins, and below which number it ends."""
        for begin in range(1, self.count + 1, self.size):
            yield self.of(begin)

    def of(self, page: int) -> tuple[int, int]:
        """The one that the page is in."""
        begin = page - (page - 1) % self.size
        return begin, min(begin + self.size, self.count + 1)


class Made(NamedTuple):
    """An article, and what is told of it besides."""

    article: Article
    fetched: str
    """The address that it was asked for."""
    fallbacks: list[str]
    etag: str | None
    last_modified: str | None


def keep(db: sqlite3.Connection, page: Page, made: Made, traced: Fingerprint | None) -> Sequence[int]:
    """Writes the article; returns the keys by which its text is found."""
    article = made.article
    line = to_json(article).encode()
    assert article.fetched_at is not None  # noqa: S101  # an archived page was fetched
    values = (
        *(page.number, iso(article.fetched_at), article.article_id, article.url),
        *(made.fetched, made.etag, made.last_modified, article.content_hash, iso(article.published_at)),
        *((traced.key, traced.digest) if traced else (None, None)),
        *(article.layout, json.dumps(made.fallbacks), len(line), _CODEC.compress(line, asbytes=True)),
    )
    db.execute(f"INSERT INTO pages VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608
    return traced.bands if traced else ()


def refuse(db: sqlite3.Connection, page: Page, rejected: Rejected) -> None:
    """Writes why the page has no article."""
    failed = rejected.slug in FAILED
    outcome = "off_topic" if rejected.slug == "off_topic" else "failed" if failed else "rejected"
    detail = rejected.detail.encode("utf-8", "replace").decode()
    db.execute(
        "INSERT INTO refused VALUES (?, ?, ?, ?, ?, ?)",
        (page.number, rejected.slug, detail, page.url, str(page.place), outcome),
    )


def keep_keys(db: sqlite3.Connection, keys: list[tuple[int, int]], bits: int) -> None:
    """The keys of one part after the other, in their order, each with its page."""
    table = np.array(sorted(keys), np.int64).reshape(-1, 2)
    parts = table[:, 0] >> (KEY_BITS - bits)
    for part in np.unique(parts).tolist():
        rows = table[parts == part]
        db.execute("INSERT INTO keys VALUES (?, ?, ?)", (part, rows[:, 0].tobytes(), rows[:, 1].tobytes()))


def index_of(space: Workspace) -> Index:
    """The index of the archives, which a thread holds open from one work item to the next."""
    return _held("index", space, lambda: Index(space.index))


def page_files(space: Workspace, shares: Shares) -> PageFiles:
    """The articles that were made, held open in the same way."""
    return _held("pages", (space, shares), lambda: PageFiles(space, shares))


def _held(name: str, key: object, make: Callable[[], T]) -> T:
    """What this thread holds of that name: made anew for another key. A worker of Dask may have several threads."""
    slot = (threading.get_ident(), name)
    now = _HELD_NOW.get(slot)
    if now is None or now[0] != key:
        if now is not None:
            now[1].close()
        now = _HELD_NOW[slot] = (key, make())
    held: T = now[1]
    return held


def let_go() -> None:
    """Gives back what the threads of this process hold, which do no more work: files that are deleted take room until then."""
    while _HELD_NOW:
        _HELD_NOW.popitem()[1][1].close()


class PageFiles:
    """The articles that were made, by the numbers of their pages."""

    def __init__(self, space: Workspace, shares: Shares) -> None:
        self._space = space
        self._shares = shares
        self._open: OrderedDict[tuple[int, int], sqlite3.Connection] = OrderedDict()

    def article(self, page: int) -> Article:
        """The article of that page; raises LookupError where it has none."""
        db = self._file(self._shares.of(page))
        found = db.execute("SELECT size, article FROM pages WHERE number = ?", (page,)).fetchone()
        if found is None:
            raise LookupError(f"page {page} has no article")
        return from_json(_CODEC.decompress(found[1], found[0], asbytes=True).decode())

    def keys(self, part: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Of each file: the keys of that part, ascending, and their pages."""
        for share in self._shares:
            found = self._file(share).execute("SELECT keys, pages FROM keys WHERE partition = ?", (part,)).fetchone()
            if found is not None:
                yield (np.frombuffer(found[0], np.int64), np.frombuffer(found[1], np.int64))

    def _file(self, share: tuple[int, int]) -> sqlite3.Connection:
        if share not in self._open:
            self._open[share] = open_readonly(self._space.pages(*share))
            self._open[share].execute(
                "PRAGMA cache_size = -128"
            )  # of so many files; the system keeps what is read again
            if len(self._open) > _HELD:
                self._open.popitem(last=False)[1].close()
        self._open.move_to_end(share)
        return self._open[share]

    def close(self) -> None:
        """Gives back what it holds."""
        for db in self._open.values():
            db.close()
