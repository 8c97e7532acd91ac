"""What the memory of a run depends on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def extractor() -> str:
    """8 hexadecimal digits that change with the code that reads pages: what today's layouts refuse, tomorrow's may read."""
    code = hashlib.sha256()
    for package in ("sina", "core"):
        for path in sorted(files("govnews_spider").joinpath(package).iterdir(), key=lambda path: path.name):
            if path.name.endswith(".py"):
                code.update(path.read_bytes())
    return code.hexdigest()[:8]


class Scopes:
    """What a final refusal depends on: this version and its extractor, or that and what the run was asked to keep."""

    def __init__(self, version: str, keyword: str | None, topics: tuple[str, ...] | None) -> None:
        self._version = f"{version}+{extractor()}"
        self._selection = f"keyword={keyword} topics={topics}" if keyword or topics else ""

    def of(self, slug: str) -> str:
        """The scope of a refusal for that reason."""
        return f"{self._version} {self._selection}" if slug == "off_topic" else self._version

    def list_name(self, section: str) -> str:
        """The name under which the ledger keeps whether that list has a gap, for what the run was asked to keep."""
        return f"{section} {self._selection}".rstrip()

    def __iter__(self) -> Iterator[str]:
        yield self._version
        if self._selection:
            yield self.of("off_topic")
