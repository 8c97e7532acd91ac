"""The page templates of Sina, by the year they were last seen, newest first. A redesign adds an entry; it never edits an old one away.

The first entry whose markers a page has reads the page. What the fields mean is told by ``govnews_spider.article.Article``, what
locators there are by ``govnews_spider.html.locators``; a field that no locator can give is read by a plain function.
"""

from __future__ import annotations

import re
from typing import Final

from govnews_spider.html.locators import Inner, Layout, Meta, MetaList, Outers, Page, Text, Texts
from govnews_spider.html.text import squash
from govnews_spider.sina.bylines import credited
from govnews_spider.sina.furniture import EDITOR_LABEL
from govnews_spider.sina.gallery import slide_body, slide_data, slide_time, slide_title

_EDITOR: Final = re.compile(r"[（(【](?:责任编辑|责编|编辑)\s*[：:]\s*([^（）()【】：:]{1,30})[）)】]")


def second_date(page: Page) -> str | None:
    """The name in ``<span class="date">作者：…</span>``, which news pages show beside the time."""
    return next(filter(None, map(credited, Texts(".date", ".date-source")(page) or [])), None)


def content_author(page: Page) -> str | None:
    """The author's link beside the time, with or without a label."""
    text = Text('[data-sudaclick="content_author_p"]', ".date-source")(page)
    return credited(text if "：" in text else f"作者：{text}") if text else None


def media_name(page: Page) -> str | None:
    """The medium in ``#media_name``: its first link or span that says something, without the 微博 button beside it."""
    node = page.first("#media_name")
    if node is None:
        return None
    links = [squash(link.text()) for link in node.css("a") if link.id != "media_weibo"]
    return next(filter(None, links), None) or squash(node.text()) or None


def title_free_keywords(page: Page) -> list[str] | None:
    """The meta's keywords without the headline, which stands first among them before 2015."""
    names = (page.metas.get("keywords") or page.metas.get("Keywords") or "").split(",")
    title = Text("#artibodyTitle")(page)
    return list(dict.fromkeys(name for name in map(squash, names) if name and name != title)) or None


def editor_line(page: Page) -> str | None:
    """The editor of 责任编辑：支全明 SF099, where that line stands below the body."""
    match = EDITOR_LABEL.fullmatch(Text(".article-editor")(page) or "")
    return match["editor"] or None if match else None


def editor_below(page: Page) -> str | None:
    """The editor in brackets below the text: （编辑：SN064）, (责编： 山水)."""
    node = page.first("#artibody")
    matches = _EDITOR.findall(node.text()) if node is not None else []
    return squash(matches[-1]) if matches else None


LAYOUTS: Final = (
    Layout(
        name="k_sina_mp",  # k.sina.com.cn, 2018: accounts of 新浪看点; the platform is shown as source, the account is the author
        marker=("h1.main-title", "#artibody", 'meta[name="comment"][content^="mp:"]'),
        title=(Text("h1.main-title"),),
        published_at=(Text(".date", ".date-source"),),
        source=(Text(".source", ".date-source"),),
        author=(Meta("article:author"), Meta("mediaid")),
        keywords=(Texts("a", ".keywords"), MetaList("keywords")),
        body=(Inner("#artibody"),),
    ),
    Layout(
        name="t_cj_mp",  # t.cj.sina.com.cn, 2018: accounts of 财经头条; here the account is the shown source, the platform is in the metas
        marker=("h1.main-title", "#artibody", 'meta[name="mediaid"][content="财经头条"]'),
        title=(Text("h1.main-title"),),
        published_at=(Text(".date", ".date-source"),),
        source=(Text(".source", ".date-source"),),
        body=(Inner("#artibody"),),
    ),
    Layout(
        name="news_2018_article",  # news.sina.com.cn, 2017 on
        marker=("h1.main-title", "#article"),
        title=(Text("h1.main-title"),),
        published_at=(Text(".date", ".date-source"),),
        source=(Text(".source", ".date-source"), Meta("mediaid")),
        author=(content_author, second_date),
        keywords=(Texts("a", "#keywords"),),
        body=(Inner("#article"),),
    ),
    Layout(
        name="finance_2018_artibody",  # finance.sina.com.cn and most other channels, 2018 on
        marker=("h1.main-title", "#artibody"),
        title=(Text("h1.main-title"),),
        published_at=(Text(".date", ".date-source"),),
        source=(Text(".source", ".date-source"), Meta("mediaid")),
        author=(content_author, second_date),
        keywords=(Texts("a", ".keywords"),),
        body=(Inner("#artibody"),),
    ),
    Layout(
        name="blk_2009",  # all channels, 2008 to 2015; tech to 2019
        marker=("#artibodyTitle", "#pub_date", "#artibody"),
        title=(Text("#artibodyTitle"),),
        published_at=(Text("#pub_date"),),
        source=(media_name, Meta("mediaid")),
        editor=(editor_below,),
        keywords=(Texts("a", ".art_keywords"), title_free_keywords),
        body=(Inner("#artibody", until="publish_helper_end"),),  # share bars and recommendations follow
    ),
    Layout(
        name="mil_2017",  # mil.news.sina.com.cn, 2016 and 2017
        marker=("#main_title", "#artibody"),
        title=(Text("#main_title"),),
        published_at=(Text(".titer", ".time-source"), Text(".time-source")),
        source=(media_name,),
        keywords=(Texts("a", ".art_keywords"),),
        body=(Inner("#artibody"),),
    ),
    Layout(
        name="finance_2016",  # finance.sina.com.cn, 2015 to 2017
        marker=("#artibodyTitle", ".time-source", "#artibody"),
        title=(Text("#artibodyTitle"),),
        published_at=(Text(".time-source"),),
        source=(Text("a", ".time-source"), Text("span", ".time-source"), Meta("mediaid")),
        editor=(editor_line,),
        keywords=(Texts("a", ".article-keywords"),),
        body=(Inner("#artibody"),),
    ),
    Layout(
        name="wap_sina_cn",  # finance.sina.cn, news.sina.cn: the mobile pages
        marker=(".art_tit_h1", ".art_content"),
        title=(Text(".art_tit_h1"),),
        published_at=(Text("time.weibo_time"), Text("time.art_time"), Text(".art_cite")),
        source=(Text(".weibo_user"), Meta("article:author"), Text(".art_cite")),
        body=(Inner(".art_content"),),
    ),
    Layout(
        name="regional_sh_2012",  # sh.sina.com.cn
        marker=("div.txt > h1", "div.txt > h2", "div.txt > p"),
        title=(Text("div.txt > h1"),),
        published_at=(Text("div.txt > h2"),),
        source=(Text("div.txt > h2 a"),),
        body=(Outers("div.txt > p"),),
    ),
    Layout(
        name="slide_album",  # slide.*.sina.com.cn: picture galleries; last, for its mark costs most to look for
        marker=(slide_data,),
        title=(slide_title, Meta("og:title")),
        published_at=(slide_time, Meta("article:published_time")),
        source=(Meta("mediaid"),),
        keywords=(MetaList("keywords"),),
        body=(slide_body,),
        kind="gallery",
    ),
)
