"""Files that have their name only when they are complete."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path


def replace_files(data: Path, contents: Mapping[Path, bytes]) -> None:
    """Writes every file of the data folder or replaces it whole; on disk, name and content, when it returns.

    The part files lie in ``data/.part``: beside the finished files they would stop readers that take a folder for one
    kind of file (Polars refuses to scan a folder with two extensions).
    """
    parts = data / ".part"
    _make_folders({parts, *(path.parent for path in contents)})
    for path, content in contents.items():
        part = parts / f"{path.name}.part"
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    _sync({path.parent for path in contents})


def remove_files(paths: Iterable[Path]) -> None:
    """Deletes those of the files that exist."""
    present = [path for path in paths if path.exists()]
    for path in present:
        path.unlink()
    _sync({path.parent for path in present})


def _make_folders(folders: Iterable[Path]) -> None:
    for folder in folders:
        missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        _sync({made.parent for made in missing})


def _sync(folders: Iterable[Path]) -> None:
    """Makes the names in the folders durable: a rename is safe only when its folder is on disk."""
    for folder in folders:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
