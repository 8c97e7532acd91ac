"""Checks of the ledger against the rows of the files and of its own outbox."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from govnews_spider.storage.layout import LEDGER
from govnews_spider.verify.audit.findings import Finding
from govnews_spider.verify.audit.inventory import Inventory

_NO_ROW: Final = """
    SELECT article_id, revision, day FROM ledger.identities i WHERE NOT EXISTS (SELECT 1 FROM newest n WHERE n.article_id = i.article_id)
"""
_UNKNOWN: Final = """
    SELECT article_id, revision FROM newest n WHERE NOT EXISTS (SELECT 1 FROM ledger.identities i WHERE i.article_id = n.article_id)
"""
_DIFFERENT: Final = """
    SELECT article_id, n.revision, i.revision FROM newest n JOIN ledger.identities i USING (article_id)
    WHERE (n.revision, n.content_hash, n.published_at, n.day, n.duplicate_of, n.similarity, n.reason)
    IS NOT (i.revision, i.content_hash, i.published_at, i.day, i.duplicate_of, i.similarity, i.reason)
"""
_OTHER_TEXT: Final = """
    SELECT article_id, n.revision FROM newest n JOIN ledger.identities i USING (article_id)
    WHERE n.text_key IS NOT (SELECT key FROM ledger.texts t WHERE t.number = i.text)
"""
OVERTAKEN: Final = """
    SELECT o.article_id, o.revision, r.revision FROM rows o JOIN rows r ON r.article_id = o.article_id
    WHERE o.folder = 'outbox' AND r.folder IN ('articles', 'reprints') AND (r.revision > (
        SELECT max(revision) FROM rows m WHERE m.article_id = o.article_id AND m.folder = 'outbox'
    ) OR (r.revision = o.revision AND (r.content_hash, r.published_at) IS NOT (o.content_hash, o.published_at)))
"""
"""Rows of the outbox, with their revision and that of the row in the files which no row of the outbox may replace."""
_NO_VERSION: Final = """
    SELECT article_id, revision FROM rows r WHERE NOT EXISTS (SELECT 1 FROM ledger.versions v
    WHERE (v.article_id, v.content_hash, v.published_at) = (r.article_id, r.content_hash, r.published_at))
"""
_NO_ALIAS: Final = "SELECT article_id, alias FROM aliases EXCEPT SELECT article_id, alias FROM ledger.aliases"
_NO_URL: Final = "SELECT article_id, url FROM rows r WHERE url IS NOT NULL AND url NOT IN (SELECT url FROM ledger.urls)"
COUNTED: Final = """
    SELECT day, sum(duplicate_of IS NULL), sum(duplicate_of IS NOT NULL), sum(revision - 1) FROM ledger.identities GROUP BY day
"""
"""What ``tallies`` has to say."""
_MISCOUNTED: Final = f"""
    SELECT day FROM (SELECT * FROM ledger.tallies EXCEPT {COUNTED})
    UNION SELECT day FROM ({COUNTED} EXCEPT SELECT * FROM ledger.tallies)
"""  # noqa: S608
_UNTOLD: Final = {
    "text_unknown": (_OTHER_TEXT, "the text of its revision {} was not compared with others"),
    "version_missing": (_NO_VERSION, "the ledger does not know what revision {} was"),
    "alias_missing": (_NO_ALIAS, "the ledger does not know that it is {} as well"),
    "url_missing": (_NO_URL, "the ledger does not know the address {}"),
}
"""What the rows tell and the ledger does not: slug → the query for article and value, and the sentence for the value."""


def ledger(inventory: Inventory) -> Iterator[Finding]:
    """Findings on the ledger against the rows; of one that is damaged, or missing where there are rows, only that."""
    fault, db = inventory.fault, inventory.db
    if fault is not None:
        if fault.slug != "ledger_missing" or inventory.count("SELECT count(*) FROM rows"):
            yield Finding(fault.slug, LEDGER, fault.detail)
        return
    for article_id, revision, day in db.execute(_NO_ROW):
        yield Finding(
            "row_missing", article_id, f"the ledger has its revision {revision} of {day}, and no file a row of it"
        )
    for article_id, revision in db.execute(_UNKNOWN):
        yield Finding(
            "ledger_behind", article_id, f"the files have its revision {revision}, the ledger does not know it"
        )
    for article_id, there, known in db.execute(_DIFFERENT):
        slug = "ledger_behind" if there > known else "identity_differs"
        yield Finding(
            slug,
            article_id,
            f"the newest row is revision {there}, the ledger's {known}, or their contents or marks differ",
        )
    for article_id, waits, there in db.execute(OVERTAKEN):
        yield Finding(
            "ledger_behind",
            article_id,
            f"revision {waits} waits in the outbox, the files have another revision {there}",
        )
    yield from _untold(db)


def _untold(db: sqlite3.Connection) -> Iterator[Finding]:
    """Findings on facts that the ledger should have taken from the rows, and has not."""
    for slug, (sql, what) in _UNTOLD.items():
        for article_id, value in db.execute(sql):
            yield Finding(slug, article_id, what.format(value))
    for (day,) in db.execute(_MISCOUNTED):
        yield Finding("tallies_differ", day, "what the ledger counts of that day is not what it knows of it")


def remarks(inventory: Inventory) -> Iterator[str]:
    """The runs that were killed."""
    if inventory.fault is None:
        killed = inventory.count("SELECT count(*) FROM ledger.runs WHERE exit_code IS NULL")
        if killed:
            yield f"{killed:,} runs were killed; they have no report in runs/"
