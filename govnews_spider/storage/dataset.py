"""Dataset of a data folder for analysts: its Parquet files as one Arrow dataset."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from govnews_spider.core.stages.topics import check_topics
from govnews_spider.storage.layout import DataFolder
from govnews_spider.storage.parquet import SCHEMA

_PARTITIONS: Final = pa.schema([pa.field("year", pa.int32()), pa.field("month", pa.int32())])


def open_articles(
    data: str | Path = "data",
    *,
    since: date | str | None = None,
    until: date | str | None = None,
    topics: Collection[str] | None = None,
    reprints: bool = False,
    revisions: bool = False,
) -> ds.Dataset:
    """Every article once, in its newest revision: the columns of data/README.md plus ``year`` and ``month``.

    ``since`` and ``until`` are publication days in Asia/Shanghai, both included, as dates or as ``"2021-11-25"``;
    ``topics`` keeps the articles with at least one of them. ``reprints`` and ``revisions`` add those rows, which
    ``duplicate_of`` and ``revision`` tell apart. The files are listed now and read when the dataset is: while a crawl
    writes, open it anew for each reading. Raises FileNotFoundError where there are no day files, ValueError for a bad
    day, a period without days or a topic that the lexicon does not have, TypeError for a time in place of a day or one
    string in place of topics.
    """
    if isinstance(topics, str):
        raise TypeError(f"bad_topics: {topics!r} is one string; give a list: [{topics!r}]")
    check_topics(topics or ())
    first, last = _day(since, date.min), _day(until, date.max)
    if first > last:
        raise ValueError(f"empty_period: since={first} is after until={last}")
    datasets = ["articles"] + ["reprints"] * reprints + ["revisions"] * revisions
    files = DataFolder(Path(data)).day_files(*datasets)
    if not files:
        raise FileNotFoundError(f"no_articles: {data}: no day files in it; run a crawl, or name the folder of one")
    chosen = [str(path) for path in files if first <= date.fromisoformat(path.stem) <= last]
    partitioning = ds.HivePartitioning(_PARTITIONS)
    schema = pa.schema([*SCHEMA, *_PARTITIONS], metadata=SCHEMA.metadata)
    dataset = ds.dataset(chosen, schema=schema, format="parquet", partitioning=partitioning)
    return dataset if topics is None else dataset.filter(_has_one_of(topics))


def _day(value: date | str | None, default: date) -> date:
    if isinstance(value, datetime):
        raise TypeError(f"bad_day: {value!r} is a time; give a day of Asia/Shanghai such as '2021-11-25'")
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value or default
    except ValueError as error:
        raise ValueError(f"bad_day: {value!r} is no day; write it as '2021-11-25'") from error


def _has_one_of(topics: Collection[str]) -> pc.Expression:
    """A filter on the list column, made of text functions because Arrow has no function that looks into a list."""
    joined = pc.binary_join(pc.field("topics").cast(pa.list_(pa.string())), "\n")
    lines = pc.binary_join_element_wise(pc.scalar(""), joined, pc.scalar(""), "\n")
    return reduce(or_, (pc.match_substring(lines, f"\n{topic}\n") for topic in topics), pc.scalar(False))
