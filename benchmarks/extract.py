"""Our extractor beside a bare parse and its peers, on the same pages in one run: time, truth and crashes.

Run as ``python -m benchmarks.extract``. Every extractor reads every page once a round, turn by turn, so that a slow moment of the
machine meets all of them. Time is the processor's; a page counts with its best round and with its median round, an extractor with
the mean over its pages. A page that an extractor fails on scores zero, and its time counts.
"""

from __future__ import annotations

import gc
import logging
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from statistics import fmean, median
from time import process_time_ns

from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from benchmarks import pages, peers
from benchmarks.scoring import FIELDS, body_f1, wrong_fields

ROUNDS = 7
OURS, FLOOR = "govnews_spider", "bare parse"
PACKAGES = ("selectolax", "trafilatura", "newspaper4k", "gne", "readability-lxml")
EXTRACTORS: dict[str, Callable[[], peers.Extractor]] = {
    FLOOR: peers.floor,
    OURS: peers.ours,
    "trafilatura text only": partial(peers.trafilatura, fast=True, with_metadata=False),
    "trafilatura fast": partial(peers.trafilatura, fast=True),
    "trafilatura": peers.trafilatura,
    "trafilatura precise": partial(peers.trafilatura, favor_precision=True),
    "newspaper4k": peers.newspaper4k,
    "GNE": peers.gne,
    "readability-lxml": peers.readability,
}


@dataclass(slots=True)
class Result:
    """What one extractor did: page -> its times in milliseconds, one a round; page -> body F1; field -> pages right in it."""

    times: dict[str, list[float]] = field(default_factory=dict)
    f1: dict[str, float] = field(default_factory=dict)
    right: Counter[str] = field(default_factory=Counter)
    perfect: int = 0
    crashes: list[str] = field(default_factory=list)

    @property
    def best(self) -> float:
        """Milliseconds a page, each page at its best."""
        return fmean(map(min, self.times.values()))

    @property
    def median(self) -> float:
        """Milliseconds a page, each page at its median."""
        return fmean(map(median, self.times.values()))


def judge(result: Result, page: pages.Page, extractor: peers.Extractor) -> None:
    """One reading that is not timed: it warms the extractor up, and is scored."""
    try:
        record = extractor(page)
        wrong, f1 = wrong_fields(record, page.gold), body_f1(record.text or "", page.gold.text, page.gold.optional)
    except Exception as failure:  # noqa: BLE001 - whatever a peer raises is its score for the page
        result.crashes.append(f"{page.name}: {type(failure).__name__}: {failure}"[:120])
        wrong, f1 = list(FIELDS), 0.0
    result.f1[page.name] = f1
    result.right.update(name for name in FIELDS if name not in wrong)
    result.perfect += not wrong


def clock(result: Result, page: pages.Page, extractor: peers.Extractor) -> None:
    """One timed reading."""
    begin = process_time_ns()
    with suppress(Exception):  # counted when it was judged
        extractor(page)
    result.times.setdefault(page.name, []).append((process_time_ns() - begin) / 1e6)


def measure(material: list[pages.Page]) -> dict[str, Result]:
    """Extractor -> its result on all pages."""
    extractors = {name: make() for name, make in EXTRACTORS.items()}
    results = {name: Result() for name in extractors}
    for name, extractor in extractors.items():
        for page in material:
            judge(results[name], page, extractor)
    for _ in range(ROUNDS):
        for name, extractor in extractors.items():
            gc.collect()
            for page in material:
                clock(results[name], page, extractor)
    return results


def speed_table(results: dict[str, Result], count: int) -> Table:
    """Time and truth, a line an extractor."""
    table = Table(box=MARKDOWN)
    columns = ("ms a page", "median", "× bare parse", "× ours", "body F1", "worst page", "all right", "crashes")
    table.add_column("extractor", no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right")
    floor, ours = results[FLOOR].best, results[OURS].best
    for name, result in results.items():
        times = (
            f"{result.best:.2f}",
            f"{result.median:.2f}",
            f"{result.best / floor:.1f}",
            f"{result.best / ours:.1f}",
        )
        f1 = result.f1.values()
        truth = (f"{fmean(f1):.4f}", f"{min(f1):.4f}", f"{result.perfect}/{count}", str(len(result.crashes)))
        table.add_row(name, *times, *(truth if name != FLOOR else ["–"] * len(truth)))
    return table


def field_table(results: dict[str, Result]) -> Table:
    """Pages right in each field, a line an extractor."""
    table = Table(box=MARKDOWN)
    table.add_column("pages right in", no_wrap=True)
    for name in FIELDS:
        table.add_column(name, justify="right")
    for extractor, result in results.items():
        if extractor != FLOOR:
            table.add_row(extractor, *(str(result.right[name]) for name in FIELDS))
    return table


def main() -> None:
    """Print both tables, and what crashed."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")  # of peers, on parts of them that are not used
    what, material = pages.load()
    try:
        results = measure(material)
    except ModuleNotFoundError as missing:
        sys.exit(f"no_peer: {missing.name} is not installed here; `make bench` sets up .venv-bench with every peer")
    size = fmean(len(page.data) for page in material) / 1e3
    console = Console(width=max(120, Console().width), highlight=False)
    console.print(f"{len(material)} {what}, {size:.0f} kB on average, {ROUNDS} rounds, Python {sys.version.split()[0]}")
    console.print(", ".join(f"{name} {version(name)}" for name in PACKAGES))
    console.print(speed_table(results, len(material)), field_table(results))
    for name, result in results.items():
        for crash in result.crashes:
            console.print(f"{name} failed on {crash}", markup=False)


if __name__ == "__main__":
    main()
