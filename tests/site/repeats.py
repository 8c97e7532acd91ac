"""Articles that come again: reprints, changed as other media change them, and siblings, in which other figures and dates stand."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from tests.site import stock
from tests.site.model import Block, SiteArticle

MOST: Final = 4
"""Members of a group: an article and its reprints."""
AGAIN: Final = 0.4
"""Of so many the next one repeats a reprint, or what a reprint repeats."""
KEPT: Final = 0.7
"""Share of the first-made text that every reprint of it keeps: with less it would be a quotation."""
FEWEST: Final = 4
"""Figures that a sibling needs to tell of something else."""
CLOSINGS: Final = ("（文章来源：{medium}）", "来源：{medium}", "（来源：{medium}，记者{person}）", "（据{medium}报道）")
CREDITS: Final = (
    "▲资料图 图片来源：视觉中国",
    "新华社记者 {person} 摄",
    "（本报记者 {person} 摄）",
    "图片来源：视觉中国",
)

Change = Callable[[random.Random, SiteArticle, str], SiteArticle]
"""A reprint as it was before and a headline of its own → what the medium that runs it makes of it."""

_FIGURE: Final = re.compile(r"\d+(?:\.\d+)?(?!\d|世纪)")
"""None is the 21 of 21世纪经济报道, which names a medium."""


def repeat(rng: random.Random, own: SiteArticle, earlier: Sequence[SiteArticle], *, sibling: bool) -> SiteArticle:
    """``own`` with the words of one of the ``earlier`` in place of its own; itself where all of them have been repeated often enough.

    Its docid, address, time, page and editor stay its own, so it may well be published before what it repeats. A ``sibling`` of a
    text with too few figures is made a reprint.
    """
    sizes = Counter(_group(article) for article in earlier)
    free = [article for article in earlier if sizes[_group(article)] < MOST]
    if not free:
        return own
    repeated = [article for article in free if sizes[_group(article)] > 1]
    source = rng.choice(repeated if repeated and rng.random() < AGAIN else free)
    printed = replace(
        own,
        title=source.title,
        original_title=source.original_title,
        media=rng.choice([medium for medium in stock.MEDIA if medium != source.media]),
        lids=rng.choice(earlier).lids,
        blocks=source.blocks,
        reporter=source.reporter,
        keywords=source.keywords,
        stocks=source.stocks,
        repeats=_group(source),
    )
    if sibling and len(_FIGURE.findall(source.text)) >= FEWEST:
        blocks = tuple(_with_other_figures(rng, block) for block in source.blocks)
        return replace(
            printed, title=_other_figures(rng, source.title), original_title=None, blocks=blocks, repeats=None
        )
    changed = rng.choice(CHANGES)(rng, printed, own.title)
    first = next(article for article in earlier if article.docid == printed.repeats)
    return changed if len(changed.text) >= KEPT * len(first.text) else printed


def _group(article: SiteArticle) -> str:
    return article.repeats or article.docid


def _as_it_is(rng: random.Random, article: SiteArticle, headline: str) -> SiteArticle:
    return article


def _new_headline(rng: random.Random, article: SiteArticle, headline: str) -> SiteArticle:
    return replace(article, title=headline)


def _original_title(rng: random.Random, article: SiteArticle, headline: str) -> SiteArticle:
    return replace(article, title=headline, original_title=article.title)


def _closing_line(rng: random.Random, article: SiteArticle, headline: str) -> SiteArticle:
    return replace(article, blocks=(*article.blocks, _line(rng, CLOSINGS)))


def _photo_credit(rng: random.Random, article: SiteArticle, headline: str) -> SiteArticle:
    at = rng.randint(1, len(article.blocks))
    return replace(article, blocks=(*article.blocks[:at], _line(rng, CREDITS), *article.blocks[at:]))


def _cut(rng: random.Random, article: SiteArticle, headline: str) -> SiteArticle:
    last = max(number for number, block in enumerate(article.blocks) if block.kind == "p")
    return replace(article, blocks=(*article.blocks[:last], *article.blocks[last + 1 :]))


CHANGES: Final[tuple[Change, ...]] = (_as_it_is, _new_headline, _original_title, _closing_line, _photo_credit, _cut)


def _line(rng: random.Random, patterns: tuple[str, ...]) -> Block:
    person = rng.choice(stock.SURNAMES) + rng.choice(stock.GIVEN)
    return Block("p", rng.choice(patterns).format(medium=rng.choice(stock.MEDIA), person=person))


def _with_other_figures(rng: random.Random, block: Block) -> Block:
    """Captions stay: the picture is an old one."""
    if block.kind == "image":
        return block
    rows = tuple(tuple(_other_figures(rng, cell) for cell in row) for row in block.rows)
    return replace(block, text=_other_figures(rng, block.text), rows=rows)


def _other_figures(rng: random.Random, text: str) -> str:
    return _FIGURE.sub(lambda match: _another(rng, match[0], text[match.end() : match.end() + 1]), text)


def _another(rng: random.Random, figure: str, unit: str) -> str:
    """Another figure of the same length, or another month, day or year."""
    drawn = "".join(str(rng.randint(1, 9)) if sign.isdigit() else sign for sign in figure)
    if unit in ("月", "日"):
        drawn = f"{rng.randint(1, 12 if unit == '月' else 28)}"
    elif unit == "年" and len(figure) == 4:
        drawn = f"{int(figure) + rng.randint(1, 3)}"
    return drawn if drawn != figure else _another(rng, figure, unit)
