"""Rows side by side, column by column, in Arrow: an article that did not change costs no Python."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from govnews_spider.storage.parquet import SCHEMA

Flags: TypeAlias = npt.NDArray[np.bool_]

OF_THE_RUN: Final = frozenset({"run_id", "spider", "first_seen", "fetched_at", "origin"})
"""Columns that say by which run, when and from where a row came: two runs never agree on them."""
COLUMNS: Final = tuple(name for name in SCHEMA.names if name not in OF_THE_RUN)
"""What is compared."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(kind):
        return pa.int64()
    return pa.list_(pa.struct([("key", kind.key_type), ("value", kind.item_type)])) if pa.types.is_map(kind) else kind


PLAIN: Final = pa.schema([pa.field(name, _plain(SCHEMA.field(name).type)) for name in COLUMNS])
"""The same columns in types that Arrow can compare and JSON can hold: times as microseconds, a map as a list of pairs."""


def differing(old: pa.Table, new: pa.Table) -> dict[str, Flags]:
    """For each column that differs anywhere: in which rows. Both tables are :data:`PLAIN` and of the same length.

    Null is equal to null alone; the order of a map's pairs says nothing.
    """
    found = {}
    for name in COLUMNS:
        one, other = old[name].combine_chunks(), new[name].combine_chunks()
        if one.equals(other):
            continue
        flags = _differing(one, other)
        if pa.types.is_map(SCHEMA.field(name).type):
            for row in np.flatnonzero(flags).tolist():
                flags[row] = value_of(name, one[row]) != value_of(name, other[row])
        if flags.any():
            found[name] = flags
    return found


def value_of(name: str, scalar: pa.Scalar) -> Any:
    """The value in that column as an article has it: a time, a dictionary, …"""
    value, kind = scalar.as_py(), SCHEMA.field(name).type
    if pa.types.is_timestamp(kind):
        return _EPOCH + timedelta(microseconds=value)
    return {pair["key"]: pair["value"] for pair in value} if pa.types.is_map(kind) else value


def _differing(old: pa.Array, new: pa.Array) -> Flags:
    """Arrow compares plain values only: lists are compared by their lengths, and those of equal length by their items."""
    flags: Flags
    if pa.types.is_struct(old.type):
        flags = np.logical_or.reduce([_differing(*both) for both in zip(old.flatten(), new.flatten(), strict=True)])
        return flags
    if not pa.types.is_list(old.type):
        unequal = pc.fill_null(pc.not_equal(old, new), False)
        flags = pc.or_(unequal, pc.xor(old.is_null(), new.is_null())).to_numpy(zero_copy_only=False)
        return flags
    lengths = np.diff(old.offsets)
    even = lengths == np.diff(new.offsets)
    items = _differing(*(lists.filter(pa.array(even)).flatten() for lists in (old, new)))
    flags = ~even
    flags[np.repeat(np.flatnonzero(even), lengths[even])[items]] = True
    return flags
