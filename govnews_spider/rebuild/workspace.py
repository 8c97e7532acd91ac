"""Where the files of a rebuild lie while it goes on: in ``.rebuild``, inside the folder that is made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from govnews_spider.storage.layout import LEDGER, DataFolder


@dataclass(frozen=True, slots=True)
class Workspace:
    """Paths below the folder that is made; on many machines all of them see it under the same path."""

    data: Path
    run_id: str = ""
    """The run that makes it: a path may be that of another one's folder tomorrow."""

    @property
    def root(self) -> Path:
        """All that goes when the rebuild is done."""
        return DataFolder(self.data).workspace

    @property
    def plan(self) -> Path:
        """What is rebuilt, decided when it begins."""
        return DataFolder(self.data).plan

    @property
    def index(self) -> Path:
        """What all archives have: :mod:`govnews_spider.rebuild.indexing`."""
        return self.root / "index.sqlite"

    @property
    def rows(self) -> Path:
        """Which page became which row: :mod:`govnews_spider.rebuild.identities`."""
        return self.root / "rows.sqlite"

    @property
    def ledger(self) -> Path:
        """The ledger, until it is whole."""
        return self.root / LEDGER

    @property
    def texts(self) -> Path:
        """A page where each text stands, and the digest of each."""
        return self.root / "texts.bin"

    @property
    def texts_of_pages(self) -> Path:
        """The number of the text of each page; 0 where it has none or is nothing new."""
        return self.root / "texts_of_pages.bin"

    @property
    def pairs(self) -> Path:
        """Texts that may repeat each other: :mod:`govnews_spider.rebuild.candidates`."""
        return self.root / "pairs.sqlite"

    @property
    def groups(self) -> Path:
        """Texts that do, in their groups: :mod:`govnews_spider.rebuild.reprints`."""
        return self.root / "groups.sqlite"

    def indexed(self, number: int) -> Path:
        """What one archive has."""
        return self.root / "indexed" / f"{number:08d}.sqlite"

    def pages(self, begin: int, end: int) -> Path:
        """The articles of the pages from ``begin`` below ``end``."""
        return self.root / "pages" / f"{begin:012d}-{end:012d}.sqlite"

    def item(self, kind: str, number: int) -> Path:
        """What one work item of that kind makes."""
        return self.root / kind / f"{number:08d}"
