"""What a comparison has found: counts, and the first examples of each kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from govnews_spider.verify.diff.columns import Flags, differing, value_of


@dataclass(frozen=True, slots=True)
class Change:
    """A field of an article before and after; ``article_id`` is that in the new folder.

    Values are those of :class:`govnews_spider.article.Article`, but pictures are dictionaries.
    """

    article_id: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Lone:
    """An article that only one of the folders has."""

    article_id: str
    title: str
    url: str | None


@dataclass(slots=True, kw_only=True)
class Differences:
    """Every article counts once: as same, changed, added or lost, under its layout (its new one, where it has two)."""

    old: Path
    new: Path
    most: int
    """Examples that are kept of each kind: the first by day, then by place in the file; articles that moved or were renamed come last."""
    same: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    added: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    fields: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Changed articles by field and layout; an article counts for each of its fields that changed."""
    examples: dict[str, list[Change]] = field(default_factory=dict)
    """By field."""
    added_examples: list[Lone] = field(default_factory=list)
    lost_examples: list[Lone] = field(default_factory=list)

    @property
    def old_rows(self) -> int:
        """Articles in the old folder."""
        return self.same.total() + self.changed.total() + self.lost.total()

    @property
    def new_rows(self) -> int:
        """Articles in the new folder."""
        return self.same.total() + self.changed.total() + self.added.total()

    def compare(self, old: pa.Table, new: pa.Table) -> None:
        """Counts articles that both folders have; their rows stand side by side."""
        changed = np.zeros(new.num_rows, np.bool_)
        for name, flags in differing(old, new).items():
            changed |= flags
            for layout, count in _layouts(new, flags).items():
                self.fields[name, layout] += count
            shown = self.examples.setdefault(name, [])
            for row in np.flatnonzero(flags)[: self.most - len(shown)].tolist():
                values = (value_of(name, table[name][row]) for table in (old, new))
                shown.append(Change(new["article_id"][row].as_py(), *values))
        self.changed += _layouts(new, changed)
        self.same += _layouts(new, ~changed)

    def add(self, rows: pa.Table) -> None:
        """Counts articles that only the new folder has."""
        self.added += _layouts(rows)
        self.added_examples += _lone(rows[: self.most - len(self.added_examples)])

    def lose(self, rows: pa.Table) -> None:
        """Counts articles that only the old folder has."""
        self.lost += _layouts(rows)
        self.lost_examples += _lone(rows[: self.most - len(self.lost_examples)])


def _layouts(rows: pa.Table, flags: Flags | None = None) -> Counter[str]:
    layouts = rows["layout"] if flags is None else rows["layout"].filter(pa.array(flags))
    return Counter({count["values"]: count["counts"] for count in layouts.value_counts().to_pylist()})


def _lone(rows: pa.Table) -> list[Lone]:
    return [Lone(**row) for row in rows.select(["article_id", "title", "url"]).to_pylist()]
