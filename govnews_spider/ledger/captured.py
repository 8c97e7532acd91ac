"""Captured articles: what a spider hands over to the pipelines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from govnews_spider.archive.exchange import RecordLocation
from govnews_spider.article import Article
from govnews_spider.ledger.identities import NO_VALIDATORS, Validators
from govnews_spider.sina.roll import Row


class ListedRow(NamedTuple):
    """Row of a list that names an article, and the name of the list."""

    list_name: str
    row: Row


@dataclass(slots=True, kw_only=True)
class CapturedArticle:
    """Envelope of an article with all that is known of how it was obtained; the pipelines change ``article`` only."""

    article: Article
    origin: str
    """The address that was asked for, or the file or record that was read: the article is accounted for under it."""
    captured_at: datetime
    """When the bytes were fetched or read, aware."""
    rows: tuple[ListedRow, ...] = ()
    """The list rows that named it, the first one first; none for a replayed file."""
    validators: Validators = NO_VALIDATORS
    location: RecordLocation | None = None
    """Record in the run's archive that holds its first page; None where nothing is archived."""

    @property
    def list_name(self) -> str | None:
        """The list for which it is counted: the one that named it first."""
        return self.rows[0].list_name if self.rows else None
