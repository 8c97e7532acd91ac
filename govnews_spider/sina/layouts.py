"""The page templates of Sina, newest first. A redesign of the site adds an entry; it never edits an old one away.

The first entry whose markers a page has reads the page. What the fields mean is told by ``govnews_spider.article.Article``, what
locators there are by ``govnews_spider.sina.locators``; a field that no locator can give is read by a plain function.
"""

from __future__ import annotations

import re
from typing import Final

from govnews_spider.sina.locators import Inner, Layout, Meta, MetaList, Page, Text, Texts

_BYLINE: Final = re.compile(r"作者\s*[：:]\s*(\S.*)")


def second_date(page: Page) -> str | None:
    """The name in ``<span class="date">作者：…</span>``, which news pages show beside the time."""
    spans = Texts(".date-source .date")(page) or []
    return next((match[1] for match in map(_BYLINE.fullmatch, spans) if match), None)


LAYOUTS: Final = (
    Layout(
        name="k_sina_mp",  # k.sina.com.cn, 2018: accounts of 新浪看点; the platform is shown as source, the account is the author
        marker=("h1.main-title", "#artibody", 'meta[name="comment"][content^="mp:"]'),
        title=(Text("h1.main-title"),),
        published_at=(Text(".date-source .date"),),
        source=(Text(".date-source .source"),),
        author=(Meta("article:author"), Meta("mediaid")),
        keywords=(Texts(".keywords a"), MetaList("keywords")),
        body=(Inner("#artibody"),),
    ),
    Layout(
        name="t_cj_mp",  # t.cj.sina.com.cn, 2018: accounts of 财经头条; here the account is the shown source, the platform is in the metas
        marker=("h1.main-title", "#artibody", 'meta[name="mediaid"][content="财经头条"]'),
        title=(Text("h1.main-title"),),
        published_at=(Text(".date-source .date"),),
        source=(Text(".date-source .source"),),
        body=(Inner("#artibody"),),
    ),
    Layout(
        name="news_2018_article",  # news.sina.com.cn, 2017 on
        marker=("h1.main-title", "#article"),
        title=(Text("h1.main-title"),),
        published_at=(Text(".date-source .date"),),
        source=(Text(".date-source .source"), Meta("mediaid")),
        author=(Text('[data-sudaclick="content_author_p"]'), second_date),
        keywords=(Texts("#keywords a"),),
        body=(Inner("#article"),),
    ),
    Layout(
        name="finance_2018_artibody",  # finance.sina.com.cn and most other channels, 2018 on
        marker=("h1.main-title", "#artibody"),
        title=(Text("h1.main-title"),),
        published_at=(Text(".date-source .date"),),
        source=(Text(".date-source .source"), Meta("mediaid")),
        author=(Text('[data-sudaclick="content_author_p"]'), second_date),
        keywords=(Texts(".keywords a"),),
        body=(Inner("#artibody"),),
    ),
)
