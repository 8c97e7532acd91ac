"""One spelling for titles, sources, keywords and times; and a mangled title restored where its 原标题 line proves it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import replace
from datetime import UTC
from typing import Final

from govnews_spider.article import Article, Rejected
from govnews_spider.core.document_format import MANGLED
from govnews_spider.sina.locators import squash

_SITE_SUFFIX: Final = re.compile(
    r"(?:\s*[_|-]+\s*(?:新浪(?:新闻|财经|网|军事|科技|娱乐|体育|上海)(?:_新浪网)?|手机新浪网))+$"
)
_PAUSE: Final = frozenset("  　，,、。；;：！!？—…·")
_QUOTED: Final = re.compile(r"《(?P<title>[^《》]+)》")


def normalize(article: Article) -> Article:
    """``article`` with one spelling for what is compared and counted, and its content hash. Idempotent.

    Raises ``Rejected`` with ``no_title``, or ``garbled_title`` where the title holds a sign that could not be decoded.
    """
    title = _SITE_SUFFIX.sub("", squash(article.title))
    if not title:
        raise Rejected("no_title", f"{article.origin}: the title {article.title!r} is empty")
    if "\ufffd" in title:
        raise Rejected(
            "garbled_title", f"{article.origin}: {title[:60]!r} holds U+FFFD: stored or served in a wrong encoding"
        )
    restored = restore(title, article.original_title)
    provenance = dict(article.provenance)
    provenance.pop("headimg", None)  # a document's own may be a QR code: the pictures of the body decide
    if restored != title:
        provenance["title"] = "text:原标题"
    images = [replace(image, caption=squash(image.caption)) for image in article.images]
    return replace(
        article,
        title=restored,
        source=_name(article.source),
        author=_name(article.author),
        editor=_name(article.editor),
        keywords=list(dict.fromkeys(filter(None, map(squash, article.keywords)))),
        published_at=article.published_at.astimezone(UTC),
        images=images,
        headimg=images[0].url if images else None,
        content_hash=content_hash(restored, article.text),
        provenance=provenance,
    )


def restore(title: str, original: str | None) -> str:
    """``title`` with each ``_`` as the sign that it stands for, where ``original`` agrees with it in all but mangled signs and spacing.

    Else ``title`` as it is. A space of a headline may stand for a comma.
    """
    if "_" not in title or not original:
        return title
    inner = _QUOTED.fullmatch(original)
    return _aligned(title, inner["title"] if inner else original) or title


def _aligned(title: str, original: str) -> str | None:
    """``title`` with its ``_`` read off ``original``, side by side; None at the first sign in which they differ."""
    restored = []
    at = 0
    for place, sign in enumerate(title):
        if sign.isspace():
            following = title[place:].lstrip()[:1]
            while at < len(original) and original[at] in _PAUSE and original[at] != following:
                at += 1
            restored.append(sign)
            continue
        while at < len(original) and original[at].isspace():
            at += 1
        there = original[at : at + 1]
        if there != sign and not (sign == "_" and there and there in MANGLED):
            return None
        restored.append(there)
        at += 1
    return "".join(restored) if not original[at:].strip() else None


def content_hash(title: str, text: str) -> str:
    """sha256 of title and text with one width for letters and figures (NFKC) and without white space: changes with the content only."""
    return hashlib.sha256(_bare(title).encode() + b"\n" + _bare(text).encode()).hexdigest()


def _bare(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _name(text: str | None) -> str | None:
    return squash(text or "").strip("：: 　") or None
