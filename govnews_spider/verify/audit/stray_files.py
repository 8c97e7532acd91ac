"""Stray files of a data folder: part files, files that no run writes, and files that a repair has set aside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from govnews_spider.storage.layout import DATASETS

_SUFFIXES: Final = {
    **dict.fromkeys(DATASETS, ".parquet"),
    "posts": ".md",
    "rejected": ".jsonl",
    "runs": ".json",
}
"""The project's own folders, and what their files end with."""
_NAMED: Final = 3
"""Files of a kind that a remark names."""


def part_files(data: Path) -> Iterator[Path]:
    """Files that a run began to write and never finished."""
    for folder in (".part", *_SUFFIXES):
        yield from (path for path in sorted((data / folder).rglob("*")) if path.is_file() and _is_part(path, folder))


def remarks(data: Path) -> Iterator[str]:
    """Part files, files that no run writes, and what a repair has set aside."""
    parts = [path.relative_to(data) for path in part_files(data)]
    if parts:
        yield f"{len(parts):,} part files of runs that were killed; nobody reads them: {_some(parts)}"
    unknown = [path.relative_to(data) for path in _unknown(data)]
    if unknown:
        yield f"{len(unknown):,} files that no run writes: {_some(unknown)}"
    aside = sum(path.is_file() for folder in ("damaged/**/*", "ledger.sqlite.damaged-*") for path in data.glob(folder))
    if aside:
        yield f"{aside:,} files that a repair has set aside, in damaged/ and beside the ledger; delete them when you need them no more"


def _unknown(data: Path) -> Iterator[Path]:
    for folder, suffix in _SUFFIXES.items():
        for path in sorted((data / folder).rglob("*")):
            if path.is_file() and path.suffix != suffix and not _is_part(path, folder):
                yield path


def _is_part(path: Path, folder: str) -> bool:
    return folder == ".part" or path.suffix == ".part"


def _some(paths: list[Path]) -> str:
    return ", ".join(map(str, paths[:_NAMED])) + (", …" if len(paths) > _NAMED else "")
