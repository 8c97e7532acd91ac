"""Finders of near-duplicates: ours, with its state on disk, and the peers, used as their documentation shows, with theirs in memory."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from datasketch import MinHash, MinHashLSH
from rensa import RMinHash, RMinHashDeduplicator

from govnews_spider.article import Article
from govnews_spider.core.dedup.compare import ComparableText, compare_texts
from govnews_spider.core.dedup.identity import Fingerprint, fingerprint
from govnews_spider.ledger.near_duplicates import FingerprintIndex
from govnews_spider.ledger.schema import connect

PERMUTATIONS = 128
THRESHOLD = 0.5
"""Jaccard similarity that the peers are asked for; half of a text may be cut off."""
GRAM = 3
TOGETHER = 100
"""Articles in a transaction; a crawl that is killed loses them all, which is why the ledger does them one by one."""


class Finder(Protocol):
    """Meets one text after the other."""

    name: str
    judged: int
    """Texts compared as whole texts so far."""

    def meet(self, identifier: int, text: str, *, keep: bool = True) -> list[int]:
        """The texts kept before that this one repeats, most alike first; it is kept for the next ones where asked for."""

    def size(self) -> int:
        """Bytes on disk; 0 where nothing is left once the process ends."""


class Ours:
    """The ledger's own tables, whole texts compared; these lie in memory here, and are read from disk in a crawl."""

    name = "govnews_spider"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = connect(path)
        self.known = FingerprintIndex(self.database)
        self.texts: dict[int, tuple[int, str]] = {}
        """Number of a text in the ledger → whose it was first, and how it reads."""
        self.judged = self.added = 0

    def meet(self, identifier: int, text: str, *, keep: bool = True) -> list[int]:
        found = []
        traced = fingerprint(_article(text))
        if traced is None:
            return []
        if (same := self.known.find(traced)) is not None:
            return [self.texts[same][0]]
        candidates, telling = self.known.candidates(traced)
        if candidates:
            newcomer = ComparableText.of(text)
            verdicts = {known: compare_texts(newcomer, ComparableText.of(self.texts[known][1])) for known in candidates}
            found = [self.texts[known][0] for known, verdict in verdicts.items() if verdict.kind == "reprint"]
            self.judged += len(candidates)
        if keep:
            self._keep(identifier, text, traced, telling)
        return found

    def _keep(self, identifier: int, text: str, traced: Fingerprint, telling: list[int]) -> None:
        if self.added % TOGETHER == 0:
            self.database.execute("BEGIN")
        self.texts[self.known.add(traced, telling)] = identifier, text
        self.added += 1
        if self.added % TOGETHER == 0:
            self.database.execute("COMMIT")

    def size(self) -> int:
        if self.database.in_transaction:
            self.database.execute("COMMIT")
            self.added += -self.added % TOGETHER
        self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return self.path.stat().st_size


def _article(text: str) -> Article:
    """An article of which nothing but the text is known."""
    moment = datetime(2021, 11, 25, tzinfo=UTC)
    told = {"title": "", "published_raw": "", "published_from": "", "body_html": "", "layout": "", "origin": ""}
    return Article(published_at=moment, text=text, **told)


class Datasketch:
    """``MinHash`` and ``MinHashLSH``, in batches, which is its fast way."""

    name = "datasketch"

    def __init__(self) -> None:
        self.index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
        self.judged = 0

    def meet(self, identifier: int, text: str, *, keep: bool = True) -> list[int]:
        made = MinHash(num_perm=PERMUTATIONS)
        made.update_batch([run.encode() for run in runs(text)])
        found = list(self.index.query(made))
        if keep:
            self.index.insert(identifier, made)
        return found

    def size(self) -> int:
        return 0


class Rensa:
    """``RMinHash`` and ``RMinHashDeduplicator``, which compares the sketches of what shares a band."""

    name = "rensa"

    def __init__(self) -> None:
        self.index = RMinHashDeduplicator(threshold=THRESHOLD, num_perm=PERMUTATIONS, use_lsh=True)
        self.judged = 0

    def meet(self, identifier: int, text: str, *, keep: bool = True) -> list[int]:
        made = RMinHash(num_perm=PERMUTATIONS, seed=42)
        made.update(list(runs(text)))
        found = [int(known) for known in self.index.get_duplicates(made)]
        if keep:
            self.index.add(str(identifier), made)
        return found

    def size(self) -> int:
        return 0


def runs(text: str) -> Iterable[str]:
    """The text as a set of runs of three characters, white space aside."""
    letters = "".join(text.split())
    return {letters[at : at + GRAM] for at in range(len(letters) - GRAM + 1)}
