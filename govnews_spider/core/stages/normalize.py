"""One spelling for titles, sources, keywords and times; and a mangled title restored where its 原标题 line proves it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import UTC
from typing import Final

from govnews_spider.article import Article, Image, Rejected
from govnews_spider.core.documents.format import DEFAULT_CATEGORIES, MANGLED
from govnews_spider.html.text import nfkc, squash
from govnews_spider.sina import furniture

_SITE_SUFFIX: Final = re.compile(
    r"(?:(?<![\s_|-])\s*[_|-]+\s*(?:新浪(?:新闻|财经|网|军事|科技|娱乐|体育|上海)(?:_新浪网)?|手机新浪网))+$"
)
UNREADABLE: Final = 0.01
"""Share of a text's signs that may be unreadable (U+FFFD), three in any case: a broken byte is no broken page."""
_LABEL: Final = re.compile(r"^(?:文章|稿件|信息)?(?:来源|来自)\s*[：:]")
_TIME: Final = re.compile(r"(?:19|20)\d\d\s*[年./-].{0,12}\d{1,2}:\d{2}(?::\d{2})?")
_PAUSE: Final = frozenset("  　，,、。；;：！!？—…·")
_QUOTED: Final = re.compile(r"《(?P<title>[^《》]+)》")


def normalize(article: Article) -> Article:
    """``article`` with one spelling for what is compared and counted, and its content hash. Idempotent.

    Raises ``Rejected`` with ``no_title``, with ``garbled_title`` where a sign of the title could not be decoded, with ``garbled_text``
    where more than one in a hundred of the text could not.
    """
    title = _SITE_SUFFIX.sub("", squash(article.title))
    if not title:
        raise Rejected("no_title", f"{article.origin}: the title {article.title!r} is empty")
    if "\ufffd" in title:
        raise Rejected(
            "garbled_title", f"{article.origin}: {title[:60]!r} holds U+FFFD: stored or served in a wrong encoding"
        )
    if article.text.count("\ufffd") > max(3, len(article.text) * UNREADABLE):
        raise Rejected(
            "garbled_text",
            f"{article.origin}: {article.text.count(chr(0xFFFD))} signs of the text of {title[:40]!r} are U+FFFD",
        )
    restored = restore(title, article.original_title)
    provenance = dict(article.provenance)
    provenance.pop("headimg", None)  # a document's own may be a QR code: the pictures of the body decide
    if not article.categories:
        provenance["categories"] = "default"
    if restored != title:
        provenance["title"] = "text:原标题"
    images = [Image(url=image.url, caption=squash(image.caption)) for image in article.images]
    return replace(
        article,
        title=restored,
        categories=article.categories or list(DEFAULT_CATEGORIES),
        source=_source(article.source),
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
    return "".join(nfkc(text).split())


def _source(text: str | None) -> str | None:
    """The medium without the label and the time that some pages show in the same element; None for an editor's line."""
    name = _name(_TIME.sub(" ", _LABEL.sub("", squash(text or ""))))
    return None if name is None or furniture.EDITOR.fullmatch(name) else name


def _name(text: str | None) -> str | None:
    return squash(text or "").strip("：: 　") or None
