"""Every benchmark, one after the other, each in a process of its own, so that none warms the next one up: ``python -m benchmarks``."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = ("extract", "describe", "ledger", "crawl", "dedup", "rebuild")

for name in BENCHMARKS:
    print(f"{name}\n", flush=True)
    subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
