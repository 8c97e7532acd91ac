from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govnews_spider.article import Article, Rejected
from govnews_spider.sina.roll import Row, complete, list_url, read_rows
from govnews_spider.sina.sections import find

URL = "https://feed.mix.sina.com.cn/api/roll/get?pageid=155&lid=1689"
ITEM = {
    "docid": "comos:ktzscyx1234567",
    "url": "http://finance.sina.com.cn/china/gncj/2021-11-25/doc-iktzscyx1234567.shtml?cre=tianyi&mod=wnews",
    "urls": '["http:\\/\\/finance.sina.com.cn\\/china\\/gncj\\/2021-11-25\\/doc-iktzscyx1234567.shtml"]',
    "wapurl": "https://finance.sina.cn/2021-11-25/detail-iktzscyx1234567.d.html",
    "title": "财政部：前十个月社保支出增长“稳中有进” ",
    "ctime": "1637838705",
    "intime": 1637838707,
    "mtime": "0",
    "media_name": "新华社",
    "keywords": "财政部,社保，支出,",
    "author": "0",
    "img": [],
}


def answer(*items: Any, code: Any = 0, total: Any = "120") -> bytes:
    result = {"status": {"code": code, "msg": "succ"}, "total": total, "data": list(items)}
    return json.dumps({"result": result}, ensure_ascii=False).encode()


def slug_of(body: bytes) -> str:
    with pytest.raises(Rejected) as caught:
        read_rows(body, url=URL)
    assert URL in caught.value.detail
    return caught.value.slug


def test_the_address_names_page_list_and_place() -> None:
    query = parse_qs(urlsplit(list_url(find("部委动态"), 3)).query)
    assert query == {"pageid": ["155"], "lid": ["1689"], "num": ["50"], "page": ["3"]}


@pytest.mark.parametrize(
    ("value", "lids"),
    [
        ("1687,1689", {1687, 1689}),
        (",1687, 1689,", {1687, 1689}),
        ("1689", {1689}),
        ("", set()),
        ("0", set()),
        (None, set()),
        ("a,1689", {1689}),
    ],
)
def test_a_row_names_the_lists_that_it_stands_in(value: Any, lids: set[int]) -> None:
    (row,) = read_rows(answer(ITEM | {"lids": value}), url=URL).rows
    assert row.lids == lids


@pytest.mark.parametrize(
    ("seconds", "is_time"),
    [
        (int(datetime(1998, 1, 1, tzinfo=UTC).timestamp()), True),
        (int(datetime(1998, 1, 1, tzinfo=UTC).timestamp()) - 1, False),
        (int(datetime(2100, 1, 1, tzinfo=UTC).timestamp()) - 1, True),
        (int(datetime(2100, 1, 1, tzinfo=UTC).timestamp()), False),
    ],
)
def test_a_time_counts_from_the_first_second_of_sina_up_to_the_year_2100(seconds: int, is_time: bool) -> None:
    (row,) = read_rows(answer(ITEM | {"ctime": str(seconds)}), url=URL).rows
    assert row.ctime == (datetime.fromtimestamp(seconds, UTC) if is_time else None)


def test_the_day_archive_begins_at_midnight_in_shanghai_and_ends_a_day_later() -> None:
    query = parse_qs(urlsplit(list_url(find("1689"), 1, date(2021, 11, 25))).query)
    begin = int(datetime(2021, 11, 24, 16, tzinfo=UTC).timestamp())
    assert query["etime"] == [str(begin)]
    assert query["stime"] == query["ctime"] == [str(begin + 86400)]
    assert query["date"] == ["2021-11-25"]


def test_a_row_has_its_times_zoned_and_its_address_canonical() -> None:
    page = read_rows(answer(ITEM), url=URL)
    assert page.total == 120
    assert page.rows == [
        Row(
            url="https://finance.sina.com.cn/china/gncj/2021-11-25/doc-iktzscyx1234567.shtml",
            docid="ktzscyx1234567",
            ctime=datetime(2021, 11, 25, 11, 11, 45, tzinfo=UTC),
            media="新华社",
            keywords=["财政部", "社保", "支出"],
        )
    ]


@pytest.mark.parametrize(
    "form", ["try{feedCallback(ROWS);}catch(e){};", "jQuery111_1637(ROWS);", "a.b (ROWS)", "\ufeffROWS", " ROWS\n"]
)
def test_json_and_its_padded_forms_give_the_same_rows(form: str) -> None:
    lead, tail = form.split("ROWS")
    body = lead.encode() + answer(ITEM) + tail.encode()
    assert read_rows(body, url=URL) == read_rows(answer(ITEM), url=URL)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"url": ""}, "https://finance.sina.com.cn/china/gncj/2021-11-25/doc-iktzscyx1234567.shtml"),
        ({"url": None, "urls": "[]"}, "https://finance.sina.cn/2021-11-25/detail-iktzscyx1234567.d.html"),
        (
            {
                "url": "",
                "urls": "no json",
                "wapurl": "0",
                "wapurls": '["https://doc.sina.cn/?id=comos:ktzscyx1234567"]',
            },
            "https://doc.sina.cn/?id=comos:ktzscyx1234567",
        ),
    ],
)
def test_a_row_without_desktop_address_goes_by_its_others(columns: dict[str, Any], expected: str) -> None:
    (row,) = read_rows(answer(ITEM | columns), url=URL).rows
    assert (row.url, row.docid) == (expected, "ktzscyx1234567")


@pytest.mark.parametrize("value", ["0", 0, "", None, "1637838705000", -5, "2021-11-25", True, [], "99"])
def test_a_time_that_is_none_is_missing_and_the_row_stays(value: Any) -> None:
    (row,) = read_rows(answer(ITEM | {"ctime": value}), url=URL).rows
    assert row.ctime is None


