"""Lost articles: those that an old data folder has from the archives of a rebuild, and that the new folder lacks.

The ledgers say which articles are missing, so only the day files of these are read. What was never archived (documents, pages that were
fetched with ``GOVNEWS_ARCHIVE=0``) cannot be rebuilt and is not lost; nor is what ``--keyword`` and ``--topics`` leave out.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from govnews_spider.archive.exchange import RecordLocation
from govnews_spider.ledger.outbox import from_json
from govnews_spider.ledger.schema import ledger_uri
from govnews_spider.rebuild.work_items import readonly_uri
from govnews_spider.runs.run import NO_REASON, LostArticles
from govnews_spider.storage.layout import CURRENT, DataFolder
from govnews_spider.storage.parquet import read_day

_EXAMPLES: Final = 100
_COLUMNS: Final = ("article_id", "url", "origin")
_LOST: Final = (
    "CREATE TEMP TABLE lost (origin TEXT, article_id TEXT, slug TEXT, PRIMARY KEY (origin, article_id)) WITHOUT ROWID"
)
_MISSING: Final = """
    SELECT day, article_id FROM old.identities o
    WHERE NOT EXISTS (SELECT 1 FROM main.identities n WHERE n.article_id = o.article_id)
    AND NOT EXISTS (SELECT 1 FROM main.aliases n WHERE n.alias = o.article_id)
    AND NOT EXISTS (SELECT 1 FROM old.aliases a JOIN main.identities n ON n.article_id = a.alias WHERE a.article_id = o.article_id)
    ORDER BY day
"""
_NAMED: Final = "SELECT article_id, origin, slug FROM lost ORDER BY slug != ?, article_id LIMIT ?"


def old_folders(sources: Iterable[Path]) -> dict[Path, bool]:
    """Data folders with a ledger whose archives are given, and whether all of these are, as the folder ``raw/``."""
    folders: dict[Path, bool] = {}
    for path in sources:
        raw = path.absolute() if path.is_dir() else path.absolute().parent
        old = DataFolder(raw.parent)
        if old.raw == raw and old.ledger.exists():
            folders[old.root] = folders.get(old.root, False) or path.is_dir()
    return folders


def lost_articles(
    ledger: Path, old: Path, archives: Sequence[Path], rejections: Iterable[dict[str, Any]], *, is_complete: bool
) -> LostArticles:
    """The articles of the folder ``old`` that the new ledger lacks, counted by the slug under which their pages are rejected.

    ``is_complete``: all archives of the old folder are rebuilt, so an article from one that is not among them is lost too
    (``not_archived``). Raises sqlite3.Error, StorageError and ValueError where the old folder cannot be read.
    """
    names = {path.name for path in archives}
    with closing(sqlite3.connect(readonly_uri(ledger), uri=True, isolation_level=None)) as db:
        db.execute("ATTACH ? AS old", (ledger_uri(DataFolder(old).ledger),))
        db.execute(_LOST)
        for article_id, url, origin in _missing_rows(db, DataFolder(old)):
            location = RecordLocation.of(origin)
            if location is None or db.execute("SELECT 1 FROM main.urls WHERE url = ?", (url,)).fetchone():
                continue
            is_given = location.name.partition("/")[0] in names
            if is_given or is_complete:
                row = (origin, article_id, NO_REASON if is_given else "not_archived")
                db.execute("INSERT OR IGNORE INTO lost VALUES (?, ?, ?)", row)
        if db.execute("SELECT 1 FROM lost").fetchone():
            _explain(db, rejections)
        reasons = Counter(dict(db.execute("SELECT slug, count(*) FROM lost GROUP BY slug")))
        examples = [" ".join(row) for row in db.execute(_NAMED, (NO_REASON, _EXAMPLES))]
    return LostArticles(str(old), reasons, examples)


def _missing_rows(db: sqlite3.Connection, old: DataFolder) -> Iterator[tuple[str, str | None, str]]:
    """Id, address and origin of each article that the new ledger lacks, from the day files and, for rows on their way there, the outbox."""
    for day, rows in groupby(db.execute(_MISSING), itemgetter(0)):
        missing = {article_id for _, article_id in rows}
        for name in CURRENT:
            table = read_day(old.day_file(name, date.fromisoformat(day)), _COLUMNS)
            for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
                if row[0] in missing:
                    yield row
        for (line,) in db.execute("SELECT article FROM old.outbox WHERE day = ?", (day,)):
            article = from_json(line)
            if article.article_id in missing:
                yield article.article_id, article.url, article.origin


def _explain(db: sqlite3.Connection, rejections: Iterable[dict[str, Any]]) -> None:
    """Sets the slugs of rejected records, and of all records of an archive that cannot be read; drops what is off-topic."""
    for rejection in rejections:
        first = last = rejection["origin"]
        if rejection["url"] is None and rejection["outcome"] == "failed" and first.endswith("#0"):  # a whole archive
            first, last = first[:-1], f"{first[:-1]}:"  # ":" follows the digits
        if rejection["outcome"] == "off_topic":
            db.execute("DELETE FROM lost WHERE origin = ?", (first,))
        else:
            db.execute("UPDATE lost SET slug = ? WHERE origin BETWEEN ? AND ?", (rejection["slug"], first, last))
