"""Comparison of two data folders, field by field: how a dataset that was made anew differs from the old one.

Every file is read once, with its checksums verified. DuckDB keeps a hash of each field, on disk where there are many, pairs the rows and
counts; the values themselves are read again for the examples only. So memory hardly grows with the folders.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from govnews_spider.storage.errors import storage_error
from govnews_spider.storage.layout import CURRENT, DataFolder
from govnews_spider.storage.parquet import SCHEMA, read_day
from govnews_spider.verify.diff.result import Change, Differences, OnlyInOne

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["COLUMNS", "OF_THE_RUN", "Change", "Differences", "OnlyInOne", "differences"]

OF_THE_RUN: Final = frozenset({"run_id", "spider", "first_seen", "fetched_at", "origin"})
"""Columns that say by which run, when and from where a row came: two runs never agree on them."""
COLUMNS: Final = tuple(name for name in SCHEMA.names if name not in OF_THE_RUN)
"""Columns that are compared."""
_MEMORY: Final = "128MB"
"""Memory of DuckDB; beyond it, it works on disk."""
_TOGETHER: Final = 2_000
"""Rows, at least, that are handed to DuckDB together."""
_SCHEMA: Final = """
    CREATE TABLE files (number INTEGER, path VARCHAR);
    CREATE TABLE every (
        side VARCHAR, day VARCHAR, file INTEGER, place INTEGER, article_id VARCHAR, revision INTEGER, url VARCHAR, layout VARCHAR,
        title VARCHAR, hashes UBIGINT[]
    );
"""
_NEWEST: Final = """
    CREATE TABLE rows AS SELECT *, row_number() OVER (ORDER BY day, file, place) AS number FROM every
        QUALIFY row_number() OVER (PARTITION BY side, article_id ORDER BY revision DESC, day DESC, file DESC, place DESC) = 1;
    CREATE TABLE pairs AS SELECT o.number AS old, n.number AS new, o.day <> n.day AS moved FROM rows o JOIN rows n USING (article_id)
        WHERE o.side = 'old' AND n.side = 'new';
    CREATE VIEW single AS SELECT * FROM rows WHERE number NOT IN (SELECT old FROM pairs UNION ALL SELECT new FROM pairs);
    INSERT INTO pairs SELECT o.number, n.number, true FROM
        (SELECT url, min(number) AS number FROM single WHERE side = 'old' GROUP BY url) o JOIN
        (SELECT url, min(number) AS number FROM single WHERE side = 'new' GROUP BY url) n USING (url);
    CREATE VIEW compared AS SELECT p.old, p.new, p.moved, n.layout, o.hashes AS before, n.hashes AS after
        FROM pairs p JOIN rows o ON o.number = p.old JOIN rows n ON n.number = p.new;
"""
"""After a run that was killed an article may stand in two files, until the next run: the higher revision counts. Pairs are made by id;
then, of those that no id has met, by address: the first of each address."""
_CHANGED: Final = "SELECT layout, before <> after, count(*) FROM compared GROUP BY ALL"
_FIELDS: Final = "SELECT field, layout, count(*) FROM compared, range(1, ? + 1) f(field) WHERE before[field] <> after[field] GROUP BY ALL"
_EXAMPLES: Final = """
    SELECT old, new FROM compared WHERE before[$field] <> after[$field] ORDER BY moved, old LIMIT $most
