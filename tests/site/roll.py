"""The list API `/api/roll/get`: paging, day archive, JSONP form, error code 11, as crawlers of the real one tell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.site.model import SHANGHAI, SiteArticle
from tests.site.pages import Page

HOSTS = ("feed.mix.sina.com.cn", "feed.sina.com.cn")
PATH = "/api/roll/get"
MAX_NUM = 50
REGISTERED: dict[int, frozenset[int]] = {
    155: frozenset({1686, 1687, 1688, 1689, 1690, 3231}),
    384: frozenset({2519, 2671, 2672, 2673, 2674, 2675, 2676, 2487}),
    153: frozenset({2509, 2510, 2511, 2669, 2512, 2513, 2514, 2515, 2516, 2517, 2518, 2968, 2970, 2972, 2974}),
    121: frozenset({1356}),
    164: frozenset({1693}),
    186: frozenset({1746}),
}
"""pageid → the lids that are registered with it; any other pair is answered with code 11."""

Row = dict[str, Any]


def row(article: SiteArticle, *, oid: int) -> Row:
    """One item of a list with the real columns and types: times are strings of unix seconds, `urls` is JSON text."""
    images = [{"u": url, "w": "640", "h": "400", "t": caption} for url, caption in article.images]
    return blank_row(oid) | {
        "docid": f"comos:{article.docid}",
        "url": article.list_url,
        "urls": _php([article.list_url]),
        "wapurl": article.wap_url,
        "wapurls": _php([article.wap_url]),
        "title": article.title,
        "stitle": article.title[:20],
        "wapsummary": article.text[:40],
        "intro": article.text[:200].replace("\n", " "),
        "ctime": str(int(article.published.timestamp())),
        "intime": str(int(article.published.timestamp()) + 2),
        "mtime": str(int(article.republished.timestamp())),
        "media_name": article.media,
        "keywords": ",".join(article.keywords),
        "images": images,
        "img": images[0] if images else [],
        "lids": ",".join(str(lid) for lid in article.lids),
        "commentid": f"cj:comos-{article.docid}:0",
    }


def blank_row(oid: int) -> Row:
    """Every column of the real answer with its empty value."""
    texts = (
        "docid url wapurl title stitle summary wapsummary intro ctime mtime intime media_name mediaid authoruid keywords "
        "mlids columnid categoryid channelid subjectid commentid productid templateid ipad_vid vid video_id "
        "video_time_length icons ext"
    )
    numbers = "comment_reply comment_show comment_total praise dispraise important is_cre_manual level"
    chart = _php({"stockCharts": "no", "stockCode": "", "stockMarketType": ""})
    lists: Row = {"urls": "[]", "wapurls": "[]", "images": [], "img": [], "author": "0", "hqChart": chart, "lids": ""}
    return {"oid": str(oid), **dict.fromkeys(texts.split(), ""), **dict.fromkeys(numbers.split(), 0), **lists}


def answer(url: str, lists: Mapping[int, list[Row]], horizon: int | None = None) -> Page:
    """What the API says to ``url``; ``lists`` holds the rows of each lid in any order, of which a list shows the newest ``horizon``."""
    query = {name: values[-1] for name, values in parse_qs(urlsplit(url).query, keep_blank_values=True).items()}
    pageid, lid = _number(query, "pageid", 0), _number(query, "lid", 0)
    if lid not in REGISTERED.get(pageid, ()):
        return reply(refusal(), query)
    rows = sorted(_of_day(lists.get(lid, []), query), key=lambda item: (_ctime(item), item["docid"]), reverse=True)
    rows = rows if _number(query, "etime", 0) else rows[:horizon]
    size = min(max(_number(query, "num", 20), 1), MAX_NUM)
    start = (max(_number(query, "page", 1), 1) - 1) * size
    newest = _ctime(rows[0]) if rows else 0
    result = {
        "status": {"code": 0, "msg": "succ"},
        "timestamp": f"{datetime.fromtimestamp(newest, SHANGHAI):%a %b %d %H:%M:%S %z %Y}",
        "total": len(rows),
        "start": start,
        "end": start + size,
        "lid": lid,
        "rtime": newest,
        "data": rows[start : start + size],
    }
    return reply({"result": result}, query)


def refusal() -> dict[str, Any]:
    return {"result": {"status": {"code": 11, "msg": "列表和页面没有经过注册"}}}


def reply(payload: dict[str, Any], query: Mapping[str, str]) -> Page:
    """JSON, or the JSONP form when a callback is named; status 200 in every case."""
    text, callback = _php(payload), query.get("callback", "")
    form, kind = (f"try{{{callback}({text});}}catch(e){{}};", "javascript") if callback else (text, "json")
    return Page(200, {"Content-Type": f"application/{kind}; charset=utf-8"}, form.encode())


def _of_day(rows: list[Row], query: Mapping[str, str]) -> list[Row]:
    """The day archive: `etime` is the *start* of the window, `stime` its end; 0, NaN or none of them: all days."""
    start, end = _number(query, "etime", 0), _number(query, "stime", 0)
    return [item for item in rows if start <= _ctime(item) < end] if start and end else rows


def _ctime(item: Row) -> int:
    return int(item["ctime"] or 0)


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    return int(text) if text.isdecimal() else default


def _php(value: object) -> str:
    """JSON as PHP writes it: ASCII only, and every slash behind a backslash."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/")
