"""Addresses of Sina's pages: one canonical form, the docid and the time that they hold, and what may be asked for."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Final
from urllib.parse import SplitResult, parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from govnews_spider.article import SHANGHAI

DOMAINS: Final = ("sina.com.cn", "sina.cn")
"""Registered names whose hosts, and no others, are Sina's."""

_PORTS: Final = {"http": (None, 80), "https": (None, 443)}
_HOST: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z]+")
# What the feeds, the mobile pages and the sharing buttons append.
_TRACKING: Final = re.compile(
    r"utm_\w+|cre|mod|loc|r|doct|rfunc|tj|tr|from|froms|wm|vt|sudaref|display|retcode|spm|ch|cid|pos|_"
)
_DOCID: Final = re.compile(r"(?:^|[/_-])(?:doc|detail)-i([a-z0-9]{6,})(?:_\d+)?(?:\.d)?\.s?html$", re.IGNORECASE)
_COMOS: Final = re.compile(r"comos:([a-z0-9]{6,})", re.IGNORECASE)
# .../20110822/145810356592.shtml, .../2011-08-22/145810356592.shtml, .../20110822/145810356592_2.shtml:
# the day, HHMM, then the number that ends the page's publishid.
_OLD: Final = re.compile(r"/((?:19|20)\d\d)-?(\d\d)-?(\d\d)/([01]\d|2[0-3])([0-5]\d)\d{5,}(?:_\d+)?\.s?html$")
_ACCOUNT: Final = re.compile(r"^/(?:article_\d+_\w+\.html|articles?/view/\d+/\w+)$")
_WRAPPERS: Final = 3
"""How many ``norm_detail?url=`` may stand around one address before it is taken as it is."""


def is_sina(url: str) -> bool:
    """Whether ``url`` is an http(s) address on one of Sina's hosts, at the scheme's own port, without user or password.

    The host must end in whole labels: neither ``sina.com.cn.evil.net``, ``notsina.com.cn`` nor an IP address will do.
    """
    parts = _split(url)
    return parts is not None and _is_sina(parts)


@lru_cache(maxsize=1024)
def canonical(url: str) -> str:
    """One address for one page: https, host in lower case, unwrapped from ``norm_detail?url=``, without port, fragment
    and tracking query. A mobile page keeps its own path, for its desktop path cannot be told from it.

    What is no address of Sina's comes back as it is but for outer white space.
    """
    address = url.strip()
    if address.startswith("//"):
        address = "https:" + address
    for _ in range(_WRAPPERS):
        inner = _unwrapped(address)
        if inner is None:
            break
        address = inner
    parts = _split(address)
    return _plain(parts) if parts is not None and _is_sina(parts) else address


def is_mobile(url: str) -> bool:
    """Whether the address is one of the mobile site's, whose desktop address it does not tell."""
    parts = _split(url)
    host = (parts.hostname or "") if parts is not None else ""
    return host == "sina.cn" or host.endswith(".sina.cn")


def docid(url: str) -> str | None:
    """``ktzscyx1234567`` of ``…/doc-iktzscyx1234567.shtml``, of its mobile form and of ``doc.sina.cn/?id=comos:…``.

    None where the address holds none: the docid of an old numeric page (``31-1-10356592``) stands in the page only.
    """
    parts = _split(canonical(url))
    if parts is None:
        return None
    match = _DOCID.search(parts.path) or _COMOS.fullmatch(parse_qs(parts.query).get("id", [""])[0])
    return match[1].lower() if match else None


def docid_of_column(value: str) -> str | None:
    """The docid in the list API's ``docid`` column (``comos:ktzscyx1234567``); None for any other form."""
    match = _COMOS.fullmatch(value.strip())
    return match[1].lower() if match else None


def time_in_url(url: str) -> datetime | None:
    """The time of publication that an old numeric address holds (day, hour and minute), Asia/Shanghai; else None."""
    parts = _split(url)
    match = _OLD.search(parts.path) if parts is not None else None
    if match is None:
        return None
    year, month, day, hour, minute = map(int, match.groups())
    try:
        return datetime(year, month, day, hour, minute, tzinfo=SHANGHAI)
    except ValueError:
        return None


def is_article_url(url: str) -> bool:
    """Whether the address is Sina's and has an article's form: with a docid, old numeric, or a media account's."""
    parts = _split(canonical(url))
    if parts is None or not _is_sina(parts):
        return False
    return docid(url) is not None or bool(_OLD.search(parts.path) or _ACCOUNT.match(parts.path))


def _split(url: str) -> SplitResult | None:
    """The parts of ``url``; None where it is no address at all (``http://[``, ``http://a:b``)."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _is_sina(parts: SplitResult) -> bool:
    host = (parts.hostname or "").rstrip(".")
    return (
        parts.port in _PORTS.get(parts.scheme, ())
        and "@" not in parts.netloc
        and _HOST.fullmatch(host) is not None
        and any(host == domain or host.endswith("." + domain) for domain in DOMAINS)
    )


def _unwrapped(address: str) -> str | None:
    """Sina's address inside ``…/article/norm_detail?url=<percent-encoded>``; None where there is none."""
    parts = _split(address)
    if parts is None or not _is_sina(parts) or not parts.path.rstrip("/").endswith("norm_detail"):
        return None
    inner = parse_qs(parts.query).get("url", [""])[0].strip()
    inner = inner if "/" in inner else unquote(inner)
    inner = "https:" + inner if inner.startswith("//") else inner
    return inner if is_sina(inner) else None


def _plain(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    return urlunsplit(("https", host, path, _query(path, parts.query), ""))


def _query(path: str, query: str) -> str:
    """Part of the query that names the page: none where the path does it alone, else all but the tracking parameters."""
    if _DOCID.search(path) or _OLD.search(path) or _ACCOUNT.match(path):
        return ""
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([pair for pair in pairs if not _TRACKING.fullmatch(pair[0])], safe=":/")
