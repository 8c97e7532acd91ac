"""Many seeds in two processes, which may die."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection, wait
from typing import Final

from benchmarks.fuzz.check import Outcome, check, damaged
from benchmarks.fuzz.mutations import Draft

WORKERS: Final = 2


def outcomes(seeds: Sequence[int], pages: Sequence[Draft], limit: float) -> Iterator[Outcome]:
    """Of all seeds, in some order; a process that dies is a failure of the seed that it was at, and another one goes on."""
    running = dict(_start(seeds[share::WORKERS], pages, limit) for share in range(WORKERS))
    while running:
        for ready in wait(list(running)):
            assert isinstance(ready, Connection)
            left = running.pop(ready)
            if not left:
                continue
            try:
                outcome: Outcome = ready.recv()
                running[ready] = left[1:]
            except EOFError:
                outcome = Outcome(left[0], damaged(left[0], pages)[2], "crash", ("crash: the process died",), 0.0, 0)
                running |= [_start(left[1:], pages, limit)]
            yield outcome


def _start(seeds: Sequence[int], pages: Sequence[Draft], limit: float) -> tuple[Connection, Sequence[int]]:
    """Where a new process tells its outcomes, and the seeds that it has before it."""
    ours, theirs = Pipe(duplex=False)
    Process(target=_work, args=(theirs, seeds, pages, limit), daemon=True).start()
    theirs.close()
    return ours, seeds


def _work(connection: Connection, seeds: Sequence[int], pages: Sequence[Draft], limit: float) -> None:
    for seed in seeds:
        connection.send(check(seed, pages, limit))
