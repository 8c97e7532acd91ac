"""Rebuilds as a user runs them, whole or killed in the middle of a step, and the differences of their result from the crawl's.

`python -m tests.rebuilding --seeds 20` is a series of such kills, on processes and on a Dask cluster in turn.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from tests.site import SinaSite
from tests.support.crawls import crawl
from tests.support.dask_cluster import Cluster
from tests.support.rebuilds import PHASES, RebuildKiller, rebuild_differences, site_of


def main() -> int:
    """1 where anything differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.rebuilding", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="how many series of kills (default 20)")
    parser.add_argument("--articles", type=int, default=1000, help="articles on the site (default 1000)")
    options = parser.parse_args()
    console, kills, bad = Console(highlight=False), Counter[str](), 0
    with TemporaryDirectory() as name:
        folder = Path(name)
        with SinaSite(site_of(options.articles, 60)) as site:
            assert crawl(folder / "live", "sina_gov", "sections=1687,1689", gateway=site.url).code == 0
        for seed in range(options.seeds):
            draw = random.Random(seed)
            plan = [
                (phase, draw.choice(("driver", "worker")), draw.randrange(1, 45))
                for phase in PHASES
                for _ in range(draw.randint(1, 4))
            ]
            plan.sort(key=lambda kill: (PHASES.index(kill[0]), kill[2]))
            made, findings = soak(folder, seed, plan)
            kills += made
            bad += len(findings)
            console.print(f"seed {seed}: {made.total()} kills, {len(findings)} findings")
            for finding in findings[:5]:
                console.print(f"  {finding}", markup=False)
    for place, count in sorted(kills.items()):
        console.print(f"{place}: {count}")
    console.print(f"{kills.total()} kills, {bad} findings")
    return int(bad > 0)


def soak(folder: Path, seed: int, plan: list[tuple[str, str, int]]) -> tuple[Counter[str], list[str]]:
    """One series: its kills, and the differences of its result from the crawl."""
    raw, data = folder / "live" / "raw", folder / f"made-{seed}"
    if seed % 2:
        with Cluster(folder / f"cluster-{seed}") as cluster:
            killer = RebuildKiller(raw, data, "--scheduler", cluster.address, "--pages", "20", cluster=cluster)
            code = killer.run(*plan)
    else:
        killer = RebuildKiller(raw, data, "--workers", "2", "--pages", "20")
        code = killer.run(*plan)
    return killer.kills, [*([f"exit code {code}"] if code else []), *rebuild_differences(folder / "live", data)]


if __name__ == "__main__":
    sys.exit(main())
