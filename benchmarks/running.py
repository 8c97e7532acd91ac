"""Runs a crawl in a process of its own, and says what it cost."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOOK_EVERY = 0.1
"""Seconds between two looks at the process while it runs."""


@dataclass(frozen=True, slots=True)
class Crawl:
    """What one crawl did and cost."""

    count: int
    """What was counted: pages or articles."""
    open: float
    """Seconds from the opening of the spider to its closing, all files written."""
    wall: float
    """Seconds of the whole process."""
    cpu: float
    """Processor seconds of the whole process."""
    written: int
    """Bytes that it gave to the disk."""


def settings(values: Mapping[str, object]) -> list[str]:
    """Words of a command line."""
    return [word for name, value in values.items() for word in ("-s", f"{name}={value}")]


def crawl(line: list[str], log: Path, *, cwd: Path, counted: str, look: Callable[[int], None] | None = None) -> Crawl:
    """The crawl that ``line`` starts in ``cwd``; ``counted`` names Scrapy's stat that is the count.

    ``look`` is called with the process id now and then while it runs. Raises RuntimeError with the end of the log where it fails.
    """
    begin = time.perf_counter()
    with log.open("w") as file:
        process = subprocess.Popen([*line, "-s", "STATS_DUMP=1"], cwd=cwd, stdout=file, stderr=file, env=_environment())
        while look is not None and os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            look(process.pid)
            time.sleep(LOOK_EVERY)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall, text = time.perf_counter() - begin, log.read_text("utf-8")
    if process.returncode:
        raise RuntimeError(f"crawl_failed: exit code {process.returncode} of {' '.join(line)}:\n{text[-2000:]}")
    open_for, count = _stat(text, "elapsed_time_seconds"), int(_stat(text, counted))
    return Crawl(count, open_for, wall, usage.ru_utime + usage.ru_stime, usage.ru_oublock * 512)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("GOVNEWS_", "SCRAPY_"))}


def _stat(log: str, name: str) -> float:
    found = re.search(rf"'{name}': ([\d.]+)", log)
    if found is None:
        raise RuntimeError(f"no_stat: {name} is not in the log; a crawl that did something dumps it at its end")
    return float(found[1])
