"""Addresses of Sina: one canonical form, and what can be read off an address without asking for it."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govnews_spider.article import SHANGHAI
from govnews_spider.sina.urls import (
    canonical,
    docid,
    docid_of_column,
    is_article_url,
    is_mobile,
    is_sina,
    time_in_url,
)

DESKTOP = "https://finance.sina.com.cn/china/gncj/2021-11-25/doc-iktzscyx1234567.shtml"
REDIRECT = "https://cj.sina.cn/article/norm_detail?url="
"""The mobile site's page that leads on to another one."""


@pytest.mark.parametrize(
    "url",
    [
        DESKTOP,
        "http://finance.sina.com.cn/china/gncj/2021-11-25/doc-iktzscyx1234567.shtml",
        "//finance.sina.com.cn/china/gncj/2021-11-25/doc-iktzscyx1234567.shtml",
        "http://finance.sina.com.cn:80/china/gncj/2021-11-25/doc-iktzscyx1234567.shtml",
        "https://finance.sina.com.cn./china/gncj/2021-11-25/doc-iktzscyx1234567.shtml",
        " HTTPS://Finance.Sina.com.cn:443/china/gncj/2021-11-25/doc-iktzscyx1234567.shtml#comments ",
        DESKTOP + "?cre=tianyi&mod=wnews&loc=3&r=0&doct=0&rfunc=100&tj=none&tr=25",
        "https://cj.sina.cn/article/norm_detail?url=https%3A%2F%2Ffinance.sina.com.cn%2Fchina%2Fgncj%2F2021-11-25"
        "%2Fdoc-iktzscyx1234567.shtml%3Ffroms%3Dggmp&autocallup=no",
        "https://cj.sina.cn/article/norm_detail/?url=http%3A%2F%2Ffinance.sina.com.cn%2Fchina%2Fgncj%2F2021-11-25"
        "%2Fdoc-iktzscyx1234567.shtml",
    ],
)
def test_all_forms_of_one_desktop_address_are_one(url: str) -> None:
    assert canonical(url) == DESKTOP


@pytest.mark.parametrize(
    "url",
    [
        DESKTOP,
        "https://finance.sina.cn/2021-11-25/detail-iktzscyx1234567.d.html?vt=4&cid=57045",
        "https://doc.sina.cn/?id=comos:ktzscyx1234567&wm=3049",
        "https://cj.sina.cn/article/norm_detail?url=https%3A%2F%2Fdoc.sina.cn%2F%3Fid%3Dcomos%3Aktzscyx1234567",
        "https://finance.sina.com.cn/china/gncj/2021-11-25/doc-iktzscyx1234567_2.shtml",
    ],
)
def test_desktop_mobile_and_short_addresses_hold_one_docid(url: str) -> None:
    assert docid(url) == "ktzscyx1234567"


def test_a_mobile_page_keeps_its_own_path_without_tracking() -> None:
    url = "http://finance.sina.cn/2016-01-01/detail-ifxncyar6157750.d.html?vt=1&wm=3049"
    assert canonical(url) == "https://finance.sina.cn/2016-01-01/detail-ifxncyar6157750.d.html"


def test_a_query_that_names_the_page_stays() -> None:
    assert (
        canonical("http://doc.sina.cn/?wm=1&id=comos:ktzscyx1234567") == "https://doc.sina.cn/?id=comos:ktzscyx1234567"
    )
    assert canonical("https://finance.sina.com.cn/roll/?pageid=384&lid=2519#a") == (
        "https://finance.sina.com.cn/roll/?pageid=384&lid=2519"
    )


@pytest.mark.parametrize(
    "url",
    [
        DESKTOP,
        "https://finance.sina.com.cn/china/20110822/145810356592.shtml",
        "https://k.sina.com.cn/article_1234567890_499602d2020001a2b.html",
    ],
)
def test_a_path_that_names_the_page_needs_no_query(url: str) -> None:
    assert canonical(f"{url}?page=2&unknown=1") == url


def wrapped(url: str, times: int) -> str:
    """The address inside that many addresses of the mobile site's redirection page."""
    for _ in range(times):
        url = REDIRECT + quote(url, safe="")
    return url


def test_an_address_is_unwrapped_three_times_at_most() -> None:
    assert canonical(wrapped(DESKTOP, 3)) == DESKTOP
    assert canonical(wrapped(DESKTOP, 4)).startswith(REDIRECT)


