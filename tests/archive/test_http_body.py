"""Content codings: undone in one way for the crawl and for archives."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from contextlib import suppress

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govnews_spider.archive.http_body import decode_body
from govnews_spider.article import Rejected
from tests.support.codings import bare_deflate

PAGE = ("<html><body>" + "国务院常务会议部署跨省通办。" * 300 + "</body></html>").encode()
URL = "https://finance.sina.com.cn/a.shtml"


def by_arrow(codec: str) -> Callable[[bytes], bytes]:
    def compress(body: bytes) -> bytes:
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, codec) as stream:
            stream.write(body)
        return sink.getvalue().to_pybytes()

    return compress


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip, in capitals": ("X-GZip", gzip.compress),
    "gzip twice": ("gzip, gzip", lambda body: gzip.compress(gzip.compress(body))),
    "several gzip members": ("gzip", lambda body: gzip.compress(body[:99]) + gzip.compress(body[99:])),
    "gzip with padding": ("gzip", lambda body: gzip.compress(body) + b"\0" * 512),
    "zlib": ("deflate", zlib.compress),
    "bare deflate": ("deflate", bare_deflate),
    "deflate, then gzip": ("deflate, gzip", lambda body: gzip.compress(zlib.compress(body))),
    "brotli": ("br", by_arrow("brotli")),
    "zstd": ("zstd", by_arrow("zstd")),
}
each_coding = pytest.mark.parametrize("name", CODINGS)


@each_coding
def test_a_body_comes_back_whole(name: str) -> None:
    coding, encode = CODINGS[name]
    assert decode_body(encode(PAGE), coding, URL, max_size=10**6) == PAGE


@each_coding
@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_a_stream_that_breaks_off_is_named(name: str, kept: float) -> None:
    coding, encode = CODINGS[name]
    packed = encode(PAGE)[: -512 if name == "gzip with padding" else None]
    with pytest.raises(Rejected) as caught:
        decode_body(packed[: int(len(packed) * kept)], coding, URL, max_size=10**6)
    assert caught.value.slug == "truncated_body"
    assert URL in caught.value.detail


@each_coding
def test_a_body_that_grows_beyond_the_limit_is_named(name: str) -> None:
    coding, encode = CODINGS[name]
    with pytest.raises(Rejected) as caught:
        decode_body(encode(PAGE), coding, URL, max_size=len(PAGE) - 1)
    assert caught.value.slug == "body_too_large"
    assert decode_body(encode(PAGE), coding, URL, max_size=len(PAGE)) == PAGE


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, gzip"])
def test_text_that_only_claims_to_be_packed_stays_as_it_is(coding: str) -> None:
    assert decode_body(PAGE, coding, URL, max_size=10**6) == PAGE


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_bytes_that_are_neither_text_nor_of_that_coding_are_damage(coding: str) -> None:
    with pytest.raises(Rejected) as caught:
        decode_body(b"\x07\x00\x01garbage" * 50, coding, URL, max_size=10**6)
    assert caught.value.slug in ("damaged_body", "truncated_body")


@pytest.mark.parametrize("coding", [None, "", "identity", "compress", "utf-8"])
def test_a_coding_that_is_not_known_leaves_the_body(coding: str | None) -> None:
    assert decode_body(PAGE, coding, URL, max_size=10**6) == PAGE


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br"]))
def test_whatever_the_bytes_are_they_are_decoded_or_rejected_by_name(body: bytes, coding: str) -> None:
    with suppress(Rejected):
        assert len(decode_body(body, coding, URL, max_size=1000)) <= 1000
