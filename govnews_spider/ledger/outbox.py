"""Outbox: rows on their way from the ledger to the files, as stored and as handed over."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

from govnews_spider.article import FIELD_NAMES, Article, Image


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that are written together: one revision number, one publication day, every ``article_id`` once.

    ``moved`` names, under the day that they leave, the articles whose publication day has changed.
    """

    revision: int
    day: date
    articles: list[Article]
    moved: dict[date, list[str]]


def outbox_row(article: Article, former_day: str | None) -> tuple[object, ...]:
    """The article as a row of the table ``outbox``; ``former_day`` is that of the revision before."""
    day = article.day.isoformat()
    return article.article_id, article.revision, day, None if former_day == day else former_day, to_json(article)


def to_json(article: Article) -> str:
    """The whole article; times as :func:`iso` writes them.

    Raises ValueError for a time without zone. A lone surrogate stays as it is (no ASCII escape), so that SQLite refuses
    this one article, where a writer would stumble over it with the whole outbox behind it.
    """
    values = {name: getattr(article, name) for name in FIELD_NAMES}  # asdict copies deeply: half the cost of accepting
    return json.dumps(values, ensure_ascii=False, default=_plain)


def from_json(row: str) -> Article:
    """The article that :func:`to_json` was given, its times in UTC."""
    values = json.loads(row)
    values["images"] = [Image(**image) for image in values["images"]]
    for name in ("published_at", "first_seen", "fetched_at"):
        if values[name] is not None:
            values[name] = datetime.fromisoformat(values[name])
    return Article(**values)


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC, microseconds kept; raises ValueError for a time without zone."""
    if moment.utcoffset() is None:
        raise ValueError(f"naive_time: {moment}: give it its zone where it is read")
    return moment.astimezone(UTC).isoformat()


def _plain(value: Image | datetime) -> object:
    return asdict(value) if isinstance(value, Image) else iso(value)
