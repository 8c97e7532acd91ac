"""Front-matter documents <-> :class:`Article`: a strict reader and a stable writer of the format of ``seeds/``.

``dumps(loads(text)) == text``, byte for byte, or ``loads`` raises. :func:`frontmatter.loads` strips the text and hides
an unclosed block, so the handler's own methods are called.
"""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import format_datetime
from itertools import zip_longest
from typing import Any, Final
from urllib.parse import quote

import frontmatter

from govnews_spider.article import Article, Rejected
from govnews_spider.core.documents import checks
from govnews_spider.core.documents.block import HANDLER
from govnews_spider.core.documents.format import (
    CONTROL,
    DEFAULT_CATEGORIES,
    DOCUMENT_STYLES,
    MANGLED,
    NOT_IN_URL,
    URL_START,
    Style,
)

STYLES: Final = tuple(style.name for style in DOCUMENT_STYLES)
"""Names of the document styles, newest first: the final format, then the generator's first months."""

_NOT_IN_LINE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff]+")
# The generator's own list, and what ends or breaks a line of YAML.
_WRITTEN: Final = dict.fromkeys(map(ord, MANGLED | {"\ufffe", "\uffff"}), "_") | {0x09: " ", 0x2028: " ", 0x2029: " "}
_NOT_PLAIN: Final = re.compile(r"^[-,#&!%@`'\"{}]|(?<= )#")


def read(data: bytes, *, name: str) -> Article:
    """The article in the bytes of a document; raises :class:`Rejected` as :func:`loads` does, and ``not_utf8``."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Rejected("not_utf8", f"{name}: line {line}: {error.reason}; save the file as UTF-8") from None
    return loads(text, name=name)


def loads(text: str, *, name: str) -> Article:
    """The article in a document, as it stands: nothing cleaned, no identity; ``layout`` is the document's style.

    ``author`` of the block is the site, hence no author; ``origin`` is ``name``. Raises :class:`Rejected` with
    ``<name>: line <n>: …`` for whatever :func:`dumps` would not give back byte for byte.
    """
    try:
        article = _article(text, name)
        again = dumps(article)
        if again != text:
            raise _difference(again, text)
    except Rejected as error:
        raise Rejected(error.slug, f"{name}: {error.detail}") from None
    return article


def _difference(again: str, text: str) -> Rejected:
    pairs = enumerate(zip_longest(again.split("\n"), text.split("\n"), fillvalue="no such line"), 1)
    line, ours, theirs = next((number, ours, theirs) for number, (ours, theirs) in pairs if ours != theirs)
    return Rejected("not_reproducible", f"line {line}: {theirs[:60]!r} where the format has {ours[:60]!r}")


def _article(text: str, name: str) -> Article:
    checks.check_characters(text)
    block, content = HANDLER.split(text)
    post = frontmatter.Post(content, HANDLER, **HANDLER.load(block))
    checks.check_braces(text)
    metadata: dict[str, Any] = post.metadata
    style = checks.style_of(metadata)
    checks.check_values(metadata, style)
    title = checks.title_in(metadata["title"], style)
    picture_key = "headimg" if "headimg" in metadata else "thumbnail"
    headimg = checks.picture_in(metadata[picture_key])
    fields = {"title": "title", "categories": "categories", "published_at": "date", "body_html": "body"}
    fields |= {"headimg": picture_key} if headimg else {}
    return Article(
        title=title,
        categories=[str(item[len(style.item) :]) for item in metadata["categories"]],
        headimg=headimg,
        published_at=checks.published_in(metadata["date"]),
        published_raw=str(metadata["date"]),
        published_from="document:date",
        body_html=checks.body_in(post.content, checks.line_at(block, len(block)) + 2),
        layout=style.name,
        provenance={field: f"document:{key}" for field, key in fields.items()},
        origin=name,
    )


def dumps(article: Article, *, style: str | None = None) -> str:
    """The document of an article; what it gives, :func:`loads` reads.

    Without ``style``, an article that came from a document is written as it was. Any other, or any with a ``style`` of
    :data:`STYLES`, becomes a new document (default: of the final format). Its title is mangled as the generator did,
    and, to be YAML where it holds both kinds of quotes, each ``"`` becomes ``_`` too; its categories are made YAML in
    the same way, the last repeated or :data:`DEFAULT_CATEGORIES` taken where they are too few. Line breaks in a title
    or category become a space, control characters go. Raises :class:`Rejected`: ``empty_title``, ``bad_url``,
    ``date_without_zone``.
    """
    as_read = style is None and article.layout in STYLES
    chosen = _style(article.layout if as_read else style or STYLES[0])
    if article.published_at.utcoffset() is None:
        raise Rejected("date_without_zone", f"{article.origin}: {article.published_at} has no zone; give it one")
    names = _written_categories(article, chosen, as_read=as_read)
    picture = _written_picture(article, chosen)
    values: dict[str, object] = {
        "title": chosen.quoted(_written_title(article, as_read=as_read)),
        "categories": [chosen.item + name for name in names],
        "headimg": picture,
        "author": names[1],
        "comments": "false",
        "date": format_datetime(article.published_at.astimezone(UTC), usegmt=True),
        "thumbnail": picture,
    }
    body = CONTROL.sub("", article.body_html.replace("\r\n", "\n").replace("\r", "\n"))
    if not as_read:
        # Hexo marks by this sign what it sets aside for a while; the same mark in a text ends `hexo generate`, of all posts.
        body = body.replace("\ufffc", "&#65532;")
    return frontmatter.dumps(frontmatter.Post(body, HANDLER, **{key: values[key] for key in chosen.keys}))


def _style(name: str) -> Style:
    if name not in STYLES:
        raise ValueError(f"unknown_style: {name!r} is no style of documents; take one of {', '.join(STYLES)}")
    return DOCUMENT_STYLES[STYLES.index(name)]


def _written_title(article: Article, *, as_read: bool) -> str:
    title = article.title
    if not as_read:
        title = title.translate(_WRITTEN)
        title = title.replace('"', "_") if "'" in title else title
    title = _NOT_IN_LINE.sub(" ", title)
    if not title.strip():
        raise Rejected("empty_title", f"{article.origin}: the title is empty; an article has one")
    return title


def _written_categories(article: Article, style: Style, *, as_read: bool) -> list[str]:
    """As they are; in a new document plain scalars of YAML: no indicator at the start, no comment or mapping inside."""
    names = [_NOT_IN_LINE.sub(" ", name) for name in article.categories]
    if not as_read:
        names = [_NOT_PLAIN.sub("_", name.translate(_WRITTEN).strip(" ")) for name in names]
    names = [name for name in names if name] or list(DEFAULT_CATEGORIES)
    return [*names, *names[-1:] * 2][: style.categories]


def _written_picture(article: Article, style: Style) -> str:
    if not article.headimg:
        return style.no_picture
    url = NOT_IN_URL.sub(lambda match: quote(match[0], errors="replace"), article.headimg)
    if not url.startswith(URL_START):
        raise Rejected("bad_url", f"{article.origin}: headimg {url[:60]!r} is no http or https address")
    return f"'{url}'"
