"""Reprint groups of the stored articles: the marks of every reprint are right whatever the order of arrival.

Texts are compared when they arrive; the result of a comparison stays. Where the articles of a group change, its
marks are worked out anew by :func:`govnews_spider.core.dedup.originals.originals_of`, so that they are those of the group as it is now.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from govnews_spider.article import Article, set_duplicate_of
from govnews_spider.core.dedup.compare import SAME as SAME_TEXT
from govnews_spider.core.dedup.compare import ComparableText, Comparison, compare_texts
from govnews_spider.core.dedup.identity import SAME, Fingerprint, fingerprint
from govnews_spider.core.dedup.originals import originals_of
from govnews_spider.ledger.near_duplicates import FingerprintIndex
from govnews_spider.ledger.outbox import iso
from govnews_spider.storage.lru import LruCache

COPIES: Final = 100
"""Number of articles with the very same text above which none of them is a reprint: the news is in the picture or the film."""
_HELD: Final = 128
"""Texts that are held in memory, prepared for comparison."""
HALF: Final = 0.5
"""Least share of a reprint that stands in its original: what is new for the most part is news."""


class TextMatch(NamedTuple):
    """Text that is about to be stored, and the results of comparing it with stored ones."""

    fingerprint: Fingerprint
    text: ComparableText | None
    """The text, prepared for comparison; None where it was not compared."""
    number: int | None
    """Number of the same text in the index; None where it is new."""
    selective_keys: list[int]
    """Keys of the fingerprint that few stored texts share."""
    comparisons: dict[int, Comparison]
    """Number of a stored text → the comparison with it."""

    @property
    def alike(self) -> dict[int, float]:
        """Number of each text that it repeats, or that repeats it → shared part of the longer one, the largest first."""
        same = {self.number: 1.0} if self.number is not None else {}
        near = {
            text: min(result.first, result.second)
            for text, result in self.comparisons.items()
            if result.kind == "reprint"
        }
        return same | dict(sorted(near.items(), key=lambda item: (-item[1], item[0])))


class ReprintMark(NamedTuple):
    """Mark of an article: a reprint of ``duplicate_of`` by ``similarity`` for that ``reason``, or no reprint (all None)."""

    article_id: str
    duplicate_of: str | None
    similarity: float | None
    reason: str | None

    def apply(self, article: Article) -> None:
        """Sets the mark on the article."""
        set_duplicate_of(article, self.duplicate_of, self.similarity, self.reason)


class ReprintGroups:
    """The table ``pairs`` of a ledger, and the marks in ``identities``.

    ``read`` gives the text of an article's newest row; None where it cannot be read.
    """

    def __init__(self, db: sqlite3.Connection, read: Callable[[str], str | None]) -> None:
        self._db = db
        self._index = FingerprintIndex(db)
        self._read = read
        self._texts: LruCache[int, ComparableText | None] = LruCache(_HELD)

    def match(self, article: Article) -> TextMatch | None:
        """Compares the text of an article with the stored ones; None where it is too short to say anything. Writes nothing."""
        sought = fingerprint(article)
        if sought is None:
            return None
        number = self._index.find(sought)
        if number is not None and self._first(number) is not None:
            return TextMatch(sought, None, number, [], {})
        candidates, selective_keys = self._index.candidates(sought)
        text = ComparableText.of(article.text) if candidates else None
        comparisons = {}
        for other in candidates:
            if text is not None and other != number and (stored := self._text(other)) is not None:
                comparisons[other] = compare_texts(text, stored)
        return TextMatch(sought, text, number, selective_keys, comparisons)

    def add(self, match: TextMatch) -> int:
        """Stores the text of a match and its reprints; returns the text's number."""
        number = match.number
        if number is None:
            number = self._index.add(match.fingerprint, match.selective_keys)
        if match.text is not None:
            self._texts.put(number, match.text)
        for other, comparison in match.comparisons.items():
            if comparison.kind == "reprint":
                self._pair(number, other, comparison, by_key=True)
        return number

    def same_minute(self, match: TextMatch, minute: tuple[datetime, datetime]) -> list[str]:
        """The articles published in that minute whose texts are the same but for little (:data:`SAME`), the most alike first."""
        times = [iso(moment) for moment in minute]
        article_ids: list[str] = []
        for text, share in match.alike.items():
            if share >= SAME:
                rows = self._db.execute(
                    "SELECT article_id FROM identities WHERE text = ? AND published_at >= ? AND published_at < ?"
                    " ORDER BY published_at, article_id",
                    (text, *times),
                )
                article_ids += (article_id for (article_id,) in rows)
        return article_ids

    def reset(self) -> None:
        """Drops what is in memory, after a rollback: numbers of texts since then may become those of others."""
        self._texts.clear()
        self._index = FingerprintIndex(self._db)

    def marks(self, texts: Iterable[int]) -> Iterator[ReprintMark]:
        """The articles of the groups that these texts belong to whose marks are no longer right, with the right ones."""
        texts = list(texts)
        for text in texts:
            if self._copies(text) == COPIES + 1:  # until now it marked its articles
                yield from self._unmarked(text)
        alike = self._group(texts)
        first = {text: self._first(text) for text in alike}
        order = sorted(first, key=lambda text: first[text] or ("", ""))
        roots = originals_of(order, alike, self._is_apart)
        for text in order:
            root = first[roots[text]]
            comparison = self._compared(text, roots[text])
            if root is not None and comparison is not None:
                yield from self._outdated(text, root[1], comparison)

    def _outdated(self, text: int, original: str, comparison: Comparison) -> Iterator[ReprintMark]:
        rows = self._db.execute(
            "SELECT article_id, duplicate_of, similarity, reason FROM identities WHERE text = ?", (text,)
        )
        is_direct = comparison.kind == "reprint"
        reason = comparison.reason if is_direct else f"by way of another reprint; {comparison.reason}"
        for article_id, *marks in rows.fetchall():
            mark = ReprintMark(article_id, original, comparison.first, reason)
            if article_id == original:
                mark = ReprintMark(article_id, None, None, None)
            if marks != list(mark[1:]):
                yield mark

    def _unmarked(self, text: int) -> Iterator[ReprintMark]:
        rows = self._db.execute(
            "SELECT article_id FROM identities WHERE text = ? AND duplicate_of IS NOT NULL", (text,)
        )
        for (article_id,) in rows.fetchall():
            yield ReprintMark(article_id, None, None, None)

    def _group(self, texts: Iterable[int]) -> dict[int, list[int]]:
        """Every text of the groups → those it is alike to. A text that no article has any more, or too many have, belongs to none."""
        alike: dict[int, list[int]] = {}
        frontier = [near for text in texts for near in (text, *self._alike(text))]
        while frontier:
            text = frontier.pop()
            if text not in alike and 0 < self._copies(text) <= COPIES:
                alike[text] = self._alike(text)
                frontier += alike[text]
        return alike

    def _alike(self, text: int) -> list[int]:
        rows = self._db.execute("SELECT other FROM pairs WHERE one = ? AND met AND kind = 'reprint'", (text,))
        return [other for (other,) in rows]

    def _first(self, text: int) -> tuple[str, str] | None:
        """Time and id of the first article that has the text."""
        row: tuple[str, str] | None = self._db.execute(
            "SELECT published_at, article_id FROM identities WHERE text = ? ORDER BY published_at, article_id LIMIT 1",
            (text,),
        ).fetchone()
        return row

    def _copies(self, text: int) -> int:
        """Number of articles with the text, counted up to :data:`COPIES` and two."""
        count: int = self._db.execute(
            "SELECT count(*) FROM (SELECT 1 FROM identities WHERE text = ? LIMIT ?)", (text, COPIES + 2)
        ).fetchone()[0]
        return count

    def _is_apart(self, text: int, root: int) -> bool:
        comparison = self._compared(text, root)
        return comparison is not None and (comparison.kind == "sibling" or comparison.first < HALF)

    def _compared(self, number: int, other: int) -> Comparison | None:
        """The comparison of two texts, made once; None where one of them cannot be read."""
        if number == other:
            return SAME_TEXT
        row = self._db.execute(
            "SELECT kind, share, share_of_other, reason FROM pairs WHERE one = ? AND other = ?", (number, other)
        ).fetchone()
        if row is not None:
            return Comparison(*row)
        first, second = self._text(number), self._text(other)
        if first is None or second is None:
            return None
        comparison = compare_texts(first, second)
        self._pair(number, other, comparison, by_key=False)
        return comparison

    def _pair(self, number: int, other: int, comparison: Comparison, *, by_key: bool) -> None:
        """``by_key``: a key of their fingerprints led from one to the other; else they were compared as members of one group."""
        rows = [(number, other, by_key, *comparison), (other, number, by_key, *comparison.turned)]
        self._db.executemany("INSERT OR REPLACE INTO pairs VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def _text(self, number: int) -> ComparableText | None:
        """The text of that number, from any article that has it."""
        return self._texts.get(number, lambda: self._prepared(number))

    def _prepared(self, number: int) -> ComparableText | None:
        first = self._first(number)
        text = self._read(first[1]) if first is not None else None
        return ComparableText.of(text) if text is not None else None
