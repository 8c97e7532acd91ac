"""Atomic files: a file has its name only when it is complete."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

from govnews_spider.storage.layout import DataFolder

_AT_WORK: Final = ThreadPoolExecutor(4, thread_name_prefix="files")
"""A disk that is asked to synchronize many files at once takes a fraction of the time, and they are encoded side by side."""


class Stage:
    """Files of a data folder that are replaced or deleted together.

    The part files lie in ``data/.part``: beside the finished files they would stop readers that take a folder for one
    kind of file (Polars refuses to scan a folder with two extensions).
    """

    def __init__(self, data: Path, *, anew: bool = False) -> None:
        """``anew``: other processes may be writing the same files, so part files are told apart; and nothing is made durable here: whoever
        has all files made anew does that once, at the end, or has them made again.
        """
        self._anew = anew
        self._mark = f".{secrets.token_hex(4)}" if anew else ""
        self._data = data
        self._parts = DataFolder(data).parts
        self._changes: dict[Path, Callable[[], bytes] | None] = {}

    def put(self, path: Path, content: Callable[[], bytes]) -> None:
        """``path`` is to have that content, which is asked for in another thread."""
        self._changes.pop(path, None)
        self._changes[path] = content

    def drop(self, path: Path) -> None:
        """``path`` is to go."""
        self._changes.pop(path, None)
        self._changes[path] = None

    def commit(self) -> None:
        """Replaces and deletes, in the order in which it was asked for; on disk, names and contents, when it returns.

        Raises OSError where the disk does not take it: then a first part of the files may be replaced, and nothing is staged any more.
        """
        changes, self._changes = self._changes, {}
        written = {path: content for path, content in changes.items() if content is not None}
        parts = {
            path: self._parts / f"{'~'.join(path.relative_to(self._data).parts)}{self._mark}.part" for path in written
        }
        try:
            if written:
                _make_folders({self._parts, *(path.parent for path in written)})
            write = _write if self._anew else _write_through
            list(_AT_WORK.map(write, parts.values(), written.values()))
            gone = [path for path in changes if path not in parts and path.exists()]
            for path in changes:
                if path in parts:
                    parts[path].replace(path)
                elif path in gone:
                    path.unlink()
            if not self._anew:
                _sync({path.parent for path in (*parts, *gone)})
        except BaseException:
            for part in parts.values():
                with suppress(OSError):
                    part.unlink()
            raise


def replace_files(data: Path, contents: Mapping[Path, bytes]) -> None:
    """Writes every file of the data folder or replaces it whole; on disk, name and content, when it returns."""
    stage = Stage(data)
    for path, content in contents.items():
        stage.put(path, partial(bytes, content))
    stage.commit()


@contextmanager
def atomic_output(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write one file to, which gets that name, durably, when everything is written; for files outside the
    datasets, of which each process writes its own.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield part
        _fsync(part)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def clear_parts(data: Path) -> None:
    """Deletes what a run that was killed had begun to write; only for whoever holds the folder's lock."""
    remove_files(path for path in sorted(DataFolder(data).parts.glob("*")) if path.is_file())


def remove_files(paths: Iterable[Path]) -> None:
    """Deletes those of the files that exist."""
    present = [path for path in paths if path.exists()]
    for path in present:
        path.unlink()
    _sync({path.parent for path in present})


def _write(part: Path, content: Callable[[], bytes]) -> None:
    part.write_bytes(content())


def _write_through(part: Path, content: Callable[[], bytes]) -> None:
    with part.open("wb") as file:
        file.write(content())
        file.flush()
        os.fsync(file.fileno())


def _make_folders(folders: Iterable[Path]) -> None:
    for folder in folders:
        missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        _sync({made.parent for made in missing})


def _sync(folders: Collection[Path]) -> None:
    """Makes the names in the folders durable: a rename is safe only when its folder is on disk."""
    list(_AT_WORK.map(_fsync, folders))


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
