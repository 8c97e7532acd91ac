"""Revision policy: an accepted article is new, a revision, unchanged, or another id of an article that is stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import Enum
from typing import NamedTuple

from govnews_spider.article import Article
from govnews_spider.core.dedup.identity import also, complete, is_document, is_document_id
from govnews_spider.ledger.identities import Newcomer


class Change(Enum):
    """Relation of an accepted article to what is stored of it."""

    NEW = "new"
    REVISION = "revision"
    UNCHANGED = "unchanged"


class Decision(NamedTuple):
    """Verdict on a newcomer: its relation, its revision, and the alias that the article gets by it (None: no new one)."""

    change: Change
    revision: int
    alias: str | None = None


def decide(newcomer: Newcomer, *, replayed: bool = False) -> Decision:
    """The verdict on a newcomer.

    It is a revision where its content or its publication time differs from the newest one's. The id of a document is that of all that
    it says, so it has no other version. ``replayed``: files may hold several versions of an article in any order, and each version
    that was accepted before is unchanged.
    """
    alias = newcomer.own_id if newcomer.own_id != newcomer.article_id and not newcomer.is_alias else None
    if newcomer.stored is None:
        return Decision(Change.NEW, 1, alias)
    is_same = newcomer.stored.content == newcomer.content or (replayed and newcomer.was_version)
    if is_same or (newcomer.url is None and is_document_id(newcomer.own_id)):
        return Decision(Change.UNCHANGED, newcomer.stored.revision, alias)
    return Decision(Change.REVISION, newcomer.stored.revision + 1, alias)


def twin_of(article: Article, rows: Iterable[Article]) -> Article | None:
    """The stored row of the same article under another id, among rows of the same minute and nearly the same text.

    One of both must be a document: two pages are two articles.
    """
    return next((row for row in rows if is_document(row) or is_document(article)), None)


def merge(article: Article, twin: Article) -> Article | None:
    """Both records as one, under the id of the stored ``twin``; None where ``article`` adds nothing to it."""
    whole = complete(*((twin, article) if is_document(article) else (article, twin)))
    if whole is twin:
        return None
    merged = replace(whole, article_id=twin.article_id, provenance=whole.provenance | also(twin))
    merged.spider, merged.run_id = article.spider, article.run_id
    return merged
