"""Body HTML -> safe, furniture-free HTML and its text; and what stands in the body without being part of it (editor, 原标题, 来源)."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import Any, Final

import nh3
from selectolax.lexbor import LexborNode

from govnews_spider.article import Article, Rejected
from govnews_spider.core.blocks import Block, Picture, to_html, to_text
from govnews_spider.core.bylines import reporters
from govnews_spider.core.reader import Reader
from govnews_spider.sina import furniture

# The allow-list of what a post may hold; what is written is within it already, and is checked all the same.
_SANITIZE: Final = nh3.Cleaner(
    tags={
        *("p", "h2", "h3", "h4", "ul", "ol", "li", "table", "tbody", "tr", "th", "td"),
        *("br", "strong", "em", "sub", "sup", "a", "img", "div", "span"),
    },
    attributes={
        "a": {"href"},
        "img": {"src", "alt", "referrerpolicy"},
        "td": {"colspan", "rowspan"},
        "th": {"colspan", "rowspan"},
    },
    allowed_classes={"div": {"img_wrapper"}, "span": {"img_descr"}},
    link_rel=None,
    url_schemes={"http", "https"},
)
_TEXTLESS: Final = frozenset({"video", "gallery"})


def clean(article: Article) -> Article:
    """``article`` with its body sanitized and free of furniture, its ``text`` and ``images``.

    ``editor``, ``original_title``, ``source`` and ``author`` are read from the body where the page's head did not give them.
    Idempotent. Raises ``Rejected("empty_body")``.
    """
    found: dict[str, tuple[str, str]] = {}
    blocks = read_blocks(article.body_html, found)
    text = to_text(blocks)
    if not text and article.kind not in _TEXTLESS:
        raise Rejected(
            "empty_body",
            f"{article.origin}: nothing is left of the body of {article.title[:40]!r} without its furniture",
        )
    _hidden_source(article.body_html, found)
    if (names := reporters(text)) is not None:
        found["author"] = names, "text:记者"
    missing = {name: pair for name, pair in found.items() if getattr(article, name) is None}
    values: dict[str, Any] = {name: value for name, (value, _) in missing.items()}
    return replace(
        article,
        body_html=_SANITIZE.clean(to_html(blocks)),
        text=text,
        char_count=len(text),
        images=[block.image for block in blocks if isinstance(block, Picture)],
        provenance=article.provenance | {name: place for name, (_, place) in missing.items()},
        **values,
    )


def read_blocks(html: str, found: dict[str, tuple[str, str]]) -> list[Block]:
    """The blocks of a body without furniture; ``found`` takes what its lines say of the article: field -> value and place."""
    return Reader(drop=_is_furniture, aside=partial(_is_aside, found), picture=picture_url).read(html)


def picture_url(src: str) -> str | None:
    """The picture's absolute https address; "" for a spacer; None for a QR code, a logo, a quote chart, a placeholder or no address."""
    if furniture.SPACER.search(src):
        return ""
    src = src.removeprefix(furniture.PICTURE_PROXY)
    src = re.sub(r"^(?:http:)?//", "https://", src)
    return src if src.startswith("https://") and not furniture.NO_PICTURE.search(src) else None


def _is_furniture(node: LexborNode) -> bool:
    attributes = node.attributes
    if not attributes:
        return False
    classes = (attributes.get("class") or "").split()
    identifier = attributes.get("id") or ""
    return (
        not furniture.BLOCK_CLASSES.isdisjoint(classes)
        or not furniture.BLOCK_ATTRIBUTES.isdisjoint(attributes)
        or (node.tag == "p" and not furniture.PAGER_CLASSES.isdisjoint(classes))
        or identifier in furniture.BLOCK_IDS
        or furniture.QUOTE_ID.fullmatch(identifier) is not None
    )


def _is_aside(found: dict[str, tuple[str, str]], text: str) -> bool:
    if len(text) > furniture.LINE_LENGTH:
        return False
    for field, pattern in _ASIDES:
        if match := pattern.fullmatch(text):
            found.setdefault(field, (match[field], f"text:{text[: match.start(field)].strip('（(【[：: ')}"))
            return True
    if match := furniture.SOURCE.fullmatch(text):  # stays in the text: it is the medium's own line
        found.setdefault("source", (match["source"], "text:来源"))
    return furniture.PROMOTION.fullmatch(text) is not None


_ASIDES: Final = (("original_title", furniture.ORIGINAL_TITLE), ("editor", furniture.EDITOR))


def _hidden_source(html: str, found: dict[str, tuple[str, str]]) -> None:
    """The 来源 line that stands in an ad comment, which hides whole paragraphs of the article's end."""
    hidden: dict[str, tuple[str, str]] = {}
    for comment in furniture.AD_COMMENT.finditer(html):
        read_blocks(comment["html"], hidden)
    if "source" in hidden:
        found.setdefault("source", (hidden["source"][0], "comment:article_adlist"))
