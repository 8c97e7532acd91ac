"""The list API: the address to ask for a page of a list, and the rows of its answer. No network here.

Addresses and columns are those of ``feed.mix.sina.com.cn/api/roll/get``, as the channel pages themselves ask it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from govnews_spider.article import SHANGHAI, Article, Rejected
from govnews_spider.sina import urls
from govnews_spider.sina.sections import Section

API: Final = "https://feed.mix.sina.com.cn/api/roll/get"
PAGE_SIZE: Final = 50
"""Most rows that the API gives on one page."""

_NOT_REGISTERED: Final = 11
# Bare JSON, CALLBACK({...}) and try{CALLBACK({...});}catch(e){};
_LEAD: Final = re.compile(r"(?:try\s*\{\s*)?(?:[\w$.]+\s*\(\s*)?(?=\{)")
_FIRST, _LAST = datetime(1998, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Times outside are no times: Sina began in 1998, and milliseconds read as seconds end up far behind 2100."""


@dataclass(slots=True)
class Row:
    """Row of a list, which names one article. None or empty is what the list does not say; times are aware UTC."""

    url: str
    """Canonical address."""
    docid: str | None = None
    ctime: datetime | None = None
    """When the article was made."""
    media: str | None = None
    keywords: list[str] = field(default_factory=list)
    lids: frozenset[int] = frozenset()
    """The lists that the article stands in."""

    @property
    def key(self) -> str:
        """One value for one article, whatever list and address it comes by."""
        return self.docid or self.url


class RefusedRow(Rejected):
    """A row that names no article of Sina's; ``key`` is the same wherever the row comes again."""

    def __init__(self, slug: str, detail: str, key: str) -> None:
        super().__init__(slug, detail)
        self.key = key


@dataclass(slots=True)
class RollPage:
    """One answer: its rows, what could not be read as a row, and how many rows the list or day has (None: not said)."""

    rows: list[Row]
    refused: list[RefusedRow]
    total: int | None

    @property
    def keys(self) -> set[str]:
        """One value for each row, read or refused."""
        return {row.key for row in self.rows} | {refused.key for refused in self.refused}

    def expect_rows(self, url: str) -> None:
        """Raises ``Rejected("list_empty")`` where there is not one; a list's first page has rows, a day may have none."""
        if not self.rows and not self.refused:
            raise Rejected("list_empty", f"{url}: the first page of the list has no rows")


def list_url(section: Section, page: int, day: date | None = None, num: int = PAGE_SIZE) -> str:
    """The address of page ``page`` (from 1) of a list, newest first; with ``day``, of that day's archive (Shanghai).

    In the day archive ``etime`` is where the day begins and ``stime`` where it ends, as the channel pages send it.
    """
    query: dict[str, str | int] = {"pageid": section.pageid, "lid": section.lid, "num": num, "page": page}
    if day is not None:
        begin = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
        end = int((begin + timedelta(days=1)).timestamp())
        query |= {"etime": int(begin.timestamp()), "stime": end, "ctime": end, "date": day.isoformat()}
    return f"{API}?{urlencode(query)}"


def read_rows(body: bytes, *, url: str) -> RollPage:
    """The rows of an answer, JSON or JSONP; ``url`` is where it came from, for messages.

    Raises :class:`Rejected`: ``list_empty_body``, ``list_not_json`` (a page of HTML, say), ``list_truncated``,
    ``list_not_registered`` (code 11), ``list_error`` (another code) or ``list_bad_shape``.
    """
    result = _result(_parsed(body, url), url)
    data = _items(result.get("data"))
    if data is None:
        raise Rejected("list_bad_shape", f"{url}: result.data is {type(result['data']).__name__}, not a list")
    page = RollPage([], [], _number(result.get("total")))
    for place, item in enumerate(data, 1):
        try:
            page.rows.append(_row(item, f"{url}: row {place}"))
        except RefusedRow as refused:
            page.refused.append(refused)
    return page


def home(row: Row, named_by: Section, asked: Sequence[Section]) -> Section:
    """The list that an article counts for: the first of those asked that the row itself names, for which list answers first is chance."""
    return next((section for section in asked if section.lid in row.lids), named_by)


