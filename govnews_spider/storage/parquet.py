"""Parquet datasets of whole rows: ``articles/``, ``reprints/`` and ``revisions/``, one file a publication day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from govnews_spider.article import SCHEMA_VERSION, Article, Image, set_duplicate_of
from govnews_spider.storage.atomic import Stage
from govnews_spider.storage.errors import StorageError, storage_error
from govnews_spider.storage.layout import CURRENT, DataFolder

_TIME: Final = pa.timestamp("us", tz="UTC")
_IMAGE: Final = pa.struct(
    [pa.field("url", pa.string(), nullable=False), pa.field("caption", pa.string(), nullable=False)]
)


def _list(item: pa.DataType) -> pa.DataType:
    """A list without nulls in it; Parquet's own name for the item keeps the type equal after reading it back."""
    return pa.list_(pa.field("element", item, nullable=False))


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


SCHEMA: Final = pa.schema(
    [
        _required("article_id", pa.string()),
        pa.field("url", pa.string()),
        _required("title", pa.string()),
        pa.field("original_title", pa.string()),
        _required("published_at", _TIME),
        _required("published_raw", pa.string()),
        _required("published_from", pa.string()),
        pa.field("source", pa.string()),
        pa.field("author", pa.string()),
        pa.field("editor", pa.string()),
        pa.field("section", pa.string()),
        _required("categories", _list(pa.string())),
        _required("keywords", _list(pa.string())),
        _required("topics", _list(pa.string())),
        _required("regions", _list(pa.string())),
        pa.field("headimg", pa.string()),
        _required("images", _list(_IMAGE)),
        _required("body_html", pa.string()),
        _required("text", pa.string()),
        _required("char_count", pa.int32()),
        _required("content_hash", pa.string()),
        _required("kind", pa.string()),
        _required("layout", pa.string()),
        _required("provenance", pa.map_(pa.string(), pa.field("value", pa.string(), nullable=False))),
        _required("revision", pa.int32()),
        _required("first_seen", _TIME),
        pa.field("fetched_at", _TIME),
        pa.field("duplicate_of", pa.string()),
        pa.field("similarity", pa.float64()),
        _required("spider", pa.string()),
        _required("run_id", pa.string()),
        _required("origin", pa.string()),
        _required("schema_version", pa.int32()),
    ],
    metadata={"schema_version": str(SCHEMA_VERSION)},
)
"""The columns of every file, the same in each: names and order of :data:`govnews_spider.article.FIELD_NAMES`."""

_DAMAGED: Final = "put back a copy of it, or run `scrapy verify --repair`"
_UNIQUE: Final = ("url", "title", "original_title", "body_html", "text", "content_hash")
"""Columns that hardly repeat within a day: a dictionary of them is dead weight, and so are bounds of long text."""


class ParquetWriter:
    """Merges rows into the day files of a data folder: ``articles/year=2021/month=11/2021-11-25.parquet``.

    ``anew``: what the files held before is not read, but replaced, as :class:`Stage` says.
    """

    def __init__(self, data: Path, *, anew: bool = False) -> None:
        self._folder = DataFolder(data)
        self._anew = anew
        self._stage = Stage(data, anew=anew)
        self._staged: dict[Path, pa.Table] = {}
        self.weight = 0

    def write(self, day: date, articles: Sequence[Article]) -> None:
        """Puts the articles into their day: reprints into ``reprints/``, all others into ``articles/``.

        Raises :class:`StorageError` for a file that is damaged, of another schema, or ahead of the ledger.
        """
        self._update(day, {article.article_id: article.revision for article in articles}, articles)

    def remove(self, day: date, article_ids: Collection[str]) -> None:
        """Moves the rows of these articles from their day to its ``revisions/``; raises as :meth:`write` does."""
        self._update(day, dict.fromkeys(article_ids), ())

    def flush(self) -> None:
        """Replaces the files of all days that were given rows or lost some."""
        self._staged.clear()
        self.weight = 0
        self._stage.commit()

    def close(self) -> None:
        """Nothing is held open."""

    def _update(self, day: date, revisions: dict[str, int | None], articles: Sequence[Article]) -> None:
        """Puts ``articles`` in the place of the rows named by ``revisions``; those are kept safe before they go."""
        before = {folder: self._read(folder, day) for folder in CURRENT}
        superseded = pa.concat_tables(self._superseded(rows, revisions, day) for rows in before.values())
        if superseded.num_rows:
            kept = self._read("revisions", day)
            fresh = superseded.filter(_mask(key not in set(_keys(kept)) for key in _keys(superseded)))
            self._replace("revisions", day, kept, pa.concat_tables([kept, fresh]))
        come = {"reprints": [article for article in articles if article.duplicate_of is not None]}
        come["articles"] = [article for article in articles if article.duplicate_of is None]
        # A row that changes folders comes to stand in the new one before it goes from the old one.
        for folder in sorted(before, key=lambda folder: _loses(before[folder], revisions, come[folder])):
            rows = before[folder]
            if come[folder] or rows.num_rows:
                stay = rows.filter(_mask(article_id not in revisions for article_id, _ in _keys(rows)))
                self._replace(folder, day, rows, pa.concat_tables([stay, to_table(come[folder])]))

    def _superseded(self, rows: pa.Table, revisions: dict[str, int | None], day: date) -> pa.Table:
        wanted = []
        for article_id, revision in _keys(rows):
            newer = revisions.get(article_id, revision)
            if newer is not None and newer < revision:
                raise StorageError(
                    "ledger_behind",
                    f"{day}: the files hold revision {revision} of {article_id}, not {newer};"
                    " put back the ledger that belongs to these files, or run `scrapy verify --repair`",
                )
            wanted.append(newer != revision)
        return _unmarked(rows.filter(_mask(wanted)))

    def _read(self, folder: str, day: date) -> pa.Table:
        path = self._folder.day_file(folder, day)
        if path in self._staged:
            return self._staged[path]
        return SCHEMA.empty_table() if self._anew else read_day(path)

    def _replace(self, folder: str, day: date, before: pa.Table, after: pa.Table) -> None:
        after = after.sort_by([(name, "ascending") for name in ("published_at", "article_id", "revision")])
        if after.equals(before):
            return
        # A day without rows keeps its file: a reader that has listed the folder is about to open it.
        path = self._folder.day_file(folder, day)
        self._staged[path] = after
        self.weight += after.nbytes
        self._stage.put(path, partial(to_bytes, after))