@pytest.mark.parametrize("inner", [DESKTOP, DESKTOP.removeprefix("https:"), quote(DESKTOP, safe="")])
def test_an_address_is_unwrapped_without_its_scheme_and_encoded_twice_too(inner: str) -> None:
    assert canonical(REDIRECT + quote(inner, safe="")) == DESKTOP


@pytest.mark.parametrize("inner", ["https://evil.net/doc-iktzscyx1234567.shtml", "//evil.net/", "a", ""])
def test_what_is_no_address_of_sina_is_not_unwrapped(inner: str) -> None:
    assert canonical(REDIRECT + quote(inner, safe="")).startswith(REDIRECT)


@pytest.mark.parametrize(
    ("url", "mobile"),
    [
        ("https://sina.cn/a", True),
        ("https://finance.sina.cn/a", True),
        (DESKTOP, False),
        ("https://notsina.cn/a", False),
        ("/a", False),
        ("http://[", False),
    ],
)
def test_a_mobile_address_is_known_by_its_host(url: str, mobile: bool) -> None:
    assert is_mobile(url) is mobile


def test_an_old_numeric_address_holds_the_time_and_no_docid() -> None:
    url = "http://finance.sina.com.cn/china/20110822/145810356592.shtml"
    assert docid(url) is None
    assert time_in_url(url) == datetime(2011, 8, 22, 14, 58, tzinfo=SHANGHAI)
    assert time_in_url("http://tech.sina.com.cn/t/2014-03-01/024218372262.shtml") == datetime(
        2014, 3, 1, 2, 42, tzinfo=SHANGHAI
    )


def test_no_time_is_read_where_there_is_none() -> None:
    assert time_in_url(DESKTOP) is None
    assert time_in_url("http://finance.sina.com.cn/20110231/145810356592.shtml") is None
    assert time_in_url("http://finance.sina.com.cn/20110822/995810356592.shtml") is None


def test_the_docid_column_counts_in_its_own_form_only() -> None:
    assert docid_of_column("comos:ktzscyx1234567") == "ktzscyx1234567"
    assert docid_of_column("slidenews-album-786-97868") is None
    assert docid_of_column("") is None


@pytest.mark.parametrize(
    "url",
    [
        "https://finance.sina.com.cn.evil.net/doc-iktzscyx1234567.shtml",
        "https://notsina.com.cn/",
        "https://evil.net/?sina.com.cn",
        "https://sina.com.cn@evil.net/",
        "https://user@finance.sina.com.cn/",
        "https://evil.net\\@finance.sina.com.cn/",
        "https://finance.sina.com.cn:8080/",
        "https://finance.sina.com.cn:80/",
        "http://finance.sina.com.cn:443/",
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://2130706433/",
        "file:///etc/passwd",
        "ftp://finance.sina.com.cn/",
        "javascript:void(0)",
        "http://[",
        "",
    ],
)
def test_what_only_looks_like_sina_is_not_sina(url: str) -> None:
    assert not is_sina(url)
    assert not is_article_url(url)


@pytest.mark.parametrize("host", ["sina.cn", "k.sina.com.cn", "finance.sina.com.cn.", "Feed.Mix.Sina.Com.Cn"])
def test_sinas_hosts_are_sina(host: str) -> None:
    assert is_sina(f"https://{host}/x")


@pytest.mark.parametrize(
    ("path", "is_article"),
    [
        ("finance.sina.com.cn/china/2021-11-25/doc-iktzscyx1234567.shtml", True),
        ("finance.sina.com.cn/china/20110822/145810356592.shtml", True),
        ("k.sina.com.cn/article_1234567890_499602d2020001a2b.html", True),
        ("t.cj.sina.com.cn/articles/view/1704103183/65928d0f02000vi4a", True),
        ("finance.sina.com.cn/china/", False),
        ("finance.sina.com.cn/zt_d/20211125/", False),
    ],
)
def test_an_articles_address_is_known_by_its_form(path: str, is_article: bool) -> None:
    assert is_article_url(f"https://{path}") is is_article


_words = st.text(st.characters(codec="utf-8"), max_size=12)


@settings(max_examples=150)
@given(
    st.sampled_from(["https://finance.sina.com.cn/", "http://news.sina.cn/", "//k.sina.com.cn/", "http://", ""]),
    _words,
    _words,
)
def test_canonical_takes_any_text_and_changes_nothing_the_second_time(start: str, path: str, query: str) -> None:
    once = canonical(f"{start}{path}?id={query}&from=x")
    assert canonical(once) == once
    assert docid(once) is None or is_sina(once)