def test_missing_columns_are_missing_values() -> None:
    (row,) = read_rows(answer({"url": "https://finance.sina.com.cn/zl/2019-03-04/zl-abc.shtml"}), url=URL).rows
    assert row == Row(url="https://finance.sina.com.cn/zl/2019-03-04/zl-abc.shtml")


def test_a_row_that_cannot_be_read_is_named_and_the_others_arrive() -> None:
    nameless = {"title": "没有地址的一行"}
    page = read_rows(answer("text", nameless, ITEM | {"url": "https://example.org/a.html"}, ITEM), url=URL)
    assert len(page.rows) == 1
    assert [refused.slug for refused in page.refused] == ["row_bad_shape", "row_without_url", "offsite_url"]
    assert "row 2 ('没有地址的一行')" in page.refused[1].detail


def test_an_address_without_docid_leaves_it_to_the_column() -> None:
    (row,) = read_rows(answer(ITEM | {"url": "https://finance.sina.com.cn/zl/abc.html"}), url=URL).rows
    assert (row.docid, row.key) == ("ktzscyx1234567", "ktzscyx1234567")


def test_a_refused_row_has_one_key_wherever_it_stands() -> None:
    offsite = ITEM | {"url": "https://example.org/a.html"}
    keys = [refused.key for refused in read_rows(answer(offsite, "x", offsite, "y", "x"), url=URL).refused]
    assert keys[0] == keys[2] != keys[1] == keys[4] != keys[3]


def test_a_list_that_php_wrote_as_an_object_is_a_list_in_the_order_of_its_numbers() -> None:
    items = {str(place): ITEM | {"url": f"https://finance.sina.com.cn/a/{place}.shtml"} for place in (10, 2)}
    body = json.dumps({"result": {"status": {"code": 0}, "data": items}}).encode()
    assert [row.url.rsplit("/", 1)[1] for row in read_rows(body, url=URL).rows] == ["2.shtml", "10.shtml"]
    nothing = json.dumps({"result": {"status": {"code": 0}, "data": None}}).encode()
    with pytest.raises(Rejected, match="list_empty"):
        read_rows(nothing, url=URL).expect_rows(URL)


def test_each_bad_answer_has_its_own_name() -> None:
    whole = answer(ITEM, ITEM)
    assert slug_of(b"") == slug_of(b" \n") == "list_empty_body"
    assert slug_of("<!DOCTYPE html><html><title>新浪网</title></html>".encode()) == "list_not_json"
    assert slug_of(b"Service Unavailable") == "list_not_json"
    assert slug_of(answer(code=11)) == slug_of(answer(code="11")) == "list_not_registered"
    assert slug_of(answer(code=1)) == "list_error"
    assert slug_of(b"{}") == slug_of(b'{"result": []}') == "list_bad_shape"
    assert slug_of(json.dumps({"result": {"status": {"code": 0}, "data": {"a": 1}}}).encode()) == "list_bad_shape"
    assert {slug_of(whole[:cut]) for cut in range(1, len(whole))} == {"list_truncated"}
    assert {slug_of((b"try{cb(" + whole)[:cut]) for cut in range(8, len(whole))} == {"list_truncated"}


def test_a_first_page_without_rows_is_named_but_one_with_unreadable_rows_is_not_empty() -> None:
    with pytest.raises(Rejected) as caught:
        read_rows(answer(total=0), url=URL).expect_rows(URL)
    assert caught.value.slug == "list_empty"
    read_rows(answer("text"), url=URL).expect_rows(URL)


def _article(**fields: Any) -> Article:
    now = datetime(2021, 11, 25, 11, 11, 45, tzinfo=UTC)
    page = {"title": "题", "published_at": now, "published_raw": "2021年11月25日 19:11", "published_from": "text:.date"}
    return Article(**page, body_html="<p>文</p>", layout="finance_2018_artibody", origin="x", **fields)


def test_a_row_completes_what_the_page_lacks_and_says_so() -> None:
    (row,) = read_rows(answer(ITEM), url=URL).rows
    article = complete(_article(), row, find("1689"))
    assert (article.section, article.article_id, article.source) == ("部委动态", "sina:ktzscyx1234567", "新华社")
    assert article.keywords == ["财政部", "社保", "支出"]
    assert article.provenance == {
        "section": "list:lid",
        "categories": "list:pageid",
        "article_id": "list:docid",
        "source": "list:media_name",
        "keywords": "list:keywords",
    }


def test_a_row_changes_nothing_that_the_page_says() -> None:
    (row,) = read_rows(answer(ITEM), url=URL).rows
    article = complete(_article(article_id="sina:other12345", source="新京报", keywords=["医保"]), row, find("1689"))
    assert (article.article_id, article.source, article.keywords) == ("sina:other12345", "新京报", ["医保"])
    assert article.provenance == {"section": "list:lid", "categories": "list:pageid"}


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("https://finance.sina.com.cn/a"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*ITEM, "x"]), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150)
@given(st.lists(_values, max_size=5))
def test_whatever_the_items_are_each_becomes_a_row_or_a_named_rejection(items: list[Any]) -> None:
    page = read_rows(answer(*items), url=URL)
    assert len(page.rows) + len(page.refused) == len(items)
    assert all(row.url.startswith("https://") for row in page.rows)


@settings(max_examples=100)
@given(st.binary(max_size=60) | _values.map(lambda value: json.dumps(value).encode()))
def test_whatever_the_answer_is_it_is_read_or_named(body: bytes) -> None:
    try:
        read_rows(body, url=URL)
    except Rejected as rejected:
        slug = rejected.slug
    else:
        slug = "list_read"
    assert slug.startswith("list_")
