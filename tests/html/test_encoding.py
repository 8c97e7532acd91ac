"""The bytes decide the encoding; header and meta are claims."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govnews_spider.html.encoding import decode

TEXT = "朱镕基曾说：财政部、国家税务总局就个人所得税汇算清缴发布公告，各地办税服务厅延长办理时间。"


def page(encoding: str, meta: str) -> bytes:
    return f'<html><head><meta charset="{meta}"><title>{TEXT}</title></head><body>{TEXT}</body></html>'.encode(encoding)


@pytest.mark.parametrize(
    "header",
    [None, "text/html", "text/html; charset=utf-8", "text/html; charset=gb2312", "text/html; charset=nonsense"],
)
@pytest.mark.parametrize("meta", ["utf-8", "gb2312", "gbk", "iso-8859-1", "nonsense"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_no_claim_of_header_or_meta_beats_the_bytes(encoding: str, meta: str, header: str | None) -> None:
    decoded = decode(page(encoding, meta), header)
    assert TEXT in decoded.text
    assert decoded.encoding == encoding


def test_the_sign_that_gb2312_lacks_is_read() -> None:
    assert "镕" in decode(page("gbk", "gb2312"), "text/html; charset=gb2312").text


def test_a_utf8_page_cut_inside_a_character_stays_utf8() -> None:
    whole = page("utf-8", "gb2312")
    decoded = decode(whole[: whole.rindex("间".encode()) + 1])
    assert decoded.encoding == "utf-8"
    assert TEXT[:-3] in decoded.text


def test_a_wrong_claim_is_told_in_the_reason() -> None:
    assert decode(page("gb18030", "gb2312"), "text/html; charset=utf-8").reason == "bytes; header says utf-8"
    assert decode(page("utf-8", "utf-8")).reason == "bytes"


@pytest.mark.parametrize(
    ("bom", "encoding"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")],
)
def test_a_byte_order_mark_decides(bom: bytes, encoding: str) -> None:
    assert decode(bom + TEXT.encode(encoding)).text == TEXT


def test_nul_is_gone() -> None:
    assert decode("财\x00政部。\n".encode()).text == "财政部。\n"
    assert decode(codecs.BOM_UTF16_LE + "财\x00政部".encode("utf-16-le")).text == "财政部"


@pytest.mark.parametrize(
    "claim", ["idna", "punycode", "undefined", "rot13", "hex", "windows-1251", "koi8-r", "cp437", "utf-7"]
)
def test_a_codec_that_is_none_or_cannot_read_chinese_is_not_believed(claim: str) -> None:
    assert TEXT in decode(page("gb18030", claim), f"text/html; charset={claim}").text


@given(st.binary(max_size=300), st.none() | st.text(max_size=40))
def test_anything_is_decoded(data: bytes, content_type: str | None) -> None:
    assert "\x00" not in decode(data, content_type).text
