"""Repair of day files: damaged ones are set aside, and each row is moved to where it belongs, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from govnews_spider.storage.atomic import remove_files, replace_files
from govnews_spider.storage.layout import day_file, day_of
from govnews_spider.storage.parquet import SCHEMA, from_row, read_day, to_bytes
from govnews_spider.verify.audit.files import scan
from govnews_spider.verify.audit.inventory import Inventory

Key = tuple[str, int]

_SUSPECTS: Final = """
    SELECT article_id FROM rows WHERE folder <> 'outbox'
    AND path <> folder || '/year=' || substr(day, 1, 4) || '/month=' || substr(day, 6, 2) || '/' || day || '.parquet'
    UNION SELECT article_id FROM settled WHERE folder IN ('articles', 'reprints') GROUP BY article_id HAVING count(*) > 1
    UNION SELECT article_id FROM settled GROUP BY article_id, revision HAVING count(*) > 1
    UNION SELECT article_id FROM settled r WHERE folder = 'revisions' AND NOT EXISTS (
        SELECT 1 FROM rows n WHERE n.article_id = r.article_id AND n.folder <> 'revisions' AND n.revision > r.revision
    )
"""
"""Articles that stand in a wrong place, or twice, or with nothing but superseded rows."""
_ROWS_OF: Final = """
    SELECT revision, folder, path, day, duplicate_of, digest FROM rows WHERE article_id = ? AND folder <> 'outbox' ORDER BY path
"""
_PLAN: Final = """
    CREATE TABLE come (target TEXT, source TEXT, article_id TEXT, revision INTEGER);
    CREATE TABLE go (path TEXT, article_id TEXT, revision INTEGER, kept INTEGER);
"""


def read_again(inventory: Inventory, days: set[date]) -> Iterator[str]:
    """Lists all rows; sets damaged files aside, with what rows of them can be read written again. ``days`` gets their days."""
    for finding in scan(inventory):
        if finding.slug != "damaged_day_file":
            continue
        path = finding.path
        table = _salvaged(inventory.folder.root / path)
        aside = set_aside(inventory.folder.root, path)
        if table.num_rows:
            _write(inventory.folder.root, path, table)
            inventory.add(path.partition("/")[0], path, [from_row(row) for row in table.to_pylist()])
        days.update(day for day in (day_of(path),) if day)
        yield f"{path} is damaged: {table.num_rows} rows of it could be read; the file is now {aside}"


def settle(inventory: Inventory) -> Iterator[str]:
    """Every row into the file of its day: the newest revision into articles/ or reprints/, the others into revisions/.

    Of rows that are equal one is kept. An article with different rows of one revision is left as it is: nobody can tell
    which is right. Rows are added before others are taken away, so that an interruption loses none.
    """
    db = inventory.db
    db.executescript(_PLAN)
    settled = sum(_plan(inventory, article_id) for (article_id,) in db.execute(_SUSPECTS).fetchall())
    for (target,) in db.execute("SELECT DISTINCT target FROM come ORDER BY target").fetchall():
        _take_in(inventory, target)
    for (path,) in db.execute("SELECT DISTINCT path FROM go ORDER BY path").fetchall():
        wanted = db.execute("SELECT article_id, revision, kept FROM go WHERE path = ?", (path,))
        quota = {(article_id, revision): kept for article_id, revision, kept in wanted}
        _write(inventory.folder.root, path, _limited(read_day(inventory.folder.root / path), quota))
    if settled:
        yield f"{settled} articles had rows twice, in a wrong place, or superseded ones only: each row stands where it belongs now, once"


def set_aside(data: Path, path: str) -> str:
    """Moves a file of the data folder below ``damaged/``; returns where it is now."""
    aside, number = f"damaged/{path}", 1
    while (data / aside).exists():
        number += 1
        aside = f"damaged/{path}.{number}"
    replace_files(data, {data / aside: (data / path).read_bytes()})
    remove_files([data / path])
    return aside


def _salvaged(path: Path) -> pa.Table:
    """The row groups of a damaged file that are whole."""
    groups = [SCHEMA.empty_table()]
    with suppress(pa.ArrowException, OSError):
        file = pq.ParquetFile(path, page_checksum_verification=True)
        for number in range(file.num_row_groups if file.schema_arrow.equals(SCHEMA) else 0):
            with suppress(pa.ArrowException, OSError):
                groups.append(file.read_row_group(number).cast(SCHEMA))
    return pa.concat_tables(groups)


def _plan(inventory: Inventory, article_id: str) -> bool:
    """Notes which rows of the article come and go. False where nobody can tell which of them is right."""
    rows = inventory.db.execute(_ROWS_OF, (article_id,)).fetchall()
    if len({(revision, digest) for revision, *_, digest in rows}) > len({revision for revision, *_ in rows}):
        return False
    newest = max(map(itemgetter(0), rows))
    places = Counter((path, revision) for revision, _, path, *_ in rows)
    for revision, _, path, day, duplicate_of, _ in rows:
        folder = "revisions" if revision < newest else "reprints" if duplicate_of else "articles"
        home = day_file(folder, date.fromisoformat(day))
        if (home, revision) not in places:
            places[home, revision] = 1
            inventory.db.execute("INSERT INTO come VALUES (?, ?, ?, ?)", (home, path, article_id, revision))
        if path != home or places[path, revision] > 1:
            inventory.db.execute("INSERT INTO go VALUES (?, ?, ?, ?)", (path, article_id, revision, path == home))
    return True


def _take_in(inventory: Inventory, target: str) -> None:
    path = inventory.folder.root / target
    tables = [read_day(path)]
    sql = "SELECT source, article_id, revision FROM come WHERE target = ? ORDER BY source"
    wanted: dict[str, dict[Key, int]] = {}
    for source, article_id, revision in inventory.db.execute(sql, (target,)):
        wanted.setdefault(source, {})[article_id, revision] = 1
    for source, keys in wanted.items():
        table = read_day(inventory.folder.root / source)
        there = table.filter(_mask(key in keys for key in _keys(table)))
        tables.append(_limited(there, keys))
    _write(inventory.folder.root, target, pa.concat_tables(tables))


def _limited(table: pa.Table, quota: dict[Key, int]) -> pa.Table:
    """The table with no more rows of a key than its quota; a key without one keeps all."""
    left = Counter(quota)
    flags = []
    for key in _keys(table):
        flags.append(key not in quota or left[key] > 0)
        left[key] -= 1
    return table.filter(_mask(flags))


def _write(data: Path, path: str, table: pa.Table) -> None:
    day = day_of(path)
    # As the writer, which keeps a day without rows.
    if table.num_rows or (day and path == day_file(path.partition("/")[0], day)):
        table = table.sort_by([(name, "ascending") for name in ("published_at", "article_id", "revision")])
        replace_files(data, {data / path: to_bytes(table)})
    else:
        remove_files([data / path])


def _keys(table: pa.Table) -> Iterable[Key]:
    return zip(table["article_id"].to_pylist(), table["revision"].to_pylist(), strict=True)


def _mask(flags: Any) -> pa.Array:
    return pa.array(flags, pa.bool_())
