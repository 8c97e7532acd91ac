"""Articles as pages, in the finance template (`#artibody`) and the news template (`#article`) of 2018 to 2024.

Topic pages, empty shells and the 404 page are no articles.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote, urlsplit

from tests.site import furniture
from tests.site.body import body
from tests.site.model import SiteArticle

META_CHARSET = {"utf-8": "utf-8", "gb18030": "gb2312"}
"""Encoding → what the page's own meta calls it: Sina says gb2312 and uses characters beyond it."""


@dataclass(slots=True)
class Page:
    """One answer. ``sent`` cuts the body short of its Content-Length; ``reset`` breaks the connection instead."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    sent: int | None = None
    reset: bool = False
    delay: float = 0.0
    """Seconds before the answer begins."""


def render(article: SiteArticle) -> bytes:
    """The page in the article's encoding."""
    if article.template == "topic":
        return _topic(article).encode(article.encoding)
    parts = (_head(article), _top(article), body(article), _keywords(article), furniture.BOTTOM, "</body></html>\n")
    return "".join(parts).encode(article.encoding)


def not_found() -> Page:
    return Page(404, {"Content-Type": "text/html"}, furniture.NOT_FOUND.encode())


def _head(article: SiteArticle) -> str:
    title, keywords = escape(article.title), ",".join(article.keywords)
    finance = article.template == "finance"
    channel = "cj" if finance else "gn"
    shown = "|".join([escape(article.title, quote=False), *article.keywords[:2]])
    return f"""<!DOCTYPE html>
<!-- [ published at {article.republished:%Y-%m-%d %H:%M:%S} ] -->
<html><head>
<meta http-equiv="Content-type" content="text/html; charset={META_CHARSET[article.encoding]}" />
<meta name="sudameta" content="urlpath:{channel}/; allCIDs:51922,257" />
<title>{shown}_{"新浪财经_新浪网" if finance else "新浪新闻"}</title>
<meta name="keywords" content="{keywords}" />
<meta name="tags" content="{keywords}" />
<meta name="description" content="{escape(article.text[:80])}" />
<meta property="og:type" content="news" />
<meta property="og:title" content="{title}" />
<meta property="og:url" content="{article.url}" />
<meta property="og:image" content="{article.images[0][0] if article.images else ""}" />
<meta name="weibo: article:create_at" content="{article.published:%Y-%m-%d %H:%M:%S}" />
<meta name="weibo: article:update_at" content="{article.republished:%Y-%m-%d %H:%M:%S}" />
<meta property="article:published_time" content="{article.republished.isoformat()}" />
<meta property="article:author" content="{article.media}" />
<meta name="stencil" content="PGLS000526" />
<meta name="publishid" content="{article.docid}" />
<meta name="comment" content="{channel}:comos-{article.docid}" />
<meta name="sudameta" content="comment_channel:{channel};comment_id:comos-{article.docid}" />
<meta name="mediaid" content="{article.media}" />
<meta name="mobile-agent" content="format=html5; url={article.wap_url}" />
<!-- id： {article.docid} URL： {article.url} -->
</head>
"""


def _top(article: SiteArticle) -> str:
    title = escape(article.title, quote=False)
    host = urlsplit(article.url).netloc
    mark = "source ent-source" if article.template == "finance" else "source"
    source = f'<span class="{mark}">{article.media}</span>'
    if article.media_url:
        link = escape(article.media_url)
        source = f'<a href="{link}" target="_blank" class="{mark}" rel="nofollow">{article.media}</a>'
    return f"""<body>
<div class="path-search"><h1 class="channel-logo"><a href="http://{host}/">新浪频道</a></h1>
<div class="channel-path"><a href="http://finance.sina.com.cn/china/"> 国内财经</a>
<span class="spliter">&gt;</span><span>正文</span></div></div>
<h1 class="main-title">{title}</h1>
<div class="top-bar-wrap" id="top_bar_wrap"><div class="top-bar-inner clearfix">
<div class="second-title">{title}</div>
<div class="date-source" data-sudaclick="content_media_p">
<span class="date">{article.published:%Y年%m月%d日 %H:%M}</span>
{source}</div>
{furniture.SHARE_BAR}</div></div>
"""


def _keywords(article: SiteArticle) -> str:
    if not article.keywords:
        return '<div class="article-bottom clearfix" id="article-bottom"></div>\n'
    tags = f"http://tags.{urlsplit(article.url).netloc}/"
    links = " ".join(f'<a href="{tags}{quote(word)}" target="_blank">{word}</a>' for word in article.keywords)
    mark, label = "", "文章关键词："
    if article.template == "news":
        mark, label = f' id="keywords" data-wbkey="{",".join(article.keywords)},新闻"', "关键字 : "
    return f"""<div class="article-bottom clearfix" id="article-bottom">
<div class="keywords"{mark} data-sudaclick="content_keywords_p"><label>{label}</label>
{links}</div>
<div class="btns"><a href="http://news.sina.com.cn/feedback/post.html" class="btn-icon">我要反馈</a></div></div>
"""


def _topic(article: SiteArticle) -> str:
    """A page of links: it has a title and dates, and no article."""
    title = escape(article.title, quote=False)
    links = "\n".join(
        f'<li><a href="https://finance.sina.com.cn/roll/2021-11-{day}/doc-ikyamrmy00000{day}.shtml">往期回顾之{day}</a>'
        f'<span class="time">11月{day}日</span></li>'
        for day in range(10, 25)
    )
    return f"""<!DOCTYPE html>
<html><head><meta charset="{META_CHARSET[article.encoding]}"><title>{title}_新浪财经_新浪网</title></head>
<body><div class="zt-header"><h1>{title}</h1></div>
<div class="list-wrap"><ul class="list_009">
{links}
</ul></div></body></html>
"""
