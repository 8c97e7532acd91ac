"""A deterministic generator of articles: the same seed gives the same ones, to the byte.

Article number i does not depend on how many follow, so that a catalog of 30 is the beginning of one of 40.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from tests.site import stock
from tests.site.blocks import blocks
from tests.site.furniture import OPTIONAL
from tests.site.model import SHANGHAI, SiteArticle
from tests.site.repeats import repeat
from tests.site.words import Words

FINANCE_PATHS = ("china/gncj", "china/dfjj", "china/bwdt", "china/hgjj", "money/bank", "roll", "jjxw", "china")
TRACKING = "?cre=tianyi&mod=wnews&loc={n}&r=0&doct=0&rfunc=100&tj=none&tr=25"
PREFIXES = ("ktzscyx", "ktzqtyu", "kyakumx", "kyamrmy", "mcwiwss", "icezuev", "izihnya")
STYLES: tuple[Literal["plain", "cms", "font"], ...] = ("plain", "cms", "font")


@dataclass(slots=True)
class Catalog:
    """The articles of a site, in the order they were made."""

    articles: list[SiteArticle] = field(default_factory=list)

    @classmethod
    def generate(cls, *, seed: int, lists: list[int], days: list[date], count: int, reprints: int = 0) -> Catalog:
        """``count`` articles, every list and day in turn; one in seven stands in a second list too.

        Every ``reprints``-th (0: none) repeats an earlier-made one; each fourth of these is a sibling, with other figures and dates
        in the same sentences, and no reprint.
        """
        catalog = cls()
        titles: set[str] = set()
        first_docid = random.Random(seed).randrange(10_000_000)
        for number in range(count):
            rng = random.Random(f"{seed}:{number}")
            lids = [lists[number % len(lists)]]
            if number % 7 == 3 and len(lists) > 1:
                lids.append(lists[(number + 1) % len(lists)])
            day = days[number // len(lists) % len(days)]
            made = _article(rng, first_docid + number * 7919, day, tuple(lids), titles)
            if reprints and number and (number + 1) % reprints == 0:
                again = random.Random(f"{seed}:{number}:again")
                made = repeat(again, made, catalog.articles, sibling=(number + 1) // reprints % 4 == 0)
            catalog.articles.append(made)
        return catalog

    def of(self, lid: int) -> list[SiteArticle]:
        """The pages that a list links, newest first."""
        listed = [article for article in self.articles if lid in article.lids]
        return sorted(listed, key=lambda article: (article.published, article.docid), reverse=True)

    def reprints(self) -> dict[str, str]:
        """The article_id of each reprint → that of the first of its group, by publication and then by article_id.

        What was made first may have been published after a reprint of it, and is then the reprint.
        """
        groups: dict[str, list[tuple[datetime, str]]] = {}
        for article in self.articles:
            member = (article.published, f"sina:{article.docid}")
            groups.setdefault(article.repeats or article.docid, []).append(member)
        return {other: min(group)[1] for group in groups.values() for _, other in sorted(group)[1:]}

    def expected(self) -> list[dict[str, Any]]:
        """What a crawl of everything has to arrive at, by article_id."""
        return sorted((a.expected for a in self.articles if a.is_article), key=lambda truth: str(truth["article_id"]))


def _article(rng: random.Random, number: int, day: date, lids: tuple[int, ...], titles: set[str]) -> SiteArticle:
    words = Words(rng, day)
    template: Literal["finance", "news"] = "news" if rng.random() < 0.3 else "finance"
    docid = f"{rng.choice(PREFIXES)}{number % 10_000_000:07d}"
    title = _title(words, titles)
    published = _moment(rng, day)
    reporter = _reporter(words) if rng.random() < 0.5 else None
    place = "c" if template == "news" else rng.choice(FINANCE_PATHS)
    url = f"https://{template}.sina.com.cn/{place}/{day:%Y-%m-%d}/doc-i{docid}.shtml"
    media = rng.choice(stock.MEDIA)
    body = blocks(words, docid, day, _dateline(rng, words, day, media, reporter))
    return SiteArticle(
        docid=docid,
        url=url,
        list_url=_list_url(rng, url),
        title=title,
        published=published,
        republished=published + timedelta(minutes=rng.choice((0, 0, 1, 76, 328))),
        media=media,
        media_url=rng.choice((None, f"http://www.example.cn/{day:%Y/%m/%d}/{number}.html?a=1&b=2")),
        lids=lids,
        template=template,
        blocks=body,
        reporter=reporter,
        editor=_editor(rng, words),
        keywords=tuple(rng.sample(words.theme.keywords, rng.randint(0, 4))),
        original_title=_original_title(rng, words, title),
        stocks={name: code for name, code in stock.STOCKS.items() if any(name in block.text for block in body)},
        style=rng.choice(STYLES),
        furniture=frozenset(name for name in OPTIONAL if rng.random() < 0.4),
        encoding="gb18030" if rng.random() < 0.04 else "utf-8",
    )


def _title(words: Words, taken: set[str]) -> str:
    title = words.sentence(stock.TITLES)
    while title in taken:
        title = words.sentence(stock.TITLES)
    taken.add(title)
    return title


def _original_title(rng: random.Random, words: Words, title: str) -> str | None:
    if rng.random() < 0.7:
        return None
    return title.replace(" ", "，") if rng.random() < 0.6 else words.sentence(stock.TITLES)


def _moment(rng: random.Random, day: date) -> datetime:
    """Working hours mostly; one in eight next to midnight, where a wrong zone lands on another day."""
    hour = rng.choice((0, 23)) if rng.random() < 0.125 else rng.randint(6, 21)
    return datetime.combine(day, time(hour, rng.randint(0, 59), rng.randint(0, 59)), SHANGHAI)


def _list_url(rng: random.Random, url: str) -> str:
    url = url.replace("https:", "http:") if rng.random() < 0.25 else url
    return url + TRACKING.format(n=rng.randint(1, 30)) if rng.random() < 0.2 else url


def _reporter(words: Words) -> str:
    names = [words.person(), words.person()]
    return "、".join(dict.fromkeys(names[: words.rng.randint(1, 2)]))


def _editor(rng: random.Random, words: Words) -> str | None:
    if rng.random() < 0.08:
        return None
    return words.person() + (f" SF{rng.randint(1, 120):03d}" if rng.random() < 0.4 else "")


def _dateline(rng: random.Random, words: Words, day: date, media: str, reporter: str | None) -> str:
    if reporter is None:
        return rng.choice(("", f"{media}消息，"))
    place = f"{words.fill('{city}')}{day.month}月{day.day}日电"
    opening = rng.choice((f"{media}讯", f"{media}{place}", "本报讯"))
    return f"{opening}（记者 {reporter}）"
