"""Reprints found, siblings left alone, and what it costs: ``python -m benchmarks.dedup``; ``--quick``: a tenth, ``--million``: more.

First planted reprints and siblings of each kind, then real pairs with hand-made labels, then articles by the hundred thousand.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from benchmarks import flood
from benchmarks.finders import Datasketch, Finder, Ours, Rensa
from benchmarks.planting import BEYOND, REPRINTS, SIBLINGS
from benchmarks.texts import bulletins, unrelated
from govnews_spider.core.dedup.compare import ComparableText, compare_texts
from govnews_spider.core.dedup.fingerprint import band_keys, sketch
from tests.support.real_paths import REAL

ROUNDS = 3
"""Plantings of each kind into each text, each at other places."""
DAYS = 10
GOAL_RECALL, GOAL_PRECISION = 0.98, 0.99


class Tally:
    """What one finder made of everything planted."""

    def __init__(self, finder: Finder) -> None:
        self.finder = finder
        self.planted: dict[str, int] = {}
        self.found: dict[str, int] = {}
        self.merged: dict[str, int] = {}
        self.wrong = 0

    def precision(self) -> float:
        """Right ones of all that were called reprints."""
        right = sum(self.found.values())
        return right / max(1, right + self.wrong + sum(self.merged.values()))

    def recall(self) -> float:
        """Found of all planted reprints, the kind aside that goes too far."""
        kinds = [kind for kind in self.found if kind != BEYOND]
        return sum(self.found[kind] for kind in kinds) / sum(self.planted[kind] for kind in kinds)


def tally(finder: Finder, texts: list[str]) -> Tally:
    """Every text met, then every planted one, which is not kept."""
    made = Tally(finder)
    for number, text in enumerate(texts):
        made.wrong += len(finder.meet(number, text))
    for kinds, right in ((REPRINTS, made.found), (SIBLINGS, made.merged)):
        for kind, plant in kinds.items():
            rng = random.Random(kind)
            made.planted[kind] = right[kind] = 0
            for number, text in list(enumerate(texts)) * ROUNDS:
                if (planted := plant(rng, text)) is not None:
                    met = finder.meet(-1, planted, keep=False)
                    made.planted[kind] += 1
                    right[kind] += number in met
                    made.wrong += len(set(met) - {number})
    series = "own bulletins"
    made.planted[series] = made.merged[series] = 0
    for number, (_, text) in enumerate(bulletins(random.Random(series), DAYS), start=len(texts)):
        made.planted[series] += 1
        made.merged[series] += bool(finder.meet(number, text))
    return made


def kinds_table(tallies: list[Tally]) -> Table:
    """A row a kind: how many were planted, and how many each finder called reprints."""
    shown = Table("kind", box=MARKDOWN)
    shown.add_column("planted", justify="right")
    for made in tallies:
        shown.add_column(made.finder.name, justify="right")
    for kind, planted in tallies[0].planted.items():
        if kind in REPRINTS:
            shown.add_row(kind, f"{planted:,}", *(f"{made.found[kind] / planted:.3f}" for made in tallies))
        else:
            shown.add_row(f"merged: {kind}", f"{planted:,}", *(f"{made.merged[kind]:,}" for made in tallies))
    shown.add_row("merged: unrelated", "", *(f"{made.wrong:,}" for made in tallies))
    shown.add_row("recall up to 5 %", "", *(f"{made.recall():.4f}" for made in tallies))
    shown.add_row("precision", "", *(f"{made.precision():.4f}" for made in tallies))
    return shown


def real_pairs() -> Iterator[tuple[str, str, str, str]]:
    """Numbers, label, verdict and reason of the labelled pairs, the verdict "not met" where no key is shared."""
    corpus = REAL / "corpus"
    texts = [
        ComparableText.of(json.loads(line)["text"])
        for line in (corpus / "roll2509_texts.jsonl").read_text("utf-8").splitlines()
    ]
    keys = [set(band_keys(minima)) if (minima := sketch(text.normalized_text)) is not None else set() for text in texts]
    labels = json.loads((corpus / "roll2509_pairs.json").read_text("utf-8"))
    labelled = {(pair["a"], pair["b"]): pair["label"] for pair in labels}
    for one in range(len(texts)):
        for other in range(one + 1, len(texts)):
            label, met = labelled.get((one, other), "(unrelated)"), bool(keys[one] & keys[other])
            if met or label != "(unrelated)":
                kind, *_, reason = compare_texts(texts[one], texts[other])
                yield f"{one} {other}", label, kind if met else "not met", reason


def pairs_table() -> Table:
    """A row a pair."""
    shown = Table("pair", "label", "verdict", "reason", box=MARKDOWN)
    for row in real_pairs():
        shown.add_row(*row)
    return shown


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dedup", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of every size")
    parser.add_argument("--million", action="store_true", help="1,000,000 articles for ours, too")
    options = parser.parse_args()
    console = Console(width=max(140, Console().width), highlight=False)
    with tempfile.TemporaryDirectory(prefix="govnews-bench-") as name:
        folder = Path(name)
        made: list[Callable[[], Finder]] = [lambda: Ours(folder / "kinds.sqlite"), Datasketch, Rensa]
        source, texts = unrelated()
        console.print(
            f"{len(texts)} {source}, of which none repeats another. Goals: recall ≥ {GOAL_RECALL}, precision ≥"
            f" {GOAL_PRECISION}, no sibling merged."
        )
        console.print(kinds_table([tally(make(), texts) for make in made]))
        if REAL.is_dir():
            console.print("Real pairs with labels, and all others that share a key.")
            console.print(pairs_table())
        console.print(flood.GOALS)
        console.print(flood.table(folder, quick=options.quick, million=options.million))


if __name__ == "__main__":
    main()
