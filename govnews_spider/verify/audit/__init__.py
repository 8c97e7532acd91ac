"""Audit of a data folder: everything that was written is read again, and every broken invariant is named.

Nothing here changes a data folder. The caller holds its lock (:func:`govnews_spider.ledger.lock.hold`), so that nothing moves meanwhile;
memory holds one day's rows at a time, the rest lies in a temporary database.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from govnews_spider.storage.layout import DATASETS
from govnews_spider.storage.writers import derived_writers
from govnews_spider.verify.audit import articles, files, ledger, runs, stray_files
from govnews_spider.verify.audit.findings import Audit
from govnews_spider.verify.audit.inventory import Inventory

__all__ = ["audit"]


def audit(data: Path) -> Audit:
    """Findings of all checks of a data folder. Raises :class:`StorageError` where a file is not given by the system."""
    found = Audit()
    with Inventory(data) as inventory:
        found.looked["posts"] = inventory.count("SELECT count(*) FROM outputs WHERE noun = 'post'")
        if any(writer.noun != "post" for writer in derived_writers().values()):
            found.looked["outputs"] = inventory.count("SELECT count(*) FROM outputs WHERE noun <> 'post'")
        checks = (
            files.scan(inventory),
            articles.articles(inventory),
            articles.reprints(inventory),
            ledger.ledger(inventory),
        )
        for finding in chain(*checks, runs.runs(data)):
            found.add(finding)
        found.looked.update(dict(_looked(inventory)))
        found.remarks += [*articles.remarks(inventory), *ledger.remarks(inventory), *stray_files.remarks(data)]
    return found


def _looked(inventory: Inventory) -> Iterator[tuple[str, int]]:
    yield "day files", len(inventory.folder.parquet_files(*DATASETS))
    yield "rows", inventory.count("SELECT count(*) FROM rows WHERE folder <> 'outbox'")
    yield "articles", inventory.count("SELECT count(DISTINCT article_id) FROM rows")
    yield "reprints", inventory.count("SELECT count(*) FROM rows WHERE folder = 'reprints'")
    yield "ledger", inventory.count("SELECT count(*) FROM ledger.identities") if inventory.fault is None else 0
    yield "runs", len(inventory.folder.run_reports())
