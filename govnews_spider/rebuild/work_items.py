"""Work items on any executor: each makes one file, under a name that is fixed, whole or not at all.

So an item that is done need not be done again, and one that is done twice does no harm. An item that ends the process which works on
it is found out, by working on it alone, and stops no other.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Self

from govnews_spider.storage.errors import StorageError

LOST: Final = (BrokenExecutor,)
"""What an executor of the standard library raises for an item whose process has ended."""

QUICK: Final = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -4000;"
"""For a database that is thrown away where the work on it is interrupted. What its small cache lacks, the system's has: so the memory of
a process is the same for many pages as for few."""


@dataclass(frozen=True, slots=True)
class Item:
    """``function(*arguments, output)`` makes ``output``; both are taken along to another process."""

    function: Callable[..., None]
    arguments: tuple[Any, ...]
    output: Path


@dataclass(frozen=True, slots=True)
class ExecutorSpec:
    """Who works on items: an executor, made anew where it breaks, and how many items it works on at a time."""

    make: Callable[[], Executor]
    size: int
    lost: tuple[type[BaseException], ...] = LOST
    """What it raises for an item whose process has ended."""
    end: Callable[[], None] = lambda: None
    """What is done when there is no more work."""
    tries: int = 3
    """How often an item is tried alone before it is held to be what ends its process: something else may do that once or twice."""


class WorkerPool:
    """The executor of a crew while there is work."""

    def __init__(self, crew: ExecutorSpec) -> None:
        self._crew = crew
        self._executor: Executor | None = None
        self._pending: dict[Future[None], Item] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        for future in self._pending:
            future.cancel()
        self._end()
        self._crew.end()

    def perform(self, items: Iterable[Item]) -> Iterator[tuple[Item, bool]]:
        """Each item once it has ended, and whether it is done; not done is one that ends every process which works on it.

        Items whose output is there are not worked on. Raises what an item raises, and Fault ``no_workers`` where no item can be
        worked on at all.
        """
        waiting = iter(items)
        suspects: list[Item] = []
        while True:
            while (
                not suspects and len(self._pending) < 2 * self._crew.size and (item := next(waiting, None)) is not None
            ):
                if item.output.exists():
                    yield item, True
                elif not self._give(item):
                    suspects.append(item)
            if not self._pending and not suspects:
                return
            for future in wait(self._pending, return_when=FIRST_COMPLETED).done:
                item = self._pending.pop(future)
                if self._is_lost(future):
                    suspects.append(item)
                else:
                    yield item, True
            while suspects and not self._pending:
                item = suspects.pop()
                yield item, self._alone(item)

    def _give(self, item: Item) -> bool:
        """Whether the item was taken; else the executor has broken by another one."""
        try:
            self._pending[self._sent(item)] = item
        except BrokenExecutor:
            return False
        return True

    def _alone(self, item: Item) -> bool:
        """Whether the item is done, once nothing else is being worked on."""
        self._end()
        for _ in range(self._crew.tries):
            if item.output.exists() or not self._is_lost(self._sent(item)):
                return True
            self._end()
            if self._is_lost(self._sent(None)):
                raise StorageError(
                    "no_workers", "no process stays alive to do the work; look at the memory, and at the workers' log"
                )
        return False

    def _sent(self, item: Item | None) -> Future[None]:
        if self._executor is None:
            self._executor = self._crew.make()
        return self._executor.submit(_work, code(), item)

    def _is_lost(self, future: Future[None]) -> bool:
        try:
            error = future.exception()
        except CancelledError as cancelled:
            raise StorageError(
                "no_workers", "the scheduler has gone; the same command goes on where it was"
            ) from cancelled
        if error is None:
            return False
        if isinstance(error, self._crew.lost):
            return True
        raise error

    def _end(self) -> None:
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown()


class Checkpoint:
    """Which part of an item is being worked on, kept on the disk: so a part that ends every process is found, and can be left out."""

    def __init__(self, output: Path) -> None:
        output.parent.mkdir(parents=True, exist_ok=True)
        self._file = _beside(output, "at").open("wb", buffering=0)
        self._left_out = quarantined(output)

    def may(self, part: int) -> bool:
        """Begins with a part, numbers from 0 on; False where it is to be left out."""
        if part in self._left_out:
            return False
        os.pwrite(self._file.fileno(), part.to_bytes(8, "little"), 0)
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._file.close()


def quarantined(output: Path) -> set[int]:
    """The parts of the item that are left out."""
    try:
        return set(map(int, _beside(output, "without").read_text("ascii").split()))
    except FileNotFoundError:
        return set()


def quarantine(output: Path) -> int | None:
    """Leaves out the part that was worked on last; None where that is not known, or is left out already."""
    try:
        written = _beside(output, "at").read_bytes()
    except FileNotFoundError:
        return None
    part, known = int.from_bytes(written, "little"), quarantined(output)
    if not written or part in known:
        return None
    with atomic_output(_beside(output, "without")) as path:
        path.write_text(" ".join(map(str, sorted({*known, part}))), "ascii")
    return part


def _beside(output: Path, name: str) -> Path:
    return output.with_name(f"{output.name}.{name}")


def _work(version: str, item: Item | None) -> None:
    if version != code():
        raise StorageError(
            "other_code",
            f"a worker has another version of this package ({code()}, not {version}); install the same one",
        )
    if item is not None and not item.output.exists():
        item.function(*item.arguments, item.output)


@cache
def code() -> str:
    """16 hexadecimal digits that change with any file of this package."""
    found = hashlib.sha256()
    package = Path(__file__).parents[1]
    for path in sorted(path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


@contextmanager
def atomic_output(output: Path) -> Iterator[Path]:
    """A path to write to, which becomes ``output`` when all is written."""
    part = output.with_name(f"{output.name}.{secrets.token_hex(4)}.part")
    output.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(output)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def table_file(output: Path, schema: str) -> Iterator[sqlite3.Connection]:
    """A new SQLite file, which becomes ``output`` when all is written: rows of it are read by their keys, and read alone."""
    with atomic_output(output) as part, closing(sqlite3.connect(part, isolation_level=None)) as db:
        db.executescript(f"{QUICK} BEGIN; {schema}")
        yield db
        db.execute("COMMIT")


def finished(path: Path) -> str:
    """The address by which SQLite reads a finished file, together with any number of processes."""
    return f"{path.absolute().as_uri()}?mode=ro&immutable=1"


def open_readonly(path: Path) -> sqlite3.Connection:
    """A finished file, to be read."""
    return sqlite3.connect(finished(path), uri=True, isolation_level=None, check_same_thread=False)


@contextmanager
def attached(db: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Another file beside those of a database, named ``part``; what is taken out of it is one transaction.

    What was begun before is committed, for no file can come or go within a transaction; and begun again.
    """
    goes_on = db.in_transaction
    if goes_on:
        db.execute("COMMIT")
    db.execute("ATTACH ? AS part", (str(path),))
    db.execute("BEGIN")
    yield
    db.execute("COMMIT")
    db.execute("DETACH part")
    if goes_on:
        db.execute("BEGIN")