def complete(article: Article, row: Row, section: Section) -> Article:
    """``article`` with the section, and with what its page does not say and the list's row does."""
    article.section = section.name
    article.provenance["section"] = "list:lid"
    article.categories = section.categories
    article.provenance["categories"] = "list:pageid"
    if not article.article_id and row.docid:
        article.article_id = f"sina:{row.docid}"
        article.provenance["article_id"] = "list:docid"
    if article.source is None and row.media:
        article.source = row.media
        article.provenance["source"] = "list:media_name"
    if not article.keywords and row.keywords:
        article.keywords = list(row.keywords)
        article.provenance["keywords"] = "list:keywords"
    return article


def _parsed(body: bytes, url: str) -> Any:
    text = body.decode("utf-8-sig", errors="replace").strip()
    if not text:
        raise Rejected("list_empty_body", f"{url}: the answer has no content")
    if text[0] == "<":
        raise Rejected("list_not_json", f"{url}: the answer is HTML, which begins {text[:60]!r}")
    lead = _LEAD.match(text)
    if lead is None:
        raise Rejected("list_not_json", f"{url}: the answer is neither JSON nor JSONP, it begins {text[:60]!r}")
    try:
        return json.JSONDecoder().raw_decode(text, lead.end())[0]
    except (ValueError, RecursionError) as error:
        raise Rejected(
            "list_truncated", f"{url}: {error}; the answer of {len(body)} bytes ends {text[-40:]!r}"
        ) from error


def _result(answer: Any, url: str) -> dict[str, Any]:
    result = answer.get("result") if isinstance(answer, dict) else None
    if not isinstance(result, dict):
        raise Rejected("list_bad_shape", f"{url}: the answer has no object 'result'")
    status = result.get("status")
    code = _number(status.get("code")) if isinstance(status, dict) else None
    if code == _NOT_REGISTERED:
        raise Rejected("list_not_registered", f"{url}: code 11, this pageid and lid are not registered together")
    if code != 0:
        raise Rejected("list_error", f"{url}: result.status is {status!r}, not code 0")
    return result


def _items(data: Any) -> list[Any] | None:
    """The rows in their order, also where PHP writes a list as an object with numbers for names; None is no list."""
    if isinstance(data, dict) and data and all(name.isdecimal() for name in data):
        return [data[name] for name in sorted(data, key=int)]
    return [] if data is None else data if isinstance(data, list) else None


def _row(item: Any, place: str) -> Row:
    if not isinstance(item, dict):
        raise RefusedRow("row_bad_shape", f"{place} is {type(item).__name__}, not an object", repr(item))
    address = _address(item)
    if address is None:
        named = _text(item.get("title"))
        raise RefusedRow("row_without_url", f"{place} ({named!r}) has no address in url, urls or wapurl", repr(item))
    canonical = urls.canonical(address)
    if not urls.is_sina(canonical):
        raise RefusedRow("offsite_url", f"{place} links {canonical}, which is no address of Sina's", canonical)
    return Row(
        url=canonical,
        docid=urls.docid(canonical) or urls.docid_of_column(_text(item.get("docid"))),
        ctime=_time(item.get("ctime")),
        media=_text(item.get("media_name")) or None,
        keywords=[word for part in re.split("[,，]", _text(item.get("keywords"))) if (word := part.strip())],
        lids=frozenset(int(lid) for lid in _text(item.get("lids")).split(",") if lid.strip().isdecimal()),
    )


def _address(item: dict[str, Any]) -> str | None:
    """The desktop address, else the first of ``urls`` (a list written as a JSON string), else the mobile one."""
    candidates = [item.get("url"), *_json_list(item.get("urls")), item.get("wapurl"), *_json_list(item.get("wapurls"))]
    return next((text for value in candidates if (text := _text(value))), None)


def _json_list(value: Any) -> list[Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return []
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    """A column's text; "" where it is missing, which the API also writes as ``0``, null, [] or {}."""
    text = value.strip() if isinstance(value, str) else ""
    return "" if text == "0" else text


def _number(value: Any) -> int | None:
    """Whole numbers come as numbers or as strings."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    try:
        return int(value)
    except ValueError:
        return None


def _time(value: Any) -> datetime | None:
    """Unix seconds, as a number or a string; None for "0" and whatever lies outside Sina's time."""
    seconds = _number(value)
    if seconds is None or not _FIRST.timestamp() <= seconds < _LAST.timestamp():
        return None
    return datetime.fromtimestamp(seconds, UTC)
