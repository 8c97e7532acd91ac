"""Invariants of every finished article, whatever the page was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, timedelta
from typing import Final

from govnews_spider.article import KINDS, Article, Rejected
from govnews_spider.core import dumps, loads
from govnews_spider.core.stages import order
from govnews_spider.html.text import squash
from govnews_spider.sina import urls
from govnews_spider.sina.layouts import LAYOUTS

_NOT_IN_TEXT: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_UNSAFE: Final = re.compile(r"<(?:script|style|iframe|object|form|input)\b|\son\w+=|javascript:", re.IGNORECASE)
_LAYOUTS: Final = frozenset(layout.name for layout in LAYOUTS)
_READ: Final = ("article_id", "url", "title", "published_at", "source", "author", "editor", "keywords", "body_html")
_LINES: Final = ("title", "original_title", "source", "author", "editor")
_SLUG: Final = re.compile(r"[a-z_]+")
_DETAIL_LENGTH: Final = 2000


def broken(article: Article) -> list[str]:
    """The invariants that ``article`` breaks, each as its name and what was found; none for a good one."""
    found: list[str] = []
    for check in (_identity, _lines, _time, _text, _pictures, _provenance, _fixed_point, _document):
        try:
            found.extend(check(article))
        except Rejected as rejected:
            found.append(f"{check.__name__.strip('_')}: rejected: {rejected}")
    return found


def broken_rejection(rejected: Rejected) -> list[str]:
    """As :func:`broken`, for a refusal: a countable slug, and a detail of one screen that can be written to a file."""
    found = [] if _SLUG.fullmatch(rejected.slug) else [f"slug: {rejected.slug!r}"]
    if not 0 < len(rejected.detail) <= _DETAIL_LENGTH or _NOT_IN_TEXT.search(rejected.detail):
        found.append(f"detail: {len(rejected.detail)} characters: {rejected.detail[:80]!r}")
    return found


def _identity(article: Article) -> Iterator[str]:
    if not re.fullmatch(r"sina:[\w,.-]+|(?:url|text):[0-9a-f]{16}", article.article_id):
        yield f"article_id: {article.article_id[:80]!r}"
    if article.url is not None and urls.canonical(article.url) != article.url:
        yield f"url: {article.url[:80]!r} is not canonical"
    if article.kind not in KINDS or article.layout not in _LAYOUTS:
        yield f"kind: {article.kind!r}, layout {article.layout!r}"
    if not re.fullmatch(r"[0-9a-f]{64}", article.content_hash):
        yield f"content_hash: {article.content_hash!r}"


def _lines(article: Article) -> Iterator[str]:
    values = [(name, getattr(article, name)) for name in _LINES] + [("keywords", word) for word in article.keywords]
    for name, value in values:
        if value is not None and (not value or squash(value) != value or _NOT_IN_TEXT.search(value)):
            yield f"{name}: {value[:80]!r} is no clean line"
    if "\ufffd" in article.title:
        yield f"title: {article.title[:80]!r} holds U+FFFD"
    said = article.provenance.get("author") == "text:记者"  # a text may name one person as its reporter and its editor
    if article.editor and article.author and article.editor.split()[0] in article.author.split("、") and not said:
        yield f"author: {article.author!r} is the editor {article.editor!r}"
    if len(set(article.keywords)) != len(article.keywords):
        yield f"keywords: doubled: {article.keywords}"


def _time(article: Article) -> Iterator[str]:
    if article.published_at.tzinfo is not UTC or article.published_at.utcoffset() != timedelta(0):
        yield f"published_at: {article.published_at!r} is not in UTC"
    if not article.published_raw or article.published_from != article.provenance.get("published_at"):
        yield f"published_from: {article.published_from!r}, {article.published_raw!r}"


def _text(article: Article) -> Iterator[str]:
    if article.char_count != len(article.text):
        yield f"char_count: {article.char_count} for {len(article.text)} characters"
    if not article.text and article.kind not in ("gallery", "video"):
        yield "text: empty"
    lines = article.text.split("\n") if article.text else []
    bad = next((line for line in lines if not line.strip() or any(c != c.strip() for c in line.split("\t"))), None)
    if bad is not None:  # in a table's line each cell counts, and some may be empty
        yield f"text: the line {bad[:80]!r} is empty or not trimmed"
    for name, text in (("text", article.text), ("body_html", article.body_html)):
        if control := _NOT_IN_TEXT.search(text):
            yield f"{name}: holds U+{ord(control[0]):04X}"
    if unsafe := _UNSAFE.search(re.sub(r">[^<]*<|\"[^\"]*\"", "><", article.body_html)):
        yield f"body_html: holds {unsafe[0]!r}"


def _pictures(article: Article) -> Iterator[str]:
    for image in article.images:
        if not re.fullmatch(r"https://\S+", image.url) or _NOT_IN_TEXT.search(image.url):
            yield f"images: the address {image.url[:80]!r}"
        if squash(image.caption) != image.caption or _NOT_IN_TEXT.search(image.caption):
            yield f"images: the caption {image.caption[:80]!r}"
    if article.headimg != (article.images[0].url if article.images else None):
        yield f"headimg: {article.headimg!r}"


def _provenance(article: Article) -> Iterator[str]:
    for name in _READ:
        if (
            getattr(article, name)
            and name not in article.provenance
            and not (name == "article_id" and _derived(article))
        ):
            yield f"provenance: {name} has none"
    if not all(article.provenance.values()) or _NOT_IN_TEXT.search("".join(article.provenance.values())):
        yield f"provenance: {article.provenance}"


def _derived(article: Article) -> bool:
    return article.article_id.startswith(("url:", "text:"))


def _fixed_point(article: Article) -> Iterator[str]:
    """Every stage once more changes nothing."""
    again = order.finish(article)
    for name in (field.name for field in fields(Article)):
        one, two = getattr(article, name), getattr(again, name)
        if one != two:
            yield f"fixed_point: {name}: {_difference(one, two)}"


def _document(article: Article) -> Iterator[str]:
    """The document can be written, read again, and finished to the same text."""
    document = loads(dumps(article), name="document.md")
    text = order.finish(document).text if article.text else ""
    if text != article.text:
        yield f"document: text: {_difference(article.text, text)}"


def _difference(one: object, two: object) -> str:
    if not (isinstance(one, str) and isinstance(two, str)):
        return f"{str(one)[:120]} became {str(two)[:120]}"
    pairs = enumerate(zip(one, two, strict=False))
    at = next((at for at, (before, after) in pairs if before != after), min(len(one), len(two)))
    start = max(0, at - 40)
    return f"{one[start : at + 40]!r} became {two[start : at + 40]!r} at {at}"
