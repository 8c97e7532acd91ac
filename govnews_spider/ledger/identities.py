"""Which articles are known, under which ids and addresses, and what each of their versions was."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from govnews_spider.article import Article
from govnews_spider.ledger.outbox import iso


class Validators(NamedTuple):
    """What a server said by which it can tell later whether a page has changed; None what it did not say."""

    etag: str | None = None
    last_modified: str | None = None


class Content(NamedTuple):
    """By what versions of an article differ."""

    content_hash: str
    published_at: str

    @classmethod
    def of(cls, article: Article) -> Content:
        """That of the article; raises ValueError for a time without zone."""
        return cls(article.content_hash, iso(article.published_at))


class Identity(NamedTuple):
    """What the ledger says of an article's newest revision. Times are ISO 8601 in UTC, the day is that in Asia/Shanghai."""

    content_hash: str
    published_at: str
    day: str
    revision: int
    first_seen: str
    text: int | None
    """The number of its text; None where it has none to compare."""
    duplicate_of: str | None

    @property
    def folder(self) -> str:
        """Where its row is filed."""
        return "articles" if self.duplicate_of is None else "reprints"

    @property
    def content(self) -> Content:
        """By what a new version differs."""
        return Content(self.content_hash, self.published_at)


class Identities:
    """The tables ``identities``, ``aliases``, ``versions`` and ``urls`` of a ledger."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def find(self, article_id: str) -> Identity | None:
        """The article with exactly this id."""
        found = self._db.execute(
            "SELECT content_hash, published_at, day, revision, first_seen, text, duplicate_of FROM identities"
            " WHERE article_id = ?",
            (article_id,),
        ).fetchone()
        return Identity(*found) if found is not None else None

    def resolve(self, article_id: str) -> str:
        """The id under which the article is stored, which is another one where two records of it have met."""
        found = self._db.execute("SELECT article_id FROM aliases WHERE alias = ?", (article_id,)).fetchone()
        return found[0] if found is not None else article_id

    def id_of(self, article: Article) -> str:
        """The id under which the article is stored: that of the same address, where only one of both ids is a docid's."""
        article_id = self.resolve(article.article_id)
        if article.url is None or self.find(article_id) is not None:
            return article_id
        there = self.at(article.url)
        return article_id if there is None or there.startswith("sina:") is article_id.startswith("sina:") else there

    def at(self, url: str) -> str | None:
        """The article that was accepted under this address: its canonical one, or one that it was fetched from."""
        found = self._db.execute("SELECT article_id FROM urls WHERE url = ?", (url,)).fetchone()
        return found[0] if found is not None else None

    def write(self, article: Article, text: int | None, now: str) -> None:
        """The article's newest revision, of which it is not known yet whether it is a reprint."""
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
        """The number of the article's text; None: it was not compared."""
        self._db.execute("UPDATE identities SET text = ? WHERE article_id = ?", (text, article_id))

    def mark(self, article_id: str, duplicate_of: str | None, similarity: float | None, reason: str | None) -> None:
        """Of what the article is a reprint; None: of nothing."""
        self._db.execute(
            "UPDATE identities SET duplicate_of = ?, similarity = ?, reason = ? WHERE article_id = ?",
            (duplicate_of, similarity, reason, article_id),
        )

    def see(self, article_id: str, now: str) -> None:
        """The article was met again, and has not changed."""
        self._db.execute("UPDATE identities SET last_seen = ? WHERE article_id = ?", (now, article_id))

    def add_alias(self, alias: str, article_id: str) -> None:
        """Another id of the article."""
        self._db.execute("INSERT OR REPLACE INTO aliases VALUES (?, ?)", (alias, article_id))

    def has_alias(self, article_id: str) -> bool:
        """Whether the article was met under another id as well."""
        return self._db.execute("SELECT 1 FROM aliases WHERE article_id = ?", (article_id,)).fetchone() is not None

    def had(self, article_id: str, content: Content) -> bool:
        """Whether a version of the article was this."""
        found = self._db.execute(
            "SELECT 1 FROM versions WHERE article_id = ? AND content_hash = ? AND published_at = ?",
            (article_id, *content),
        )
        return found.fetchone() is not None

    def add_version(self, article_id: str, content: Content) -> None:
        """A version of the article."""
        self._db.execute("INSERT OR IGNORE INTO versions VALUES (?, ?, ?)", (article_id, *content))

    def add_addresses(self, article_id: str, addresses: dict[str, Validators]) -> None:
        """Addresses of the article, and what the server said under each."""
        self._db.executemany(
            "INSERT INTO urls VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET etag = excluded.etag,"
            " last_modified = excluded.last_modified WHERE etag IS NOT excluded.etag OR last_modified IS NOT excluded.last_modified",
            [(url, article_id, *said) for url, said in addresses.items()],
        )

    def validators(self, url: str) -> Validators:
        """What the server said when the article of that address was fetched last."""
        found = self._db.execute("SELECT etag, last_modified FROM urls WHERE url = ?", (url,)).fetchone()
        return Validators(*found) if found is not None else Validators()


def addresses_of(article: Article, fetched: str | None, validators: Validators) -> dict[str, Validators]:
    """Where the article is found. The address that was fetched counts as well: it may lead to the canonical one by a redirect."""
    addresses = {url: Validators() for url in (article.url,) if url}
    for address in (fetched, article.origin):
        if address is not None and address.startswith(("https://", "http://")):
            addresses[address] = validators
    return addresses
