"""Rebuilds run as a user runs them, undisturbed or killed, and the site behind their archives."""

from __future__ import annotations

import os
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
from typing import Any

import psutil

from govnews_spider.verify.audit import audit
from tests.site import Catalog
from tests.support.crawls import ROOT
from tests.support.dask_cluster import Cluster
from tests.support.dataset_snapshot import DatasetSnapshot, compare, leftovers

LISTS = ("sections=1689,1687",)
POISON = """
import importlib, os, signal
extract = importlib.import_module("govnews_spider.core.extract.reading")
begin = extract.Reading.__init__
def read(self, html, **named):
    if {word!r}.encode() in html:
        os.kill(os.getpid(), signal.SIGKILL)
    begin(self, html, **named)
extract.Reading.__init__ = read
"""


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


def rebuild_command(archives: Path, data: Path, *options: str) -> list[str]:
    """The command line."""
    return [sys.executable, "-m", "scrapy", "rebuild", "--from", str(archives), "--to", str(data), *options]


def rebuild(archives: Path, data: Path, *options: str, env: dict[str, str] | None = None, **settings: Any) -> Rebuilt:
    """A finished rebuild; on two processes where ``options`` name none."""
    workers = () if {"--workers", "--scheduler"} & {*options} else ("--workers", "2")
    line = rebuild_command(archives, data, *workers, *options)
    for name, value in ({"GOVNEWS_DATA": data.with_name("nothing")} | settings).items():
        line += ["-s", f"{name}={value}"]
    done = subprocess.run(
        line, cwd=ROOT, env=environment() | (env or {}), capture_output=True, text=True, timeout=_TIMEOUT, check=False
    )
    return Rebuilt(done.returncode, done.stdout, done.stderr, data)


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("GOVNEWS_")}


def rebuild_differences(live: Path, made: Path) -> list[str]:
    """Differences of a rebuilt folder from the crawled one, and findings of the audit; empty where all is well."""
    crawled, rebuilt = DatasetSnapshot.read(live), DatasetSnapshot.read(made)
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


class RebuildKiller:
    """A rebuild whose driver or worker is killed, each time in the middle of a step."""

    def __init__(self, archives: Path, data: Path, *options: str, cluster: Cluster | None = None) -> None:
        self.kills: Counter[str] = Counter()
        """By phase and victim."""
        self._line = rebuild_command(archives, data, *options)
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


CATALOG = site_of(40, 8)
