"""Replays of many documents by ``scrapy crawl seeds``: what an article costs, and what memory the crawl holds."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from rich.box import MARKDOWN
from rich.table import Table

from benchmarks.documents import write_documents
from benchmarks.running import ROOT, Crawl, crawl, settings

GOAL_COST, GOAL_MEMORY = 1.5, 1.15
WINDOW = 0.2
"""The memory at N articles is the median of the looks while the last such share of them came: an export needs more for a moment."""


@dataclass(slots=True)
class Memory:
    """Watches a crawl: its resident memory (MiB) beside the articles that its ledger knows at that time."""

    ledger: Path
    seen: list[tuple[int, float]] = field(default_factory=list)

    def __call__(self, pid: int) -> None:
        """One look; nothing before the ledger is there, or once the process has ended."""
        with suppress(OSError, sqlite3.OperationalError, StopIteration):
            with closing(sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True)) as db:
                known = db.execute("SELECT count(*) FROM identities").fetchone()[0]
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            resident = next(line for line in lines if line.startswith("VmRSS:"))
            self.seen.append((known, int(resident.split()[1]) / 1024))

    def at(self, count: int) -> float:
        """Resident memory when that many articles are known; raises ValueError where nobody ever looked."""
        near = [resident for known, resident in self.seen if count * (1 - WINDOW) <= known < count]
        return median(near or [min(self.seen, key=lambda look: abs(look[0] - count))[1]])


def replay(documents: Path) -> tuple[Crawl, Memory]:
    """A replay into a new folder, and what its memory was."""
    with TemporaryDirectory(prefix="govnews-bench-") as name:
        folder = Path(name)
        memory = Memory(folder / "data" / "ledger.sqlite")
        line = [sys.executable, "-m", "scrapy", "crawl", "seeds", "-a", f"path={documents}"]
        line += settings({"GOVNEWS_DATA": folder / "data", "LOG_LEVEL": "INFO"})
        return crawl(line, folder / "log", cwd=ROOT, counted="item_scraped_count", look=memory), memory


def measure(small: int, large: int) -> tuple[list[Crawl], Crawl, Memory]:
    """Replays of ``small`` documents before and after one of ``large``, with its memory; a hundred documents a day in each."""
    with TemporaryDirectory(prefix="govnews-bench-") as name:
        few, many = Path(name) / "few", Path(name) / "many"
        write_documents(few, small, small // 100)
        write_documents(many, large, large // 100)
        before, _ = replay(few)
        long, memory = replay(many)
        after, _ = replay(few)
    return [before, after], long, memory


def table(short: list[Crawl], long: Crawl, memory: Memory) -> Table:
    """What an article costs in each, and how the memory grows in the long one."""
    shown = Table("documents", box=MARKDOWN)
    for column in ("days", "ms an article", "×", "ms of processor", "×", "kB written", "memory, MiB", "×"):
        shown.add_column(column, justify="right")
    floor = min(crawl.open / crawl.count for crawl in short)
    floor_cpu = min(crawl.cpu / crawl.count for crawl in short)
    floor_memory = memory.at(short[0].count)
    for crawls in (short, [long]):
        count = crawls[0].count
        cost, cpu = (min(costs) / count for costs in zip(*((c.open, c.cpu) for c in crawls), strict=True))
        resident = memory.at(count)
        shown.add_row(
            f"{count:,}",
            f"{count // 100:,}",
            f"{cost * 1e3:.2f}",
            f"{cost / floor:.2f}",
            f"{cpu * 1e3:.2f}",
            f"{cpu / floor_cpu:.2f}",
            f"{min(c.written for c in crawls) / count / 1e3:.1f}",
            f"{resident:.0f}",
            f"{resident / floor_memory:.2f}",
        )
    return shown