"""
_SINGLE: Final = "SELECT layout, count(*) FROM single WHERE side = ? GROUP BY ALL"
_SINGLE_EXAMPLES: Final = "SELECT article_id, title, url FROM single WHERE side = ? ORDER BY number LIMIT ?"
_ROW: Final = "SELECT path, place FROM rows JOIN files ON files.number = rows.file WHERE rows.number = ?"


def differences(old: Path, new: Path, *, examples: int = 3) -> Differences:
    """Compares two data folders, with so many examples of each kind of change.

    Compared is the newest row of each article, in ``articles/`` and ``reprints/`` together, in :data:`COLUMNS`. Two ids are one
    article whose ``article_id`` changed where the address is the same and neither id is in the other folder.

    Raises FileNotFoundError ``no_articles`` for a folder without day files, and :class:`StorageError` for a file that
    is damaged, of another schema, or not given by the system, and where there is no room for temporary files.
    """
    import duckdb  # takes a third of a second, and most commands need none

    try:
        with TemporaryDirectory() as folder, duckdb.connect() as db:
            db.execute(f"SET memory_limit = '{_MEMORY}'; SET threads = 2; SET temp_directory = '{folder}'; {_SCHEMA}")
            for side, data in (("old", old), ("new", new)):
                _load(db, side, data)
            db.execute(_NEWEST)
            return _result(db, Differences(old=old, new=new), examples)
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        if isinstance(error, FileNotFoundError) and str(error).startswith("no_articles"):
            raise
        cause = error if isinstance(error, OSError) else OSError(28, str(error).splitlines()[0])
        raise storage_error(cause, Path(gettempdir())) from error


def _load(db: DuckDBPyConnection, side: str, data: Path) -> None:
    """Hashes the fields of every row of a folder; raises FileNotFoundError, and as :func:`read_day`."""
    paths = DataFolder(data).parquet_files(*CURRENT)
    if not paths:
        what = "there are no day files in it" if data.is_dir() else "there is no such folder"
        raise FileNotFoundError(f"no_articles: {data}: {what}; name a data folder, one with articles/ in it")
    ((begin,),) = db.execute("SELECT count(*) FROM files").fetchall()
    files = pa.table({"number": range(begin, begin + len(paths)), "path": [str(path) for path in paths]})
    db.register("named", files).execute("INSERT INTO files SELECT * FROM named")
    hashes = ", ".join(f"hash({_comparable(name)})" for name in COLUMNS)
    for tables in _packed(paths, begin):
        db.register("loaded", tables)
        db.execute(
            f"INSERT INTO every SELECT ?, day, file, place, article_id, revision, url, layout, title, [{hashes}] FROM loaded",  # noqa: S608
            [side],
        )
        db.unregister("loaded")


def _packed(paths: list[Path], begin: int) -> Iterator[pa.Table]:
    """The rows of the files, some files at a time, each with its day, file and place."""
    tables: list[pa.Table] = []
    held = 0
    for number, path in enumerate(paths, begin):
        table = read_day(path, COLUMNS)
        count = table.num_rows
        table = table.append_column("day", pa.array([path.stem] * count, pa.string()))
        table = table.append_column("file", pa.array([number] * count, pa.int32()))
        tables.append(table.append_column("place", pa.array(range(count), pa.int32())))
        held += count
        if held >= _TOGETHER:
            yield pa.concat_tables(tables)
            tables, held = [], 0
    if tables:
        yield pa.concat_tables(tables)


def _comparable(name: str) -> str:
    """The SQL of a column's value; the order of a map's pairs says nothing."""
    return f"list_sort(map_entries({name}))" if pa.types.is_map(SCHEMA.field(name).type) else name


def _result(db: DuckDBPyConnection, result: Differences, most: int) -> Differences:
    for layout, is_changed, count in db.execute(_CHANGED).fetchall():
        (result.changed if is_changed else result.same)[layout] += count
    for field, layout, count in db.execute(_FIELDS, [len(COLUMNS)]).fetchall():
        result.fields[COLUMNS[field - 1], layout] += count
    for name in sorted({name for name, _ in result.fields}, key=COLUMNS.index):
        pairs = db.execute(_EXAMPLES, {"field": COLUMNS.index(name) + 1, "most": most}).fetchall()
        result.examples[name] = [_change(db, name, *pair) for pair in pairs]
    for side, counts, single in (
        ("new", result.added, result.added_examples),
        ("old", result.lost, result.lost_examples),
    ):
        counts.update(dict(db.execute(_SINGLE, [side]).fetchall()))
        single += [OnlyInOne(*row) for row in db.execute(_SINGLE_EXAMPLES, [side, most]).fetchall()]
    return result


def _change(db: DuckDBPyConnection, name: str, old: int, new: int) -> Change:
    before, after = (_row(db, number, name) for number in (old, new))
    return Change(after["article_id"], before[name], after[name])


def _row(db: DuckDBPyConnection, number: int, name: str) -> dict[str, Any]:
    ((path, place),) = db.execute(_ROW, [number]).fetchall()
    columns = [column for column in COLUMNS if column in ("article_id", name)]
    row: dict[str, Any] = read_day(Path(path), columns).slice(place, 1).to_pylist()[0]
    return row | {name: dict(row[name])} if pa.types.is_map(SCHEMA.field(name).type) else row
