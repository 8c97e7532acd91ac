"""Checks across files: every article in one place, its revisions without a hole, reprints of what exists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from govnews_spider.storage.layout import LOST
from govnews_spider.verify.audit.findings import Finding
from govnews_spider.verify.audit.inventory import Inventory

_TWICE: Final = """
    SELECT article_id, count(*), group_concat(path, ', ') FROM settled WHERE folder IN ('articles', 'reprints')
    GROUP BY article_id HAVING count(*) > 1
"""
_SAME_REVISION: Final = """
    SELECT article_id, revision, group_concat(path, ', ') FROM settled
    GROUP BY article_id, revision HAVING count(*) > 1 AND sum(folder = 'revisions') > 0
"""
_NOT_OLDER: Final = """
    SELECT article_id, revision, path FROM settled r WHERE folder = 'revisions' AND NOT EXISTS (
        SELECT 1 FROM rows n WHERE n.article_id = r.article_id AND n.folder <> 'revisions' AND n.revision >= r.revision
    )
"""
_HOLES: Final = (
    "SELECT article_id, max(revision) FROM rows GROUP BY article_id HAVING count(DISTINCT revision) < max(revision)"
)
_REVISIONS: Final = (
    "SELECT revision FROM rows WHERE article_id = ? UNION SELECT revision FROM lost WHERE article_id = ?"
)
_OF_NOTHING: Final = """
    SELECT path, article_id, duplicate_of FROM rows r WHERE folder = 'reprints' AND duplicate_of IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM rows o WHERE o.article_id = r.duplicate_of AND o.folder <> 'revisions')
    AND NOT EXISTS (SELECT 1 FROM lost l WHERE l.article_id = r.duplicate_of)
"""
_OF_REPRINT: Final = """
    SELECT path, article_id, duplicate_of FROM rows r WHERE folder = 'reprints'
    AND EXISTS (SELECT 1 FROM rows o WHERE o.article_id = r.duplicate_of AND o.folder = 'reprints')
"""


def articles(inventory: Inventory) -> Iterator[Finding]:
    """Findings on articles and their revisions; those with a row in the outbox are only checked for missing revisions."""
    for article_id, count, paths in inventory.db.execute(_TWICE):
        yield Finding("article_twice", article_id, f"{count} rows, in {paths}")
    for article_id, revision, paths in inventory.db.execute(_SAME_REVISION):
        yield Finding("revision_twice", article_id, f"revision {revision} stands in {paths}")
    for article_id, revision, path in inventory.db.execute(_NOT_OLDER):
        what = f"revision {revision} stands in {path}, and no newer one in articles/"
        yield Finding("revision_not_older", article_id, what)
    for article_id, revision in holes(inventory):
        yield Finding("revision_missing", article_id, f"there is no row of its revision {revision}")


def reprints(inventory: Inventory) -> Iterator[Finding]:
    """Reprints of what does not exist, or is a reprint itself: chains are to point at the first article."""
    for path, article_id, original in inventory.db.execute(_OF_NOTHING):
        yield Finding("reprint_of_nothing", f"{path}: {article_id}", f"there is no {original}")
    for path, article_id, original in inventory.db.execute(_OF_REPRINT):
        yield Finding("reprint_of_reprint", f"{path}: {article_id}", f"{original} is a reprint itself")


def holes(inventory: Inventory) -> Iterator[tuple[str, int]]:
    """Article and number of each revision that has no row, unless it is noted as lost."""
    for article_id, last in inventory.db.execute(_HOLES):
        found = {number for (number,) in inventory.db.execute(_REVISIONS, (article_id, article_id))}
        yield from ((article_id, number) for number in range(1, last) if number not in found)


def originals(inventory: Inventory) -> list[str]:
    """The articles that reprints repeat and that are not there."""
    return sorted({original for *_, original in inventory.db.execute(_OF_NOTHING)})


def remarks(inventory: Inventory) -> Iterator[str]:
    """Remarks on rows in the outbox, and on what was lost before."""
    waiting = inventory.count("SELECT count(*) FROM rows WHERE folder = 'outbox'")
    if waiting:
        yield f"{waiting:,} rows wait in the outbox; the next run writes them"
    lost = inventory.count("SELECT count(*) FROM lost")
    if lost:
        yield f"{lost:,} articles or revisions were lost before this, {LOST} names them"
