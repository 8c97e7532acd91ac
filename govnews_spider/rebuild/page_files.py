"""Page files: the articles of a range of pages, written once by a work item, then looked up by page and by key."""

from __future__ import annotations

import json
import sqlite3
import threading
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
from govnews_spider.storage.lru import LruCache

SCHEMA: Final = """
    CREATE TABLE pages (
        number INTEGER PRIMARY KEY, at TEXT, article_id TEXT, url TEXT, fetched TEXT, etag TEXT, last_modified TEXT, content_hash TEXT,
        published_at TEXT, text_key BLOB, digest BLOB, layout TEXT, fallbacks TEXT, size INTEGER, article BLOB
    );
    CREATE TABLE rejections (number INTEGER PRIMARY KEY, slug TEXT, detail TEXT, url TEXT, origin TEXT, outcome TEXT);
    CREATE TABLE keys (partition INTEGER PRIMARY KEY, keys BLOB, pages BLOB);
"""
FAILED: Final = frozenset({"internal_error", "worker_killed", "unreadable_archive"})
"""Slugs of pages that another version, or another day, could read; a page that breaks off stays so: the archive has no more of it."""
_OPEN_FILES: Final = 64
_CACHED: Final[dict[tuple[int, str], tuple[object, Any]]] = {}
_CODEC: Final = pa.Codec("zstd", compression_level=1)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PageRanges:
    """Ranges of the pages from 1 to ``count``, ``size`` pages in each; one file a range."""

    count: int
    size: int

    def __len__(self) -> int:
        return len(range(0, self.count, self.size))

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """First page of each, and the page after its last."""
        for begin in range(1, self.count + 1, self.size):
            yield self.range_of(begin)

    def range_of(self, page: int) -> tuple[int, int]:
        """The range that has the page."""
        begin = page - (page - 1) % self.size
        return begin, min(begin + self.size, self.count + 1)


class ExtractedArticle(NamedTuple):
    """Article of a page, with what a ledger keeps of its answer."""

    article: Article
    fetched: str
    """Address of the request."""
    fallbacks: list[str]
    etag: str | None
    last_modified: str | None


def write_article(
    db: sqlite3.Connection, page: Page, extracted: ExtractedArticle, fingerprint: Fingerprint | None
) -> Sequence[int]:
    """Writes the article; returns the keys by which its text is found."""
    article, fetched, fallbacks, *validators = extracted
    line = to_json(article).encode()
    assert article.fetched_at is not None  # noqa: S101  # an archived page was fetched
    values = (
        *(page.number, iso(article.fetched_at), article.article_id, article.url),
        *(fetched, *validators, article.content_hash, iso(article.published_at)),
        *((fingerprint.key, fingerprint.digest) if fingerprint else (None, None)),
        *(article.layout, json.dumps(fallbacks), len(line), _CODEC.compress(line, asbytes=True)),
    )
    db.execute(f"INSERT INTO pages VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608
    return fingerprint.bands if fingerprint else ()


def write_rejection(db: sqlite3.Connection, page: Page, rejected: Rejected) -> None:
    """Writes the reason why the page has no article."""
    outcome = "failed" if rejected.slug in FAILED else "rejected"
    outcome = "off_topic" if rejected.slug == "off_topic" else outcome
    detail = rejected.detail.encode("utf-8", "replace").decode()
    row = (page.number, rejected.slug, detail, page.url, str(page.location), outcome)
    db.execute("INSERT INTO rejections VALUES (?, ?, ?, ?, ?, ?)", row)


def write_keys(db: sqlite3.Connection, keys: list[tuple[int, int]], bits: int) -> None:
    """Writes the keys, each with its page, partition by partition in ascending order."""
    table = np.array(sorted(keys), np.int64).reshape(-1, 2)
    partitions = table[:, 0] >> (KEY_BITS - bits)
    for partition in np.unique(partitions).tolist():
        rows = table[partitions == partition]
        db.execute("INSERT INTO keys VALUES (?, ?, ?)", (partition, rows[:, 0].tobytes(), rows[:, 1].tobytes()))


def open_index(space: Workspace) -> Index:
    """The index of the archives, which a thread keeps open from one work item to the next."""
    return _cached("index", space, lambda: Index(space.index))


def open_page_files(space: Workspace, ranges: PageRanges) -> PageFiles:
    """The page files, kept open in the same way."""
    return _cached("pages", (space, ranges), lambda: PageFiles(space, ranges))


def _cached(name: str, key: object, make: Callable[[], T]) -> T:
    """The object of that name of this thread, made again for another key. A worker of Dask may have several threads."""
    slot = (threading.get_ident(), name)
    entry = _CACHED.get(slot)
    if entry is None or entry[0] != key:
        if entry is not None:
            entry[1].close()
        entry = _CACHED[slot] = (key, make())
    value: T = entry[1]
    return value


def close_cached() -> None:
    """Closes what the idle threads of this process keep open: a deleted file takes room until then."""
    while _CACHED:
        _CACHED.popitem()[1][1].close()


class PageFiles:
    """Articles by the numbers of their pages, and keys by their partitions."""

    def __init__(self, space: Workspace, ranges: PageRanges) -> None:
        self._space = space
        self._ranges = ranges
        self._files: LruCache[tuple[int, int], sqlite3.Connection] = LruCache(_OPEN_FILES, sqlite3.Connection.close)

    def article(self, page: int) -> Article:
        """The article of that page; raises LookupError where it has none."""
        db = self._file(self._ranges.range_of(page))
        row = db.execute("SELECT size, article FROM pages WHERE number = ?", (page,)).fetchone()
        if row is None:
            raise LookupError(f"page {page} has no article")
        return from_json(_CODEC.decompress(row[1], row[0], asbytes=True).decode())

    def keys(self, partition: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Keys of that partition in each file, ascending, and their pages."""
        for bounds in self._ranges:
            rows = self._file(bounds).execute("SELECT keys, pages FROM keys WHERE partition = ?", (partition,))
            for keys, pages in rows:
                yield np.frombuffer(keys, np.int64), np.frombuffer(pages, np.int64)

    def _file(self, bounds: tuple[int, int]) -> sqlite3.Connection:
        return self._files.get(bounds, lambda: self._open(bounds))

    def _open(self, bounds: tuple[int, int]) -> sqlite3.Connection:
        db = open_readonly(self._space.pages(*bounds))
        db.execute("PRAGMA cache_size = -128")  # of so many files; the system caches what is read again
        return db

    def close(self) -> None:
        """Closes the files."""
        self._files.clear()
