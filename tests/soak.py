"""Soak test: `python -m tests.soak --seeds 100` kills crawls of the loopback site by the hundred, and counts the rows that this costs."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from tests.site import SinaSite
from tests.support.crawls import crawl
from tests.support.dataset_snapshot import DatasetDifferences, DatasetSnapshot, compare, leftovers
from tests.support.kill_series import CrawlKiller, catalog_of, prepare, series_of

BAD = {
    "lost": "rows lost",
    "doubled": "rows doubled",
    "different": "rows different",
    "posts": "posts different",
    "reprints": "reprints not as the site has them",
    "leftovers": "leftovers",
}
"""Field of :class:`DatasetDifferences` → its line in the table."""


def main() -> int:
    """1 when anything is lost, doubled, different or left over; 0 when nothing is."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many series of kills (default 100)")
    parser.add_argument("--articles", type=int, default=500, help="articles on the site (default 500)")
    parser.add_argument("--seed", type=int, default=1, help="the first seed (default 1)")
    options = parser.parse_args()
    console, total, began = Console(highlight=False), Counter[str](), time.monotonic()
    for seed in range(options.seed, options.seed + options.seeds):
        with TemporaryDirectory() as folder:
            counts, differences = soak(Path(folder), seed, options.articles)
        total += counts
        console.print(f"seed {seed}: {counts['kills']} kills, {counts['bad']} findings")
        for name, findings in asdict(differences).items():
            total[BAD[name]] += len(findings)
            for finding in findings[:5]:
                console.print(f"  {BAD[name]}: {finding}", markup=False)
    total["seconds"] = round(time.monotonic() - began)
    show(console, total)
    return int(total["bad"] > 0)


def soak(folder: Path, seed: int, articles: int) -> tuple[Counter[str], DatasetDifferences]:
    """One series of kills, on a site of its own, until a run ends by itself: its counts, and the differences of its result from an undisturbed crawl."""
    catalog = catalog_of(articles, seed)
    with SinaSite() as site:
        killer = CrawlKiller(site, folder / "data", seed, catalog)
        killer.crawl()
        fetched = sum("/doc-i" in url for url in site.requests)
    with SinaSite() as site:
        arguments = prepare(site, folder / "undisturbed", series_of(seed), catalog)
        undisturbed = crawl(folder / "undisturbed", "sina_gov", *arguments, gateway=site.url)
        fetched -= sum("/doc-i" in url for url in site.requests)
    assert undisturbed.code == 0, undisturbed.log
    snapshot = DatasetSnapshot.read(folder / "data")
    differences = compare(DatasetSnapshot.read(undisturbed.data), snapshot)
    astray = snapshot.reprints().items() ^ catalog.reprints().items()
    differences.reprints = sorted(f"{article_id} of {original}" for article_id, original in astray)
    differences.leftovers = [
        *leftovers(folder / "data", snapshot),
        *(f"{article_id}: vanished" for article_id in killer.vanished),
    ]
    kills = killer.kills.total()
    counts = Counter({f"  in {phase}": count for phase, count in killer.kills.items()})
    counts += Counter({"seeds": 1, "kills": kills, "runs": kills + 1, "  in the midst of an export": killer.torn})
    counts += Counter({"pages fetched again": fetched, "bad": sum(map(len, asdict(differences).values()))})
    return counts, differences


def show(console: Console, total: Counter[str]) -> None:
    """The table at the end."""
    phases = sorted(name for name in total if name.startswith("  in "))
    table = Table("killed again and again", "total")
    for name in ("seeds", "kills", *phases, "runs", "pages fetched again", *BAD.values(), "seconds"):
        table.add_row(name, str(total[name]))
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
