"""Repair of a data folder: nothing is invented, and nothing is deleted that might be wanted.

Damaged files are set aside in ``damaged/``, a damaged ledger beside the new one. What cannot be brought back is fetched again by
later runs, or noted as lost. The caller holds the folder's lock. An interrupted repair may be run again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from govnews_spider.storage.atomic import remove_files, replace_files
from govnews_spider.storage.layout import LOST
from govnews_spider.verify.audit.articles import holes, originals
from govnews_spider.verify.audit.inventory import Inventory, lost_rows
from govnews_spider.verify.audit.runs import runs
from govnews_spider.verify.audit.stray_files import part_files
from govnews_spider.verify.repair import ledger, outputs, refingerprint, renumber_outbox, rows

__all__ = ["repair"]


def repair(data: Path) -> Iterator[str]:
    """Says each thing that it did, once it is done. Raises :class:`StorageError` and what the system raises."""
    days: set[date] = set()
    yield from _parts(data)
    yield from ledger.make_anew(data)
    with Inventory(data) as before:
        yield from rows.read_again(before, days)
        yield from rows.settle(before)
        yield from renumber_outbox.renumber(before)
    with Inventory(data) as after:
        yield from outputs.mend(after)
        yield from ledger.agree(after, days)
        yield from _lost(after)
    yield from refingerprint.compare(data)
    yield from _reports(data)


def _parts(data: Path) -> Iterator[str]:
    parts = list(part_files(data))
    remove_files(parts)
    if parts:
        yield f"{len(parts)} part files of runs that were killed are deleted"


def _lost(inventory: Inventory) -> Iterator[str]:
    """Notes what is missing for good: revisions without a row, and the articles that reprints repeat."""
    lost = [*holes(inventory), *((original, 0) for original in originals(inventory))]
    if lost:
        known = lost_rows(inventory.folder.root)
        lines = [
            json.dumps({"article_id": key, "revision": revision}, ensure_ascii=False)
            for key, revision in [*known, *lost]
        ]
        replace_files(
            inventory.folder.root, {inventory.folder.root / LOST: "".join(f"{line}\n" for line in lines).encode()}
        )
        yield f"{len(lost)} articles or revisions have no row any more; {LOST} names them"


def _reports(data: Path) -> Iterator[str]:
    """A log of rejections that cannot be read takes its report along: what one counts stands in the other."""
    broken = {finding.path for finding in runs(data) if finding.slug == "unreadable_report"}
    broken |= {f"runs/{Path(place).stem}.json" for place in broken if place.startswith("rejected/")}
    for place in sorted(place for place in broken if (data / place).exists()):
        yield f"{place} cannot be trusted; it is now {rows.set_aside(data, place)}"
