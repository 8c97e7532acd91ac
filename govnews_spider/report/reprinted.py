"""Reprints beside their originals: media, counts and time lags, from the rows of ``reprints/``."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias

from govnews_spider.report.rows import Row, day_files
from govnews_spider.storage.parquet import read_day

Copies: TypeAlias = dict[str, list[tuple[datetime, str | None]]]
"""Id of the repeated article → time and source of each reprint."""
LAGS: Final = (
    (timedelta(minutes=10), ("10 分钟内", "up to 10 min")),
    (timedelta(hours=1), ("1 小时内", "up to 1 h")),
    (timedelta(hours=3), ("3 小时内", "up to 3 h")),
    (timedelta(hours=12), ("12 小时内", "up to 12 h")),
    (timedelta(days=1), ("1 天内", "up to 1 day")),
    (timedelta(days=3), ("3 天内", "up to 3 days")),
    (timedelta(days=7), ("7 天内", "up to 7 days")),
    (timedelta.max, ("更久", "longer")),
)
"""Classes of time from the first publication to a reprint, each up to and with its bound."""


@dataclass(frozen=True, slots=True)
class Story:
    """An article that was reprinted, how often, and when last."""

    row: Row
    count: int
    last: datetime


@dataclass(slots=True)
class Reprinted:
    """Reprints whose article is there are counted by pair and lag; the others are ``lone``."""

    total: int = 0
    lone: int = 0
    pairs: Counter[tuple[str | None, str | None]] = field(default_factory=Counter)
    """Source of the article and source of the reprint → reprints; None: none was named."""
    lags: Counter[int] = field(default_factory=Counter)
    """Place in :data:`LAGS` → reprints."""
    median: timedelta | None = None
    """Half of the reprints come sooner; None where there are none."""
    stories: list[Story] = field(default_factory=list)
    """The most reprinted articles first."""


def copies(data: Path) -> Copies:
    """Reads every day file of ``reprints/``; raises as :func:`govnews_spider.report.rows.collect` does."""
    found: Copies = defaultdict(list)
    for path in day_files(data, "reprints"):
        for row in read_day(path, ("published_at", "source", "duplicate_of")).to_pylist():
            found[row["duplicate_of"]].append((row["published_at"], row["source"]))
    return found


def reprinted(found: Copies, articles: Mapping[str, Row]) -> Reprinted:
    """What the copies are to the articles, which are named by id."""
    result = Reprinted()
    lags = []
    for article_id, times in found.items():
        result.total += len(times)
        row = articles.get(article_id)
        if row is None:
            result.lone += len(times)
            continue
        result.pairs.update((row.source, source) for _, source in times)
        lags += [at - row.published_at for at, _ in times]
        result.stories.append(Story(row, len(times), max(at for at, _ in times)))
    result.lags.update(_class(lag) for lag in lags)
    result.median = sorted(lags)[len(lags) // 2] if lags else None
    result.stories.sort(key=lambda story: (-story.count, story.row.published_at, story.row.article_id))
    return result


def _class(lag: timedelta) -> int:
    return next(number for number, (bound, _) in enumerate(LAGS) if lag <= bound)
