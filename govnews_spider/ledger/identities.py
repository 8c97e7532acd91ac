"""Identities of the stored articles: their ids, aliases and addresses, and the content of each version."""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

from govnews_spider.article import Article
from govnews_spider.ledger.outbox import iso


class Validators(NamedTuple):
    """Validators of an HTTP answer, by which the server tells later whether the page has changed; None where it gave none."""

    etag: str | None = None
    last_modified: str | None = None


NO_VALIDATORS: Final = Validators()


class Content(NamedTuple):
    """Content of a version, as far as versions of an article differ by it."""

    content_hash: str
    published_at: str

    @classmethod
    def of(cls, article: Article) -> Content:
        """Content of an article; raises ValueError for a time without zone."""
        return cls(article.content_hash, iso(article.published_at))


class Identity(NamedTuple):
    """Newest revision of a stored article. Times are ISO 8601 in UTC, the day is that in Asia/Shanghai."""

    content_hash: str
    published_at: str
    day: str
    revision: int
    first_seen: str
    text: int | None
    """Number of its text; None where it has none to compare."""
    duplicate_of: str | None

    @property
    def folder(self) -> str:
        """Dataset that holds its row."""
        return "articles" if self.duplicate_of is None else "reprints"

    @property
    def content(self) -> Content:
        """Content of that revision."""
        return Content(self.content_hash, self.published_at)


class Newcomer(NamedTuple):
    """Facts by which :mod:`govnews_spider.ledger.policy` judges an accepted article."""

    own_id: str
    """The id that its page or its text gives."""
    article_id: str
    """The id under which the article is stored, or will be."""
    url: str | None
    content: Content
    stored: Identity | None
    """The newest revision that is stored; None where there is none."""
    is_alias: bool = False
    """Whether ``own_id`` is known as another id of ``article_id``."""
    was_version: bool = False
    """Whether an older revision was the same."""


