"""Cost of the ledger: ``python -m benchmarks.ledger``, or with ``--quick`` a tenth of everything.

First one article and one look-up, in ledgers that know few articles and many; then whole replays of many documents.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time

from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from benchmarks import replay
from benchmarks.documents import FIRST_DAY, article, docid_of, url_of
from benchmarks.known import DAYS, fill, forget
from benchmarks.running import ROOT, crawl, settings
from govnews_spider.article import Article
from govnews_spider.ledger.ledger import Ledger

SIZES = (1_000, 100_000, 1_000_000)
ROUNDS = 7
ACCEPTED = 400
LOOKED_UP = 2_000
FRESH = 5_000_000
"""The number of the first article that no ledger knows yet."""
GOAL_ACCEPT, GOAL_START, GOAL_START_MORE = 1.5, 2.0, 0.2

Costs = dict[str, list[float]]
"""Name of a cost → seconds, one a round."""


def one_round(paths: dict[int, Path], number: int) -> Iterator[tuple[int, str, float]]:
    """Size, name and seconds: of opening the ledger, of looking an address up, of accepting an article (also the processor's).

    Each article is accepted by all ledgers, one after the other, before the next one: the disk is no steady thing.
    """
    rng = random.Random(number)
    fresh = [article(FRESH + n, FIRST_DAY + timedelta(days=rng.randrange(DAYS)), rng) for n in range(ACCEPTED)]
    with ExitStack() as stack:
        ledgers = {}
        for size, path in paths.items():
            begin = perf_counter()
            ledgers[size] = stack.enter_context(Ledger(path))
            yield size, "open", perf_counter() - begin
        for size, ledger in ledgers.items():
            yield size, "known_url", look_up(ledger, size, rng)
        for size, (wall, processor) in accept(ledgers, fresh).items():
            yield size, "accept", wall / ACCEPTED
            yield size, "accept, processor", processor / ACCEPTED
    for path in paths.values():
        forget(path, fresh)


def look_up(ledger: Ledger, size: int, rng: random.Random) -> float:
    """Seconds an address; half of the addresses are known."""
    numbers = [rng.randrange(size) + FRESH * (n % 2) for n in range(LOOKED_UP)]
    urls = [url_of(docid_of(n), FIRST_DAY + timedelta(days=n % DAYS)) for n in numbers]
    begin = perf_counter()
    hits = sum(map(ledger.has_url, urls))
    seconds = perf_counter() - begin
    if hits != LOOKED_UP // 2:
        raise RuntimeError(
            f"not_filled: {ledger.path}: {hits} of {LOOKED_UP} addresses are known; see benchmarks/known.py"
        )
    return seconds / LOOKED_UP


def accept(ledgers: dict[int, Ledger], articles: list[Article]) -> dict[int, tuple[float, float]]:
    """Size → seconds by the clock and by the processor, for all articles."""
    spent = dict.fromkeys(ledgers, (0.0, 0.0))
    for made in articles:
        for size, ledger in ledgers.items():
            begin, used = perf_counter(), process_time()
            ledger.accept(made)
            spent[size] = (spent[size][0] + perf_counter() - begin, spent[size][1] + process_time() - used)
    return spent


def whole_run(data: Path, document: Path) -> float:
    """Seconds that ``scrapy crawl seeds`` needs for one document where the data folder is that one: start-up, nearly all of it."""
    line = [sys.executable, "-m", "scrapy", "crawl", "seeds", "-a", f"path={document}"]
    line += settings({"GOVNEWS_DATA": data, "LOG_LEVEL": "INFO"})
    return crawl(line, data / "log", cwd=ROOT, counted="item_scraped_count").wall


def measure(sizes: tuple[int, ...], folder: Path) -> dict[int, Costs]:
    """Size → costs; every round meets all sizes."""
    document = ROOT / "seeds" / "000_ea9ff66a1a944709.txt"
    paths = {size: folder / str(size) / "ledger.sqlite" for size in sizes}
    for size, path in paths.items():
        fill(path, size)
    costs: dict[int, Costs] = {size: defaultdict(list) for size in sizes}
    for number in range(ROUNDS):
        for size, name, seconds in one_round(paths, number):
            costs[size][name].append(seconds)
        for size, path in paths.items():
            costs[size]["run of one document"].append(whole_run(path.parent, document))
    return costs


def table(costs: dict[int, Costs]) -> Table:
    """A line a size: the best round of each cost, and how often that of the smallest size."""
    units = {"open": ("ms", 1e3), "run of one document": ("s", 1)}
    shown = Table("articles known", box=MARKDOWN)
    first = next(iter(costs.values()))
    for name in first:
        shown.add_column(f"{name}, {units.get(name, ('µs', 1e6))[0]}", justify="right")
        shown.add_column("×", justify="right")
    for size, found in costs.items():
        cells = []
        for name, seconds in found.items():
            cells += [f"{min(seconds) * units.get(name, ('µs', 1e6))[1]:.2f}", f"{min(seconds) / min(first[name]):.2f}"]
        shown.add_row(f"{size:,}", *cells)
    return shown


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of every size")
    share = 10 if parser.parse_args().quick else 1
    console = Console(width=max(140, Console().width), highlight=False)
    with tempfile.TemporaryDirectory(prefix="govnews-bench-") as name:
        costs = measure(tuple(size // share for size in SIZES), Path(name))
    console.print(
        f"{ROUNDS} rounds, each {ACCEPTED} articles and {LOOKED_UP:,} addresses. Goals at the largest size: accept ≤"
        f" {GOAL_ACCEPT} ×, start-up ≤ {GOAL_START:.0f} × and {GOAL_START_MORE} s."
    )
    console.print(table(costs))
    console.print(f"Replays. Goals: cost ≤ {replay.GOAL_COST} ×, memory ≤ {replay.GOAL_MEMORY} ×.")
    console.print(replay.table(*replay.measure(10_000 // share, 100_000 // share)))


if __name__ == "__main__":
    main()
