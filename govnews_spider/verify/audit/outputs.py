"""Checks of the output formats that follow from the Parquet rows: missing, differing and stray files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Final

from govnews_spider.article import Article, Rejected
from govnews_spider.storage.writer import DayFiles, DerivedWriter
from govnews_spider.storage.writers import derived_writers
from govnews_spider.verify.audit.findings import Finding
from govnews_spider.verify.audit.inventory import Inventory

_QUEUED_ON: Final = "SELECT article_id FROM rows WHERE folder = 'outbox' AND day = ?"
_QUEUED: Final = """
    SELECT DISTINCT article_id, day FROM rows WHERE article_id IN (SELECT article_id FROM rows WHERE folder = 'outbox')
"""
"""Articles with a row in the outbox, and every day under which one may have a file, of before or of after."""


class Outputs:
    """Files of each derived format against the rows that they follow from; those of articles in the outbox may be any."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._writers = [kind(inventory.folder.root) for kind in derived_writers().values()]

    def check(self, rows: Sequence[Article], *, is_whole: bool) -> Iterator[Finding]:
        """Findings on the files of the current rows of a day; ``is_whole``: all its Parquet files could be read."""
        for day, group in groupby(sorted(rows, key=attrgetter("day")), attrgetter("day")):
            rows_of_day = list(group)
            for writer in self._writers:
                if is_whole or not isinstance(writer, DayFiles):
                    yield from self._check(writer, day, rows_of_day)

    def strays(self) -> Iterator[Finding]:
        """The files without a row, once all rows are listed."""
        for article_id, day in self._inventory.db.execute(_QUEUED).fetchall():
            for writer in self._writers:
                self._inventory.meet_output(writer.file_of(date.fromisoformat(day), article_id))
        for path, noun in self._inventory.db.execute("SELECT path, noun FROM outputs ORDER BY path"):
            yield Finding(f"{noun}_without_row", path, "no row of articles/ belongs to it")

    def _check(self, writer: DerivedWriter, day: date, rows: Sequence[Article]) -> Iterator[Finding]:
        queued = self._queued(writer, day, rows)
        for path, encode in writer.files(day, rows):
            is_met = self._inventory.meet_output(path)
            if path in queued:
                continue
            file = self._inventory.folder.root / path
            if not is_met and not file.exists():
                yield Finding(f"{writer.noun}_missing", path, f"rows of {day} have no such file", encode)
            elif is_met:  # else another row has the same file
                try:
                    is_right = file.read_bytes() == encode()
                except Rejected as rejected:
                    yield Finding("row_without_document", path, str(rejected))
                    continue
                if not is_right:
                    yield Finding(f"{writer.noun}_differs", path, f"it is not what the rows of {day} give", encode)

    def _queued(self, writer: DerivedWriter, day: date, rows: Sequence[Article]) -> set[str]:
        """The files that an article with a row in the outbox takes part in."""
        queued = {row.article_id for row in rows if self._inventory.waits(row.article_id)}
        queued |= {key for (key,) in self._inventory.db.execute(_QUEUED_ON, (day.isoformat(),))}
        return {writer.file_of(day, article_id) for article_id in queued}
