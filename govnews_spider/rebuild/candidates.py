"""Keys of texts -> pairs of texts that are likely to be near ones, one part of the keys at a time, over all pages.

A part is a range of keys, so that its size does not depend on how many articles there are, only the number of parts does.
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
from govnews_spider.rebuild.page_files import PageFiles, Shares, page_files
from govnews_spider.rebuild.work_items import attached, open_readonly, table_file
from govnews_spider.rebuild.workspace import Workspace

Numbers = NDArray[np.int64]

_SCHEMA: Final = """
    CREATE TABLE telling (number INTEGER PRIMARY KEY, keys BLOB, texts BLOB);
    CREATE TABLE pairs (text INTEGER, other INTEGER, share REAL);
"""
_AT_ONCE: Final = 100_000
"""Pairs whose digests are compared together."""


def find_pairs(space: Workspace, shares: Shares, part: int, output: Path) -> None:
    """Makes the likely pairs among the texts that share a key of that part, and the keys that say something of a text.

    The texts of a pair are in the order in which they became known, the later first, as a crawl compares them.
    """
    with table_file(output, _SCHEMA) as db:
        keys, texts = _telling(*_of_part(space, page_files(space, shares), part))
        db.execute("INSERT INTO telling VALUES (?, ?, ?)", (part, keys.tobytes(), texts.tobytes()))
        digests = np.memmap(space.texts, TEXT, "r")["digest"]
        for later, earlier in _pairs(keys, texts):
            alike = likenesses(digests[later], digests[earlier])
            near = alike >= LIKELY
            rows = zip(later[near].tolist(), earlier[near].tolist(), alike[near].tolist(), strict=True)
            db.executemany("INSERT INTO pairs VALUES (?, ?, ?)", rows)


def _of_part(space: Workspace, files: PageFiles, part: int) -> tuple[Numbers, Numbers]:
    """Keys and the texts that have them, each once, in the order of the keys, those of one key as they became known."""
    of_pages = np.memmap(space.texts_of_pages, np.int64, "r")
    found = [np.stack([keys, of_pages[pages]]) for keys, pages in files.keys(part)]
    table = np.concatenate(found, axis=1) if found else np.empty((2, 0), np.int64)
    table = table[:, table[1] > 0]
    table = table[:, np.lexsort((table[1], table[0]))]
    is_new = np.ones(table.shape[1], bool)
    is_new[1:] = (table[:, 1:] != table[:, :-1]).any(axis=0)
    return table[0, is_new], table[1, is_new]


def _telling(keys: Numbers, texts: Numbers) -> tuple[Numbers, Numbers]:
    """Without the texts that came when more than :data:`COMMON` had the key: to them it says nothing."""
    places = np.arange(len(keys))
    begins = np.ones(len(keys), bool)
    begins[1:] = keys[1:] != keys[:-1]
    first = np.maximum.accumulate(np.where(begins, places, 0))
    tells = places - first <= COMMON
    return keys[tells], texts[tells]


def _pairs(keys: Numbers, texts: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
    """The later and the earlier text of every two that share a key."""
    for distance in range(1, COMMON + 1):
        same = np.flatnonzero(keys[distance:] == keys[:-distance])
        if not len(same):
            return  # the keys are in order: where none is met again so far on, none is met further on
        for begin in range(0, len(same), _AT_ONCE):
            places = same[begin : begin + _AT_ONCE]
            yield texts[places + distance], texts[places]


def gather(parts: Sequence[Path], output: Path) -> int:
    """Makes the list of all likely pairs, each once; returns how many there are."""
    with table_file(
        output, "CREATE TABLE pairs (text INTEGER, other INTEGER, share REAL, PRIMARY KEY (text, other)) WITHOUT ROWID"
    ) as db:
        for part in parts:
            with attached(db, part):
                db.execute("INSERT OR IGNORE INTO pairs SELECT text, other, share FROM part.pairs ORDER BY text, other")
        count: int = db.execute("SELECT count(*) FROM pairs").fetchone()[0]
    return count


def telling(part: Path) -> tuple[Numbers, Numbers]:
    """The keys of a part that say something of a text, ascending, and their texts."""
    with closing(open_readonly(part)) as db:
        keys, texts = db.execute("SELECT keys, texts FROM telling").fetchone()
    return np.frombuffer(keys, np.int64), np.frombuffer(texts, np.int64)
