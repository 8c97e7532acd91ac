"""Rebuilds as a user runs them, whole or killed in the middle of a step, and the differences of their result from the crawl's.

`python -m tests.rebuilding --seeds 20` is a series of such kills, on processes and on a Dask cluster in turn.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import astuple, dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from rich.console import Console

from govnews_spider.verify.audit import audit
from tests.site import Catalog, SinaSite
from tests.support.crawls import ROOT, crawl
from tests.support.dask_cluster import Cluster
from tests.support.dataset_snapshot import Remains, compare, leftovers

PHASES = ("pages", "days")
"""Folders of the work items of two steps: the reading of pages, and the writing of days, which is the last step."""
_TIMEOUT = 120
"""Seconds."""
_LEDGER = {
    "identities": "article_id, content_hash, published_at, day, revision, text IS NULL, duplicate_of, similarity, reason",
    "aliases": "alias, article_id",
    "versions": "article_id, content_hash, published_at",
    "urls": "url, article_id, etag, last_modified",
    "texts": "key, digest",
}
"""Tables of the ledger that are equal after a crawl and after the rebuild of its archives."""


@dataclass
class Rebuilt:
    code: int
    out: str
    log: str
    data: Path


def line_of(archives: Path, data: Path, *options: str) -> list[str]:
    """The command line."""
    return [sys.executable, "-m", "scrapy", "rebuild", "--from", str(archives), "--to", str(data), *options]


def rebuild(archives: Path, data: Path, *options: str, env: dict[str, str] | None = None, **settings: Any) -> Rebuilt:
    """A finished rebuild; on two processes where ``options`` name none."""
    workers = () if {"--workers", "--scheduler"} & {*options} else ("--workers", "2")
    line = line_of(archives, data, *workers, *options)
    for name, value in ({"GOVNEWS_DATA": data.with_name("nothing")} | settings).items():
        line += ["-s", f"{name}={value}"]
    done = subprocess.run(
        line, cwd=ROOT, env=environment() | (env or {}), capture_output=True, text=True, timeout=_TIMEOUT, check=False
    )
    return Rebuilt(done.returncode, done.stdout, done.stderr, data)


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("GOVNEWS_")}


def faults(live: Path, made: Path) -> list[str]:
    """Differences of a rebuilt folder from the crawled one, and findings of the audit; empty where all is well."""
    crawled, rebuilt = Remains.read(live), Remains.read(made)
    differences = [str(difference) for kind in astuple(compare(crawled, rebuilt)) for difference in kind]
    origins = {(row["article_id"], row["revision"]): row["origin"] for row in crawled.rows}
    differences += [
        f"{row['article_id']}: {row['origin']}"
        for row in rebuilt.rows
        if origins.get((row["article_id"], row["revision"])) != row["origin"]
    ]
    differences += leftovers(made, rebuilt)
    differences += [f"{finding}" for findings in audit(made).first.values() for finding in findings]
    differences += [f"{path}: left over" for path in (made / ".rebuild").rglob("*")]
    with (
        closing(sqlite3.connect(live / "ledger.sqlite")) as old,
        closing(sqlite3.connect(made / "ledger.sqlite")) as new,
    ):
        for table, columns in _LEDGER.items():
            rows, others = (set(db.execute(f"SELECT {columns} FROM {table}")) for db in (old, new))
            differences += [f"{table}: {row}" for row in rows ^ others]
    return differences


class Killer:
    """A rebuild whose driver or worker is killed, each time in the middle of a step."""

    def __init__(self, archives: Path, data: Path, *options: str, cluster: Cluster | None = None) -> None:
        self.kills: Counter[str] = Counter()
        """By phase and victim."""
        self._line = line_of(archives, data, *options)
        self._data, self._log, self._cluster = data, data.with_suffix(".log"), cluster

    def run(self, *plan: tuple[str, str, int]) -> int:
        """Rebuilds until it ends by itself; returns its exit code. Each entry of ``plan`` is a kill: the phase, who (``driver`` or
        ``worker``), and after how many work items of the phase.
        """
        left = list(plan)
        deadline = time.monotonic() + _TIMEOUT
        while True:
            with (
                self._log.open("ab") as log,
                subprocess.Popen(self._line, cwd=ROOT, env=environment(), stdout=log, stderr=log) as driver,
            ):
                while driver.poll() is None:
                    assert time.monotonic() < deadline, self._log.read_text()[-3000:]
                    if left and self._is_due(*left[0]) and self._kill(driver, *left[0]):
                        del left[0]
                    time.sleep(0.001)
            if driver.returncode != -signal.SIGKILL:
                return driver.returncode

    def stop(self, phase: str, after: int) -> None:
        """Rebuilds until the driver is killed after so many work items of the phase, and leaves it at that."""
        with (
            self._log.open("ab") as log,
            subprocess.Popen(self._line, cwd=ROOT, env=environment(), stdout=log, stderr=log) as driver,
        ):
            while driver.poll() is None and not (
                self._is_due(phase, "driver", after) and self._kill(driver, phase, "driver", after)
            ):
                time.sleep(0.001)

    def _is_due(self, phase: str, victim: str, after: int) -> bool:
        if (self._data / ".rebuild" / "done" / phase).exists():
            return True
        with suppress(FileNotFoundError):
            made = [path.name for path in (self._data / ".rebuild" / phase).iterdir()]
            return sum(not name.endswith((".part", ".at")) for name in made) >= after
        return False

    def _kill(self, driver: subprocess.Popen[bytes], phase: str, victim: str, after: int) -> bool:
        """Whether there was a process to kill."""
        is_over = (self._data / ".rebuild" / "done" / phase).exists()
        pids = [driver.pid] if victim == "driver" else self._workers(driver.pid)
        for pid in pids[-1:]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.kills[f"{victim}{' after' if is_over else ' in'} {phase}"] += 1
                return True
        return is_over

    def _workers(self, driver: int) -> list[int]:
        if self._cluster is not None:
            return self._cluster.workers
        with suppress(psutil.Error):
            children = psutil.Process(driver).children()
            return [child.pid for child in children if "spawn_main" in " ".join(child.cmdline())]
        return []


def site_of(articles: int, days: int, seed: int = 5) -> Catalog:
    """A site of that many articles, over so many days, a fifth of them reprints."""
    dates = [date(2021, 10, 1) + timedelta(days=number) for number in range(days)]
    return Catalog.generate(seed=seed, lists=[1687, 1689], days=dates, count=articles, reprints=5)


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
            killer = Killer(raw, data, "--scheduler", cluster.address, "--pages", "20", cluster=cluster)
            code = killer.run(*plan)
    else:
        killer = Killer(raw, data, "--workers", "2", "--pages", "20")
        code = killer.run(*plan)
    return killer.kills, [*([f"exit code {code}"] if code else []), *faults(folder / "live", data)]


if __name__ == "__main__":
    sys.exit(main())
