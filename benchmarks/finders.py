"""What finds near-duplicates: ours, with its state on disk, and the peers, used as their documentation shows, with theirs in memory."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from datasketch import MinHash, MinHashLSH
from rensa import RMinHash, RMinHashDeduplicator

from benchmarks.bands import Bands
from govnews_spider.core.fingerprint import band_keys, bare, digest, sketch
from govnews_spider.core.reprints import Text, judge

PERMUTATIONS = 128
THRESHOLD = 0.5
"""Jaccard similarity that the peers are asked for; half of a text may be cut off."""
GRAM = 3


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
    """Keys and digests in SQLite, whole texts compared; these lie in memory here, and are read from disk in a crawl."""

    name = "govnews_spider"

    def __init__(self, path: Path) -> None:
        self.bands = Bands(path)
        self.texts: dict[int, str] = {}
        self.judged = 0

    def meet(self, identifier: int, text: str, *, keep: bool = True) -> list[int]:
        compared = bare(text)
        minima = sketch(compared)
        if minima is None:
            return []
        keys, short = band_keys(minima), digest(minima)
        found = []
        candidates, telling = self.bands.candidates(keys, short)
        if candidates:
            newcomer = Text.of(text)
            verdicts = {known: judge(newcomer, Text.of(self.texts[known])) for known in candidates}
            found = [known for known, verdict in verdicts.items() if verdict.kind == "reprint"]
            self.judged += len(candidates)
        if keep:
            self.bands.add(identifier, telling, short)
            self.texts[identifier] = text
        return found

    def size(self) -> int:
        return self.bands.size()


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
