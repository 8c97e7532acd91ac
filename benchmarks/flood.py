"""Articles by the hundred thousand through every finder: what one costs when few and when many are known, and what is found."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

from rich.box import MARKDOWN
from rich.table import Table

from benchmarks.finders import Datasketch, Finder, Ours, Rensa
from benchmarks.planting import REPRINTS, SIBLINGS
from benchmarks.texts import many
from govnews_spider.ledger.near_duplicates import RECENT

SIZES = (10_000, 200_000)
MILLION = 1_000_000
WINDOW = RECENT
"""Articles before a size over which the cost at that size is taken: one time in which keys are moved."""
EVERY = 10
"""Each of so many articles repeats an earlier one; …"""
SIBLING = 5
"""… each of so many of these is a sibling instead."""
BACK = 20_000
"""Articles back, at most, that a reprint goes; older ones are not held in memory for planting."""
GOALS = (
    "Articles by the hundred thousand, a tenth of them planted. Goals: twice datasketch's speed at least, an article at the"
    f" largest size ≤ 1.5 × one at {SIZES[0]:,}, < 1 kB an article on disk."
)


@dataclass(slots=True)
class Load:
    """What a finder did up to some size."""

    name: str
    articles: int = 0
    seconds: float = 0.0
    window: float = 0.0
    """Seconds an article over the last :data:`WINDOW`."""
    judged: int = 0
    disk: int = 0
    planted: int = 0
    found: int = 0
    wrong: int = 0


def stream(count: int, seed: int) -> Iterator[tuple[str, int, bool]]:
    """Text, group and whether it is a reprint; texts of one group repeat each other, and a sibling is a group of its own."""
    rng = random.Random(seed)
    recent: list[tuple[int, str]] = []
    reprints, siblings = list(REPRINTS.values()), list(SIBLINGS.values())
    for number, text in enumerate(many(count, seed)):
        if number % EVERY == EVERY - 1:
            group, origin = rng.choice(recent)
            sibling = rng.randrange(SIBLING) == 0
            planted = rng.choice(siblings if sibling else reprints)(rng, origin)
            if planted is not None:
                yield planted, number if sibling else group, not sibling
                continue
        recent.append((number, text))
        if len(recent) > BACK:
            del recent[: BACK // 2]
        yield text, number, False


def loads(finder: Finder, sizes: tuple[int, ...]) -> Iterator[Load]:
    """The finder's load at each size."""
    load = Load(finder.name)
    groups: list[int] = []
    spent = [0.0]
    for number, (text, group, reprint) in enumerate(stream(sizes[-1], seed=1)):
        begin = perf_counter()
        met = finder.meet(number, text)
        spent.append(spent[-1] + perf_counter() - begin)
        groups.append(group)
        right = sum(groups[known] == group for known in met)
        load.planted += reprint
        load.found += reprint and right > 0
        load.wrong += len(met) - right
        if number + 1 in sizes:
            window = min(WINDOW, number)
            yield Load(
                load.name,
                articles=number + 1,
                seconds=spent[-1],
                window=(spent[-1] - spent[-1 - window]) / window,
                judged=finder.judged,
                disk=finder.size(),
                planted=load.planted,
                found=load.found,
                wrong=load.wrong,
            )


def table(folder: Path, *, quick: bool, million: bool) -> Table:
    """A line a finder and size."""
    sizes = tuple(size // 10 for size in SIZES) if quick else SIZES
    finders: list[tuple[Callable[[], Finder], tuple[int, ...]]] = [
        (partial(Ours, folder / "flood.sqlite"), (*sizes, MILLION) if million else sizes),
        (Datasketch, sizes),
        (Rensa, sizes),
    ]
    shown = Table("finder", box=MARKDOWN)
    for name in ("articles", "articles/s", "µs at the end", "× first", "B on disk", "compared", "recall", "precision"):
        shown.add_column(name, justify="right")
    for make, upto in finders:
        first = 0.0
        for load in loads(make(), upto):
            first = first or load.window
            shown.add_row(
                load.name,
                f"{load.articles:,}",
                f"{load.articles / load.seconds:,.0f}",
                f"{load.window * 1e6:.0f}",
                f"{load.window / first:.2f}",
                f"{load.disk / load.articles:.0f}" if load.disk else "none: lost",
                f"{load.judged / load.articles:.2f}" if load.disk else "",
                f"{load.found / load.planted:.4f}",
                f"{load.found / max(1, load.found + load.wrong):.4f}",
            )
    return shown
