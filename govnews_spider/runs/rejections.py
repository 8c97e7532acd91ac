"""Log of rejections: the articles that were not stored, and why, in ``rejected/<run_id>.jsonl``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TextIO

from govnews_spider.storage.layout import DataFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """An article, a file or a page of a list that was not stored."""

    slug: str
    """The countable reason (``unknown_layout``)."""
    detail: str
    """The thing, the place and the cure, in a sentence."""
    url: str | None
    """The address that was asked for; None for a file."""
    origin: str
    """Where the bytes came from, as in :class:`govnews_spider.article.Article`."""
    outcome: Literal["rejected", "failed"]
    """``rejected``: it is nothing to store; ``failed``: it could not be read, and may arrive in a later run."""


class RejectedLog:
    """Appends to ``rejected/<run_id>.jsonl``; a run without rejections leaves no file."""

    def __init__(self, data: Path, run_id: str) -> None:
        self._path = DataFolder(data).rejection_log(run_id)
        self._file: TextIO | None = None

    def add(self, rejection: Rejection) -> None:
        """Writes one line; it is out of this process when the method returns."""
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a", encoding="utf-8", errors="replace")
        self._file.write(json.dumps(asdict(rejection), ensure_ascii=False) + "\n")
        self._file.flush()

    def forget(self) -> None:
        """Deletes the file, for a rebuild that was interrupted and counts again."""
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Closes the file, if any."""
        if self._file is not None:
            self._file.close()
            self._file = None


def read_rejections(path: Path, *keys: str) -> Iterator[tuple[str, ...]]:
    """The values of ``keys`` in each line of a log; none where there is no file.

    The last line may break off, as in the log of a run that was killed. Raises OSError, and ValueError for any other line that cannot
    be read.
    """
    if not path.exists():
        return
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith(b"\n"):
                return
            try:
                rejection = json.loads(line)
                values = tuple(str(rejection[key]) for key in keys)
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"line {number}: {type(error).__name__}: {error}") from error
            yield values
