"""Result of a comparison: counts, and the first examples of each kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """A field of an article before and after; ``article_id`` is that in the new folder.

    Values are those of :class:`govnews_spider.article.Article`, but pictures are dictionaries.
    """

    article_id: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class OnlyInOne:
    """An article that only one of the folders has."""

    article_id: str
    title: str
    url: str | None


@dataclass(slots=True, kw_only=True)
class Differences:
    """Every article counts once: as same, changed, added or lost, under its layout (its new one, where it has two).

    Examples are the first by day, then by place in the file; articles that moved or were renamed come last.
    """

    old: Path
    new: Path
    same: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    added: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    fields: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Changed articles by field and layout; an article counts for each of its fields that changed."""
    examples: dict[str, list[Change]] = field(default_factory=dict)
    """By field."""
    added_examples: list[OnlyInOne] = field(default_factory=list)
    lost_examples: list[OnlyInOne] = field(default_factory=list)

    @property
    def old_rows(self) -> int:
        """Articles in the old folder."""
        return self.same.total() + self.changed.total() + self.lost.total()

    @property
    def new_rows(self) -> int:
        """Articles in the new folder."""
        return self.same.total() + self.changed.total() + self.added.total()
