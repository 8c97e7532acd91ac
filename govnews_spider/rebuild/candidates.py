"""Candidate pairs: texts that share a key and are likely to be near-duplicates, one partition of the keys at a time.

A partition is a range of keys: how large it is does not depend on the number of articles, only the number of partitions does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from govnews_spider.core.dedup.fingerprint import LIKELY, likenesses
from govnews_spider.ledger.near_duplicates import COMMON
from govnews_spider.rebuild.identities import TEXT
from govnews_spider.rebuild.page_files import PageFiles, PageRanges, open_page_files
from govnews_spider.rebuild.work_items import attached, open_readonly, output_database
from govnews_spider.rebuild.workspace import Workspace

Numbers = NDArray[np.int64]

_SCHEMA: Final = """
    CREATE TABLE selective (keys BLOB, texts BLOB);
    CREATE TABLE pairs (text INTEGER, other INTEGER, share REAL);
"""
_PAIRS: Final = "CREATE TABLE pairs (text INTEGER, other INTEGER, share REAL, PRIMARY KEY (text, other)) WITHOUT ROWID"
_BATCH: Final = 100_000
"""Pairs whose digests are compared together."""


def find_pairs(space: Workspace, ranges: PageRanges, partition: int, output: Path) -> None:
    """Makes the candidate pairs of the texts that share a key of that partition, and its list of selective keys.

    The text of a pair that was fetched later comes first, as in the comparisons of a crawl.
    """
    with output_database(output, _SCHEMA) as db:
        keys, texts = _selective(*_keys(space, open_page_files(space, ranges), partition))
        db.execute("INSERT INTO selective VALUES (?, ?)", (keys.tobytes(), texts.tobytes()))
        digests = np.memmap(space.texts, TEXT, "r")["digest"]
        for later, earlier in _pairs(keys, texts):
            shares = likenesses(digests[later], digests[earlier])
            near = shares >= LIKELY
            rows = zip(later[near].tolist(), earlier[near].tolist(), shares[near].tolist(), strict=True)
            db.executemany("INSERT INTO pairs VALUES (?, ?, ?)", rows)


def _keys(space: Workspace, files: PageFiles, partition: int) -> tuple[Numbers, Numbers]:
    """Keys and the texts that have them, each pair once, by key and then by number of the text."""
    of_pages = np.memmap(space.texts_of_pages, np.int64, "r")
    tables = [np.stack([keys, of_pages[pages]]) for keys, pages in files.keys(partition)]
    table = np.concatenate(tables, axis=1) if tables else np.empty((2, 0), np.int64)
    table = table[:, table[1] > 0]
    table = table[:, np.lexsort((table[1], table[0]))]
    is_new = np.ones(table.shape[1], bool)
    is_new[1:] = (table[:, 1:] != table[:, :-1]).any(axis=0)
    return table[0, is_new], table[1, is_new]


def _selective(keys: Numbers, texts: Numbers) -> tuple[Numbers, Numbers]:
    """The keys without those of texts that came when more than :data:`COMMON` texts had the key: it selects nothing then."""
    places = np.arange(len(keys))
    begins = np.ones(len(keys), bool)
    begins[1:] = keys[1:] != keys[:-1]
    first = np.maximum.accumulate(np.where(begins, places, 0))
    selective = places - first <= COMMON
    return keys[selective], texts[selective]


def _pairs(keys: Numbers, texts: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
    """The later and the earlier text of every two that share a key."""
    for distance in range(1, COMMON + 1):
        same = np.flatnonzero(keys[distance:] == keys[:-distance])
        if not len(same):
            return  # the keys are sorted: where none recurs at this distance, none recurs at a greater one
        for begin in range(0, len(same), _BATCH):
            places = same[begin : begin + _BATCH]
            yield texts[places + distance], texts[places]


def gather(parts: Sequence[Path], output: Path) -> int:
    """Makes the list of all candidate pairs, each once; returns their number."""
    with output_database(output, _PAIRS) as db:
        for part in parts:
            with attached(db, part):
                db.execute("INSERT OR IGNORE INTO pairs SELECT text, other, share FROM part.pairs ORDER BY text, other")
        count: int = db.execute("SELECT count(*) FROM pairs").fetchone()[0]
    return count


def selective_keys(part: Path) -> tuple[Numbers, Numbers]:
    """The selective keys of a partition, ascending, and their texts."""
    with closing(open_readonly(part)) as db:
        keys, texts = db.execute("SELECT keys, texts FROM selective").fetchone()
    return np.frombuffer(keys, np.int64), np.frombuffer(texts, np.int64)