def to_table(articles: Sequence[Article]) -> pa.Table:
    """The articles as rows of :data:`SCHEMA`."""
    columns = {name: [getattr(article, name) for article in articles] for name in SCHEMA.names}
    columns["images"] = [[asdict(image) for image in images] for images in columns["images"]]
    return pa.Table.from_pydict(columns, schema=SCHEMA)


def from_row(row: dict[str, Any]) -> Article:
    """The article that the row, as pyarrow gives it, was written from."""
    images = [Image(**image) for image in row["images"]]
    return Article(**row | {"images": images, "provenance": dict(row["provenance"])})


def read_day(path: Path, columns: Sequence[str] = SCHEMA.names) -> pa.Table:
    """The rows of a day's file, every page's checksum verified; none where there is no file. ``columns`` in the schema's order.

    Raises :class:`StorageError`: ``damaged_day_file``, ``other_schema``, or the name of what keeps it from being read.
    """
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
        schema, table = file.schema_arrow, file.read(columns)
    except FileNotFoundError:
        schema, table = SCHEMA, SCHEMA.empty_table().select(columns)
    except (pa.ArrowException, OSError) as error:
        # Arrow's own complaints about a file are OSErrors without a number.
        if isinstance(error, OSError) and error.errno:
            raise storage_error(error, path) from error
        complaint = " ".join(str(error).split())
        raise StorageError("damaged_day_file", f"{path}: {complaint}; {_DAMAGED}") from error
    if not schema.equals(SCHEMA):
        raise StorageError("other_schema", f"{path}: it is not schema {SCHEMA_VERSION}; use another data folder")
    # The inner name of a map is read as another one, and would be written so.
    return table.cast(pa.schema([SCHEMA.field(name) for name in columns], SCHEMA.metadata))


def to_bytes(table: pa.Table) -> bytes:
    """The content of a day's file with these rows; the same rows give the same bytes, whatever they were merged from."""
    short = [name for name in SCHEMA.names if name not in _UNIQUE]
    sink = BytesIO()
    pq.write_table(
        table.combine_chunks(),
        sink,
        compression="zstd",
        compression_level=3,  # twice as fast as 6, which saves 5 % more
        use_dictionary=short,
        write_statistics=short,
        write_page_checksum=True,  # a flipped bit must not be copied into the next version of the day
    )
    return sink.getvalue()


def _unmarked(rows: pa.Table) -> pa.Table:
    """Rows of former revisions: which of them were known as reprints at that time is chance, and of no use."""
    articles = [from_row(row) for row in rows.to_pylist()]
    for article in articles:
        set_duplicate_of(article, None, None, None)
    return to_table(articles)


def _loses(rows: pa.Table, revisions: Collection[str], come: Sequence[Article]) -> bool:
    """Whether a row of these goes and does not come again."""
    there = {article_id for article_id, _ in _keys(rows)}
    return any(key in there for key in set(revisions).difference(article.article_id for article in come))


def _keys(table: pa.Table) -> list[tuple[str, int]]:
    return list(zip(table["article_id"].to_pylist(), table["revision"].to_pylist(), strict=True))


def _mask(flags: Any) -> pa.Array:
    return pa.array(flags, pa.bool_())
