"""Body HTML -> safe, furniture-free HTML and its text; and what stands in the body without being part of it (editor, 原标题, 来源)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any, Final

import nh3
from bs4 import BeautifulSoup
from selectolax.lexbor import LexborNode

from govnews_spider.article import Article, Rejected
from govnews_spider.html.addresses import web_address
from govnews_spider.html.block_reader import Attributes, Reader
from govnews_spider.html.blocks import Block, Picture, to_html, to_text
from govnews_spider.html.text import squash
from govnews_spider.sina import furniture
from govnews_spider.sina.bylines import reporters

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
_MOST_COMMENTS: Final = 20
"""Ad comments of a page that are looked into; real pages have up to four."""
_CLOSING: Final = ("）", ")", "】")
_TEXTLESS: Final = frozenset({"video", "gallery"})


Found = dict[str, tuple[str, str]]
"""What the body says of the article: field -> value and the place that said it."""


def clean(article: Article) -> Article:
    """``article`` with its body sanitized and free of furniture, its ``text`` and ``images``.

    ``editor``, ``original_title``, ``source`` and ``author`` are read from the body where the page's head did not give them.
    Idempotent. Raises ``Rejected("empty_body")``.
    """
    found: Found = {}
    blocks = read_blocks(article.body_html, found)
    text = to_text(blocks)
    images = [block.image for block in blocks if isinstance(block, Picture)]
    kind = "gallery" if images and not text and article.kind == "article" else article.kind
    if not text and kind not in _TEXTLESS:
        raise Rejected(
            "empty_body",
            f"{article.origin}: nothing is left of the body of {article.title[:40]!r} without its furniture",
        )
    _hidden_source(article.body_html, found)
    if (names := reporters(text)) is not None:
        found["author"] = names, "text:记者"
    if "other_editor" in found:
        found.setdefault("editor", found.pop("other_editor"))
    missing = {name: pair for name, pair in found.items() if getattr(article, name, "") is None}
    values: dict[str, Any] = {name: value for name, (value, _) in missing.items()}
    return replace(
        article,
        body_html=_SANITIZE.clean(to_html(blocks)),
        text=text,
        char_count=len(text),
        images=images,
        kind=kind,
        provenance=article.provenance | {name: place for name, (_, place) in missing.items()},
        **values,
    )


def read_blocks(html: str, found: Found) -> list[Block]:
    """The blocks of a body without furniture; ``found`` takes what its lines say of the article: field -> value and place."""
    return Reader(drop=partial(_is_furniture, found), keep=partial(_keep, found), picture=picture_url).read(html)


def picture_url(src: str) -> str | None:
    """The picture's absolute https address; "" for a spacer; None for a QR code, a logo, a quote chart, a placeholder or no address."""
    address = web_address(src.removeprefix(furniture.PICTURE_PROXY))
    if furniture.SPACER.search(address or src):
        return ""
    if address is None or furniture.NO_PICTURE.search(address):
        return None
    return f"https://{address.partition('://')[2]}"


def _is_furniture(found: Found, node: LexborNode, attributes: Attributes) -> bool:
    if not furniture.BLOCK_ATTRIBUTES.isdisjoint(attributes):
        return True
    if (identifier := attributes.get("id")) and (
        identifier in furniture.BLOCK_IDS or furniture.QUOTE_ID.fullmatch(identifier)
    ):
        return True
    if not (names := attributes.get("class")):
        return False
    classes = names.split()
    return (
        not furniture.BLOCK_CLASSES.isdisjoint(classes)
        or (
            not furniture.PAGER_CLASSES.isdisjoint(classes)
            and furniture.PAGER.fullmatch(squash(node.text())) is not None
        )
        or (not furniture.EDITOR_CLASSES.isdisjoint(classes) and _is_editor(found, squash(node.text())))
    )


def _is_editor(found: Found, text: str) -> bool:
    """Whether the text of an element made for the editor's line is that line, and who it names."""
    match = furniture.EDITOR.fullmatch(text) or furniture.EDITOR_LABEL.fullmatch(text)
    if match is not None and match["editor"]:
        found.setdefault("editor", (match["editor"], "text:责任编辑"))
    return match is not None


def _keep(found: Found, text: str) -> int:
    """How many of the line's first characters belong to the article; ``found`` takes what the others say."""
    if len(text) <= furniture.LINE_LENGTH and _is_aside(found, text):
        return 0
    if text.endswith(_CLOSING) and (tail := furniture.EDITOR_TAIL.search(text)):
        found.setdefault("editor", (tail["editor"], "text:责任编辑"))
        return _keep(found, text[: tail.start()].rstrip())
    return len(text)


def _is_aside(found: Found, text: str) -> bool:
    if furniture.SAYS_SOMETHING.match(text) is None:
        return furniture.PROMOTION.fullmatch(text) is not None
    if match := furniture.ORIGINAL_TITLE.fullmatch(text):
        found.setdefault("original_title", (match["plain"] or match["bracketed"], "text:原标题"))
        return True
    if match := furniture.EDITOR.fullmatch(text):
        if match["editor"]:
            found.setdefault("editor", (match["editor"], "text:责任编辑"))
        return True
    if match := furniture.OTHER_EDITOR.fullmatch(text):
        found.setdefault("other_editor", (match["editor"], "text:编辑"))
        return True
    if match := furniture.SOURCE.fullmatch(text):  # stays in the text: it is the medium's own line
        found.setdefault("source", (match["source"], "text:来源"))
    return furniture.PROMOTION.fullmatch(text) is not None


def _hidden_source(html: str, found: Found) -> None:
    """The 来源 line that stands in an ad comment, which hides whole paragraphs of the article's end."""
    for comment in islice(furniture.AD_COMMENT.finditer(html), _MOST_COMMENTS):
        if "来源" not in comment["html"]:
            continue
        for line in BeautifulSoup(comment["html"], "lxml").stripped_strings:
            if match := furniture.SOURCE.fullmatch(squash(line)):
                found.setdefault("source", (match["source"], "comment:article_adlist"))
