"""Work items on any executor: each makes one file under a fixed name, completely or not at all.

So a finished item is not repeated, and an item that is done twice does no harm. An item that kills the process which works on it is
identified by working on it alone, and stops no other item.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Self

from govnews_spider.storage.atomic import atomic_output
from govnews_spider.storage.errors import StorageError
from govnews_spider.storage.scratch import UNSAFE

LOST: Final = (BrokenExecutor,)
"""Exceptions of the standard library's executors for an item whose process has died."""
CACHE_KIB: Final = 4_000
"""Cache of a database. The system caches what this small one does not: so a process needs as much memory for many pages as for few."""
UNSAFE_PRAGMAS: Final = f"{UNSAFE} PRAGMA cache_size = -{CACHE_KIB};"
"""For a database that is thrown away when the work on it is interrupted."""


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A call ``function(*arguments, output)``, which makes the file ``output``; it must be picklable."""

    function: Callable[..., None]
    arguments: tuple[Any, ...]
    output: Path


@dataclass(frozen=True, slots=True)
class ExecutorSpec:
    """Recipe of an executor, which is made again when it breaks."""

    make: Callable[[], Executor]
    size: int
    """Items that it works on at a time."""
    lost: tuple[type[BaseException], ...] = LOST
    """Exceptions for an item whose process has died."""
    end: Callable[[], None] = lambda: None
    """Called when there are no more items."""
    tries: int = 3
    """Attempts at an item alone before the item is blamed for the death of its process: something else may cause one or two."""


class WorkerPool:
    """Executor of a specification, as long as there is work."""

    def __init__(self, spec: ExecutorSpec) -> None:
        self._spec = spec
        self._executor: Executor | None = None
        self._pending: dict[Future[None], WorkItem] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        for future in self._pending:
            future.cancel()
        self._shut_down()
        self._spec.end()

    def perform(self, items: Iterable[WorkItem]) -> Iterator[tuple[WorkItem, bool]]:
        """Each item when it has ended, and whether it is done; one that is not kills every process that works on it.

        Items whose output exists are done. Raises the exception of an item, and StorageError ``no_workers`` when no process stays alive.
        """
        remaining = iter(items)
        suspects: list[WorkItem] = []
        while True:
            while (
                not suspects
                and len(self._pending) < 2 * self._spec.size
                and (item := next(remaining, None)) is not None
            ):
                if item.output.exists():
                    yield item, True
                elif not self._enqueue(item):
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
                yield item, self._perform_alone(item)

    def _enqueue(self, item: WorkItem) -> bool:
        """Whether the executor takes the item; it does not when another item has broken it."""
        try:
            self._pending[self._submit(item)] = item
        except BrokenExecutor:
            return False
        return True

    def _perform_alone(self, item: WorkItem) -> bool:
        """Whether the item can be done while there is no other one."""
        self._shut_down()
        for _ in range(self._spec.tries):
            if item.output.exists() or not self._is_lost(self._submit(item)):
                return True
            self._shut_down()
            if self._is_lost(self._submit(None)):
                cure = "look at the memory, and at the workers' log"
                raise StorageError("no_workers", f"no process stays alive to do the work; {cure}")
        return False

    def _submit(self, item: WorkItem | None) -> Future[None]:
        if self._executor is None:
            self._executor = self._spec.make()
        return self._executor.submit(_work, package_hash(), item)

    def _is_lost(self, future: Future[None]) -> bool:
        try:
            error = future.exception()
        except CancelledError as cancelled:
            detail = "the scheduler has gone; the same command goes on where it was"
            raise StorageError("no_workers", detail) from cancelled
        if error is None:
            return False
        if isinstance(error, self._spec.lost):
            return True
        raise error

    def _shut_down(self) -> None:
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown()


class Checkpoint:
    """Number on disk of the part of an item that is being worked on: a part that kills every process is found, and skipped later."""

    def __init__(self, output: Path) -> None:
        output.parent.mkdir(parents=True, exist_ok=True)
        self._file = _beside(output, "at").open("wb", buffering=0)
        self._quarantined = quarantined(output)

    def enter(self, part: int) -> bool:
        """Begins a part, numbered from 0; False for one in quarantine, which is to be skipped."""
        if part in self._quarantined:
            return False
        os.pwrite(self._file.fileno(), part.to_bytes(8, "little"), 0)
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._file.close()


def quarantined(output: Path) -> set[int]:
    """Parts of the item that are in quarantine."""
    try:
        return set(map(int, _beside(output, "without").read_text("ascii").split()))
    except FileNotFoundError:
        return set()


def quarantine(output: Path) -> int | None:
    """Puts the part that was entered last into quarantine; None where there is none, or it is there already."""
    try:
        content = _beside(output, "at").read_bytes()
    except FileNotFoundError:
        return None
    part, parts = int.from_bytes(content, "little"), quarantined(output)
    if not content or part in parts:
        return None
    with atomic_output(_beside(output, "without")) as path:
        path.write_text(" ".join(map(str, sorted({*parts, part}))), "ascii")
    return part


def _beside(output: Path, name: str) -> Path:
    return output.with_name(f"{output.name}.{name}")


def _work(version: str, item: WorkItem | None) -> None:
    if version != package_hash():
        versions = f"({package_hash()}, not {version})"
        detail = f"a worker has another version of this package {versions}; install the same one"
        raise StorageError("other_code", detail)
    if item is not None and not item.output.exists():
        item.function(*item.arguments, item.output)


@cache
def package_hash() -> str:
    """16 hexadecimal digits that change with any file of this package."""
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    for path in sorted(path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def output_database(output: Path, schema: str) -> Iterator[sqlite3.Connection]:
    """A new SQLite file, which becomes ``output`` when everything is written, and is only read from then on."""
    with atomic_output(output) as part, closing(sqlite3.connect(part, isolation_level=None)) as db:
        db.executescript(f"{UNSAFE_PRAGMAS} BEGIN; {schema}")
        yield db
        db.execute("COMMIT")


def readonly_uri(path: Path) -> str:
    """Address by which any number of processes read a finished file with SQLite."""
    return f"{path.absolute().as_uri()}?mode=ro&immutable=1"


def open_readonly(path: Path) -> sqlite3.Connection:
    """A finished file, for reading."""
    return sqlite3.connect(readonly_uri(path), uri=True, isolation_level=None, check_same_thread=False)


@contextmanager
def attached(db: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Another file attached to a database as ``part``, in a transaction of its own.

    A transaction that is open is committed before and begun again after it: SQLite attaches no file within one.
    """
    is_within = db.in_transaction
    if is_within:
        db.execute("COMMIT")
    db.execute("ATTACH ? AS part", (str(path),))
    db.execute("BEGIN")
    yield
    db.execute("COMMIT")
    db.execute("DETACH part")
    if is_within:
        db.execute("BEGIN")
