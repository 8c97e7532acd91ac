"""Dask cluster on loopback, as docs/scale.md starts one: a scheduler, and workers that are started again where they die."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

_WITHIN = 30
"""Seconds in which it is to stand."""


class Cluster:
    """``address`` of the scheduler, and ``workers``: the process that does the work of each."""

    def __init__(self, folder: Path, workers: int = 2, path: Path | None = None, threads: int = 1) -> None:
        """``path``: where its processes look for modules first; ``threads`` of each worker."""
        self._threads = threads
        self._folder = folder
        self._path = [str(path)] if path is not None else []
        self._count = workers
        self._file = folder / "scheduler.json"
        self._log = folder / "cluster.log"
        self._stack = ExitStack()
        self.nannies: list[int] = []

    def __enter__(self) -> Self:
        try:
            self._begin()
        except BaseException:
            self._stack.close()
            raise
        return self

    def _begin(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        told = ("--scheduler-file", str(self._file), "--no-dashboard", "--host", "127.0.0.1")
        self._start("dask_scheduler", *told, "--port", "0")
        for _ in range(self._count):
            self.nannies.append(
                self._start("dask_worker", *told, "--nthreads", str(self._threads), "--memory-limit", "0")
            )
        deadline = time.monotonic() + _WITHIN
        while not self._file.exists() or len(self.workers) < self._count or not self._has_joined():
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.05)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def address(self) -> str:
        return str(json.loads(self._file.read_text())["address"])

    @property
    def workers(self) -> list[int]:
        """Process ids."""
        children = [child for nanny in self.nannies for child in psutil.Process(nanny).children()]
        return [child.pid for child in children if "spawn_main" in " ".join(child.cmdline())]

    def _start(self, module: str, *arguments: str) -> int:
        log = self._stack.enter_context(self._log.open("ab"))
        line = [sys.executable, "-m", f"distributed.cli.{module}", *arguments]
        env = os.environ | {
            "DASK_LOCAL_DIRECTORY": str(self._folder),
            "PYTHONPATH": os.pathsep.join([*self._path, str(Path(__file__).parents[2])]),
        }
        process = subprocess.Popen(line, stdout=log, stderr=log, env=env)
        self._stack.callback(_end, process)
        return process.pid

    def _has_joined(self) -> bool:
        return self._log.read_text().count("Register worker") >= self._count


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
