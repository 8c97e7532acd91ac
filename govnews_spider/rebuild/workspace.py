"""Workspace of a rebuild: the folder ``.rebuild``, inside the folder that is made, and the paths of the files in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from govnews_spider.storage.layout import LEDGER, DataFolder


@dataclass(frozen=True, slots=True)
class Workspace:
    """Paths below the folder that is made; machines of a cluster see it under the same path."""

    data: Path
    run_id: str = ""
    """Run that makes it: another one may use the same path tomorrow."""

    @property
    def root(self) -> Path:
        """Folder of all these files, which is deleted when the rebuild is finished."""
        return DataFolder(self.data).workspace

    @property
    def plan(self) -> Path:
        """Decisions that were made when the rebuild began."""
        return DataFolder(self.data).plan

    @property
    def index(self) -> Path:
        """Index of all archives: :mod:`govnews_spider.rebuild.indexing`."""
        return self.root / "index.sqlite"

    @property
    def rows(self) -> Path:
        """Page of each row: :mod:`govnews_spider.rebuild.identities`."""
        return self.root / "rows.sqlite"

    @property
    def ledger(self) -> Path:
        """Ledger, until it is complete."""
        return self.root / LEDGER

    @property
    def texts(self) -> Path:
        """Digest of each text, and a page that has the text."""
        return self.root / "texts.bin"

    @property
    def texts_of_pages(self) -> Path:
        """Number of the text of each page; 0 where it has none or is nothing new."""
        return self.root / "texts_of_pages.bin"

    @property
    def pairs(self) -> Path:
        """Pairs of texts that may repeat each other: :mod:`govnews_spider.rebuild.candidates`."""
        return self.root / "pairs.sqlite"

    @property
    def groups(self) -> Path:
        """Groups of texts that repeat each other: :mod:`govnews_spider.rebuild.reprints`."""
        return self.root / "groups.sqlite"

    @property
    def days(self) -> Path:
        """Folder of the marks of finished days."""
        return self.root / "days"

    def archive_index(self, number: int) -> Path:
        """Index of one archive."""
        return self.root / "indexed" / f"{number:08d}.sqlite"

    def pages(self, begin: int, end: int) -> Path:
        """Articles of the pages from ``begin`` below ``end``."""
        return self.root / "pages" / f"{begin:012d}-{end:012d}.sqlite"

    def item(self, kind: str, number: int) -> Path:
        """Output of a work item of that kind."""
        return self.root / kind / f"{number:08d}"

    def done(self, step: str) -> Path:
        """Mark of a finished step, which holds what it counted."""
        return self.root / "done" / step
