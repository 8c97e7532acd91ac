"""Identity of articles: the fingerprint of their text, and the merging of a document and a page of one article."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from govnews_spider.article import Article
from govnews_spider.core.dedup.fingerprint import SHORTEST, band_keys, digest, letters, normalized_text, sketch

SAME: Final = 0.9
"""Share of each text's shingles that the other has, from which a document and a page of the same minute are one article."""
DOCUMENT: Final = "text:"
"""Prefix of the id of an article that is known by its text alone."""
_PAUSES: Final = re.compile(r"(?<![0-9])[^\w\n]+|[^\w\n]+(?![0-9])")
_BYDOCUMENT: Final = "document: "
_ALSO: Final = "also "
_COMPLETED: Final = ("original_title", "source", "author", "editor", "section", "keywords")
"""What a document may know and its page not."""


class Fingerprint(NamedTuple):
    """Fingerprint of a text: the keys by which it is found."""

    key: bytes
    """16 bytes, the same for texts that are taken for equal."""
    bands: list[int]
    """Of which texts that are nearly the same have one in common; none for a short text, which is compared whole."""
    digest: bytes | None
    """By which such texts are looked through; None for a short text."""


def fingerprint(article: Article) -> Fingerprint | None:
    """Fingerprint of the text of ``article``; None for one without text.

    A text of a few words says little by itself: it is the same where title and pictures are the same as well.
    """
    compared = normalized_text(article.text)
    minima = sketch(compared)
    if minima is not None:
        return Fingerprint(_digest(compared), band_keys(minima), digest(minima))
    key = _short_key(article, compared)
    return Fingerprint(key, [], None) if key is not None else None


def text_key(article: Article) -> bytes | None:
    """The key of :func:`fingerprint` alone, for less."""
    compared = normalized_text(article.text)
    return _digest(compared) if len(letters(compared)) >= SHORTEST else _short_key(article, compared)


def is_document_id(article_id: str) -> bool:
    """Whether the id is that of a text alone."""
    return article_id.startswith(DOCUMENT)


def is_document(article: Article) -> bool:
    """Whether it is known by its text alone, and no page of it is."""
    return article.url is None and is_document_id(article.article_id)


def minute(moment: datetime) -> tuple[datetime, datetime]:
    """The minute of that time, its end not included: what a page displays of it."""
    begin = moment.replace(second=0, microsecond=0)
    return begin, begin + timedelta(minutes=1)


def complete(page: Article, document: Article) -> Article:
    """The page's article with what only the document knows of it."""
    names = [name for name in _COMPLETED if not getattr(page, name) and getattr(document, name)]
    sources = {name: f"{_BYDOCUMENT}{document.provenance.get(name, document.layout)}" for name in names}
    return _with(page, document, names, sources)


def carry_over(page: Article, before: Article) -> Article:
    """The page's new revision with what a document had told of it, as the row ``before`` has it."""
    kept = {name: said for name, said in before.provenance.items() if said.startswith(_BYDOCUMENT)}
    names = [name for name in kept if name in _COMPLETED and not getattr(page, name)]
    for alias in aliases(before):
        page = with_alias(page, alias)
    return _with(page, before, names, {name: kept[name] for name in names})


def also(row: Article) -> dict[str, str]:
    """Entry of the row's provenance that names other ids of the article."""
    return {"article_id": row.provenance["article_id"]} if "article_id" in row.provenance else {}


def with_alias(row: Article, alias: str) -> Article:
    """The row, which says from now on that the article has that id as well: so the ledger can be made anew from the rows."""
    where, ids = _told(row)
    also = _ALSO + " ".join(dict.fromkeys([*ids, alias]))
    return replace(row, provenance=row.provenance | {"article_id": f"{where}; {also}" if where else also})


def aliases(row: Article) -> list[str]:
    """The other ids of the row's article."""
    return _told(row)[1]


def _told(row: Article) -> tuple[str, list[str]]:
    """Locator of the id, "" where it has none, and the other ids of the article."""
    where, is_also, ids = row.provenance.get("article_id", "").rpartition(_ALSO)
    return (where.removesuffix("; "), ids.split()) if is_also else (ids, [])


def _with(page: Article, other: Article, names: list[str], sources: dict[str, str]) -> Article:
    told = {name: getattr(other, name) for name in names}
    return replace(page, **told, provenance=page.provenance | sources) if sources else page


def _short_key(article: Article, compared: str) -> bytes | None:
    text = _PAUSES.sub("", compared)
    title = _PAUSES.sub("", normalized_text(article.title) or article.title)
    return _digest("\n".join((title, text, *(image.url for image in article.images)))) if text else None


def _digest(compared: str) -> bytes:
    return hashlib.blake2b(compared.encode("utf-8", "surrogatepass"), digest_size=16).digest()