class Identities:
    """The tables ``identities``, ``aliases``, ``versions`` and ``urls`` of a ledger."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def find(self, article_id: str) -> Identity | None:
        """The article with exactly this id."""
        row = self._db.execute(
            "SELECT content_hash, published_at, day, revision, first_seen, text, duplicate_of FROM identities"
            " WHERE article_id = ?",
            (article_id,),
        ).fetchone()
        return Identity(*row) if row is not None else None

    def newcomer(self, article: Article, *, replayed: bool = False) -> Newcomer:
        """The facts about an article that is about to be accepted; older versions count where files are ``replayed``."""
        article_id, content = self.id_of(article), Content.of(article)
        stored = self.find(article_id)
        return Newcomer(
            own_id=article.article_id,
            article_id=article_id,
            url=article.url,
            content=content,
            stored=stored,
            is_alias=article.article_id != article_id and self.resolve(article.article_id) == article_id,
            was_version=replayed and self.had_version(article_id, content),
        )

    def note(self, newcomer: Newcomer, alias: str | None, addresses: dict[str, Validators]) -> None:
        """Notes what the newcomer adds to the article, whatever becomes of its row: a version, addresses, another id."""
        self.add_addresses(newcomer.article_id, addresses)
        self.add_version(newcomer.article_id, newcomer.content)
        if alias is not None:
            self.add_alias(alias, newcomer.article_id)

    def resolve(self, article_id: str) -> str:
        """The id under which the article is stored, which is another one where two records of it have met."""
        row = self._db.execute("SELECT article_id FROM aliases WHERE alias = ?", (article_id,)).fetchone()
        return row[0] if row is not None else article_id

    def id_of(self, article: Article) -> str:
        """The id under which the article is stored: that of the same address, where only one of both ids is a docid's."""
        article_id = self.resolve(article.article_id)
        if article.url is None or self.find(article_id) is not None:
            return article_id
        by_url = self.at(article.url)
        return article_id if by_url is None or by_url.startswith("sina:") is article_id.startswith("sina:") else by_url

    def at(self, url: str) -> str | None:
        """The article that was accepted under this address: its canonical one, or one that it was fetched from."""
        row = self._db.execute("SELECT article_id FROM urls WHERE url = ?", (url,)).fetchone()
        return row[0] if row is not None else None

    def write(self, article: Article, text: int | None, now: str) -> None:
        """Writes the article's newest revision, as no reprint until a mark follows."""
        self._db.execute(
            "INSERT INTO identities (article_id, content_hash, published_at, day, revision, first_seen, last_seen, text)"
            " VALUES (:id, :hash, :published_at, :day, :revision, :now, :now, :text)"
            " ON CONFLICT DO UPDATE SET content_hash = :hash, published_at = :published_at, day = :day,"
            " revision = :revision, last_seen = :now, text = :text, duplicate_of = NULL, similarity = NULL, reason = NULL",
            {
                "id": article.article_id,
                "hash": article.content_hash,
                "published_at": iso(article.published_at),
                "day": article.day.isoformat(),
                "revision": article.revision,
                "now": now,
                "text": text,
            },
        )

    def days_without_text(self) -> list[str]:
        """The publication days of articles without the number of a text, ascending."""
        return [
            day for (day,) in self._db.execute("SELECT DISTINCT day FROM identities WHERE text IS NULL ORDER BY day")
        ]

    def set_text(self, article_id: str, text: int | None) -> None:
        """Sets the number of the article's text; None: it was not compared."""
        self._db.execute("UPDATE identities SET text = ? WHERE article_id = ?", (text, article_id))

    def set_duplicate_of(
        self, article_id: str, duplicate_of: str | None, similarity: float | None, reason: str | None
    ) -> None:
        """Sets the original of a reprint; None: the article is no reprint."""
        self._db.execute(
            "UPDATE identities SET duplicate_of = ?, similarity = ?, reason = ? WHERE article_id = ?",
            (duplicate_of, similarity, reason, article_id),
        )

    def mark_seen(self, article_id: str, now: str) -> None:
        """Notes that the article was met again, unchanged."""
        self._db.execute("UPDATE identities SET last_seen = ? WHERE article_id = ?", (now, article_id))

    def add_alias(self, alias: str, article_id: str) -> None:
        """Adds another id of the article."""
        self._db.execute("INSERT OR REPLACE INTO aliases VALUES (?, ?)", (alias, article_id))

    def has_alias(self, article_id: str) -> bool:
        """Whether the article has another id as well."""
        return self._db.execute("SELECT 1 FROM aliases WHERE article_id = ?", (article_id,)).fetchone() is not None

    def had_version(self, article_id: str, content: Content) -> bool:
        """Whether the article had this version."""
        rows = self._db.execute(
            "SELECT 1 FROM versions WHERE article_id = ? AND content_hash = ? AND published_at = ?",
            (article_id, *content),
        )
        return rows.fetchone() is not None

    def add_version(self, article_id: str, content: Content) -> None:
        """Adds a version of the article."""
        self._db.execute("INSERT OR IGNORE INTO versions VALUES (?, ?, ?)", (article_id, *content))

    def add_addresses(self, article_id: str, addresses: dict[str, Validators]) -> None:
        """Adds addresses of the article, each with the validators of its answer."""
        self._db.executemany(
            "INSERT INTO urls VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET etag = excluded.etag,"
            " last_modified = excluded.last_modified WHERE etag IS NOT excluded.etag OR last_modified IS NOT excluded.last_modified",
            [(url, article_id, *validators) for url, validators in addresses.items()],
        )

    def validators(self, url: str) -> Validators:
        """The validators of the last answer under that address."""
        row = self._db.execute("SELECT etag, last_modified FROM urls WHERE url = ?", (url,)).fetchone()
        return Validators(*row) if row is not None else NO_VALIDATORS


def addresses_of(article: Article, fetched: str | None, validators: Validators) -> dict[str, Validators]:
    """Addresses of an article. The one that was fetched counts as well: it may lead to the canonical one by a redirect."""
    addresses = {url: NO_VALIDATORS for url in (article.url,) if url}
    for address in (fetched, article.origin):
        if address is not None and address.startswith(("https://", "http://")):
            addresses[address] = validators
    return addresses
