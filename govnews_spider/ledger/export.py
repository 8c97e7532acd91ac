"""Export of the outbox to the files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from govnews_spider.ledger.ledger import Ledger
from govnews_spider.ledger.outbox import Batch
from govnews_spider.storage.errors import StorageError, storage_error
from govnews_spider.storage.writer import Writer

_MOST_TOGETHER: Final = 16_000_000
"""Bytes that writers hold when their files are written, together: the disk is asked for many at once, and memory stays flat."""


def export(ledger: Ledger, writers: Iterable[Writer]) -> list[StorageError]:
    """Writes the outbox to every writer and clears what all of them have. Returns what kept rows from being written.

    A day that cannot be written keeps its rows in the outbox and holds no other day back; a disk that takes nothing ends the
    export. Rows are cleared only after all writers have them on the disk, and writers are idempotent: after an interruption at any
    point, calling it again is all there is to do.
    """
    formats = list(writers)
    faults: list[StorageError] = []
    written: list[Batch] = []
    for batch in ledger.pending():
        # Together go batches that may reach the disk in any order: of one revision, so that no article is twice among them.
        if written and (batch.revision != written[0].revision or _weight(formats) >= _MOST_TOGETHER):
            faults += _settle(ledger, formats, written)
            written.clear()
        faults += _tried(ledger, partial(_hand_over, batch, formats), then=partial(written.append, batch))
        if any(fault.stops_all for fault in faults):
            return faults
    return faults + _settle(ledger, formats, written)


def _settle(ledger: Ledger, writers: list[Writer], written: list[Batch]) -> list[StorageError]:
    """Flushes what was handed over; where that fails by one file, batch by batch, so that no other is held back."""

    def flush() -> None:
        for writer in writers:
            writer.flush()

    faults = _tried(ledger, flush, then=lambda: ledger.done(written))
    if not faults or faults[0].stops_all or len(written) < 2:
        return faults
    faults = []
    for batch in written:
        faults += _tried(ledger, partial(_hand_over, batch, writers)) or _settle(ledger, writers, [batch])
    return faults


def _tried(ledger: Ledger, step: Callable[[], None], then: Callable[[], None] = lambda: None) -> list[StorageError]:
    """Errors that kept ``step`` from being done; none where ``then`` was done as well."""
    try:
        step()
    except (StorageError, OSError) as error:
        return [storage_error(error, ledger.path.parent) if isinstance(error, OSError) else error]
    then()
    return []


def _weight(writers: Iterable[Writer]) -> int:
    return sum(writer.weight for writer in writers)


def _hand_over(batch: Batch, writers: Iterable[Writer]) -> None:
    for writer in writers:
        writer.write(batch.day, batch.articles)
        for day, article_ids in batch.moved.items():
            writer.remove(day, article_ids)
