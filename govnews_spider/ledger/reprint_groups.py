"""Which articles repeat which, kept while they come in: the marks of every reprint, whatever the order of arrival.

Texts are compared when they come; what two of them are to each other is a fact that stays. Where the articles of a group change, its
marks are worked out anew by :func:`govnews_spider.core.dedup.originals.originals_of`, so that they are those of the group as it is now.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
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

COPIES: Final = 100
"""Articles with the very same text, above which none of them is a reprint: the news is in the picture or the film."""
_READ: Final = 128
"""Texts that are held ready for comparison."""
HALF: Final = 0.5
"""Share of a reprint that stands in what it goes back to, at least: what is new for the most part is news."""


class Match(NamedTuple):
    """A text that is about to be stored, and what it is to those it was compared with."""

    fingerprint: Fingerprint
    text: ComparableText | None
    """Read for comparison, where it was compared."""
    number: int | None
    """That of the same text; None where there is none."""
    telling: list[int]
    verdicts: dict[int, Comparison]
    """Number of a text → what both are to each other."""

    @property
    def alike(self) -> dict[int, float]:
        """Number of each text that it repeats, or that repeats it → how much of the longer both have; the most alike first."""
        same = {self.number: 1.0} if self.number is not None else {}
        near = {
            text: min(found.first, found.second) for text, found in self.verdicts.items() if found.kind == "reprint"
        }
        return same | dict(sorted(near.items(), key=lambda item: (-item[1], item[0])))


class ReprintMark(NamedTuple):
    """What an article is from now on: a reprint of ``duplicate_of``, by ``similarity`` for that ``reason``, or of nothing."""

    article_id: str
    duplicate_of: str | None
    similarity: float | None
    reason: str | None

    def put(self, article: Article) -> None:
        """Marks the article so."""
        set_duplicate_of(article, self.duplicate_of, self.similarity, self.reason)


class ReprintGroups:
    """The table ``pairs`` of a ledger, and the marks in ``identities``.

    ``read`` gives the text of an article's newest row; None where it cannot be read.
    """

    def __init__(self, db: sqlite3.Connection, read: Callable[[str], str | None]) -> None:
        self._db = db
        self._texts = FingerprintIndex(db)
        self._text_of = read
        self._ready: OrderedDict[int, ComparableText] = OrderedDict()

    def meet(self, article: Article) -> Match | None:
        """Compares the text of an article with those that are known; None where nothing can be said by it. Writes nothing."""
        traced = fingerprint(article)
        if traced is None:
            return None
        number = self._texts.find(traced)
        if number is not None and self._first(number) is not None:
            return Match(traced, None, number, [], {})
        numbers, telling = self._texts.alike(traced)
        text = ComparableText.of(article.text) if numbers else None
        verdicts = {}
        for other in numbers:
            if text is not None and other != number and (known := self._read(other)) is not None:
                verdicts[other] = compare_texts(text, known)
        return Match(traced, text, number, telling, verdicts)

    def keep(self, meeting: Match) -> int:
        """Writes down what was found; returns the text's number."""
        number = meeting.number
        if number is None:
            number = self._texts.add(meeting.fingerprint, meeting.telling)
        if meeting.text is not None:
            self._hold(number, meeting.text)
        for other, verdict in meeting.verdicts.items():
            if verdict.kind == "reprint":
                self._pair(number, other, verdict, met=True)
        return number

    def near(self, meeting: Match, minute: tuple[datetime, datetime]) -> list[str]:
        """The articles published in that minute whose texts are the same but for little (:data:`SAME`), the most alike first."""
        times = [iso(moment) for moment in minute]
        found: list[str] = []
        for text, share in meeting.alike.items():
            if share >= SAME:
                rows = self._db.execute(
                    "SELECT article_id FROM identities WHERE text = ? AND published_at >= ? AND published_at < ?"
                    " ORDER BY published_at, article_id",
                    (text, *times),
                )
                found += (article_id for (article_id,) in rows)
        return found

    def forget(self) -> None:
        """What was kept last has not come to be: the numbers of texts since then may become those of others."""
        self._ready.clear()
        self._texts = FingerprintIndex(self._db)

    def marks(self, texts: Iterable[int]) -> Iterator[ReprintMark]:
        """The articles of the groups that these texts belong to whose marks are no longer right, with the right ones."""
        texts = list(texts)
        for text in texts:
            if self._copies(text) == COPIES + 1:  # it was a text until now
                yield from self._unmarked(text)
        alike = self._group(texts)
        first = {text: self._first(text) for text in alike}
        order = sorted(first, key=lambda text: first[text] or ("", ""))
        roots = originals_of(order, alike, self._is_apart)
        for text in order:
            root = first[roots[text]]
            verdict = self._verdict(text, roots[text])
            if root is not None and verdict is not None:
                yield from self._wrong(text, root[1], verdict)

    def _wrong(self, text: int, original: str, verdict: Comparison) -> Iterator[ReprintMark]:
        rows = self._db.execute(
            "SELECT article_id, duplicate_of, similarity, reason FROM identities WHERE text = ?", (text,)
        )
        reason = verdict.reason if verdict.kind == "reprint" else f"by way of another reprint; {verdict.reason}"
        for article_id, *marks in rows.fetchall():
            mark = ReprintMark(article_id, original, verdict.first, reason)
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
        """Every text of the groups → those it is alike to. Texts that no article has any more, or too many have, belong to none."""
        alike: dict[int, list[int]] = {}
        waiting = [near for text in texts for near in (text, *self._near(text))]
        while waiting:
            text = waiting.pop()
            if text not in alike and 0 < self._copies(text) <= COPIES:
                alike[text] = self._near(text)
                waiting += alike[text]
        return alike

    def _near(self, text: int) -> list[int]:
        found = self._db.execute("SELECT other FROM pairs WHERE one = ? AND met AND kind = 'reprint'", (text,))
        return [other for (other,) in found]

    def _first(self, text: int) -> tuple[str, str] | None:
        """Time and id of the first article that has the text."""
        found: tuple[str, str] | None = self._db.execute(
            "SELECT published_at, article_id FROM identities WHERE text = ? ORDER BY published_at, article_id LIMIT 1",
            (text,),
        ).fetchone()
        return found

    def _copies(self, text: int) -> int:
        """How many articles have the text; of more than :data:`COPIES` one or two more than that."""
        count: int = self._db.execute(
            "SELECT count(*) FROM (SELECT 1 FROM identities WHERE text = ? LIMIT ?)", (text, COPIES + 2)
        ).fetchone()[0]
        return count

    def _is_apart(self, text: int, root: int) -> bool:
        verdict = self._verdict(text, root)
        return verdict is not None and (verdict.kind == "sibling" or verdict.first < HALF)

    def _verdict(self, one: int, other: int) -> Comparison | None:
        """What two texts are to each other, worked out once; None where one of them cannot be read."""
        if one == other:
            return SAME_TEXT
        found = self._db.execute(
            "SELECT kind, share, share_of_other, reason FROM pairs WHERE one = ? AND other = ?", (one, other)
        ).fetchone()
        if found is not None:
            return Comparison(*found)
        first, second = self._read(one), self._read(other)
        if first is None or second is None:
            return None
        verdict = compare_texts(first, second)
        self._pair(one, other, verdict, met=False)
        return verdict

    def _pair(self, one: int, other: int, verdict: Comparison, *, met: bool) -> None:
        """``met``: they have found each other by a key; else they were compared for the sake of a group that they came to."""
        rows = [(one, other, met, *verdict), (other, one, met, *verdict.turned)]
        self._db.executemany("INSERT OR REPLACE INTO pairs VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def _read(self, number: int) -> ComparableText | None:
        """The text of that number, out of any article that has it."""
        if number not in self._ready:
            first = self._first(number)
            text = self._text_of(first[1]) if first is not None else None
            if text is None:
                return None
            self._hold(number, ComparableText.of(text))
        self._ready.move_to_end(number)
        return self._ready[number]

    def _hold(self, number: int, text: ComparableText) -> None:
        self._ready[number] = text
        while len(self._ready) > _READ:
            self._ready.popitem(last=False)
