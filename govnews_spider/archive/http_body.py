"""Bodies of HTTP answers: their content coding undone, for the crawl and for archives alike."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Final

import pyarrow as pa

from govnews_spider.article import Rejected

_GZIP: Final = b"\x1f\x8b"
_CHUNK: Final = 64 * 1024
_LOOKED_AT: Final = 1024
_BINARY: Final = frozenset(range(32)) - frozenset(b"\t\n\f\r")
_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
"""How UTF-16 begins, the one kind of text that holds control bytes."""


def decode_body(body: bytes, coding: str | None, url: str, *, max_size: int) -> bytes:
    """``body`` without its content coding, which is the value of ``Content-Encoding``: several are undone from the last to the first.

    Raises :class:`Rejected`: ``truncated_body`` where the stream breaks off, ``damaged_body`` where it is none of that coding,
    ``body_too_large`` above ``max_size`` bytes. Text that only claims to be packed stays as it is: archives store bodies unpacked under
    the headers of the packed ones, and servers do so as well. So does a body whose coding is not known. Source: RFC 9110, 8.4.
    """
    for name in reversed([part.strip().lower() for part in (coding or "").split(",")]):
        decode = _CODINGS.get(name)
        if decode is None or not body:
            return body
        try:
            body = decode(body, max_size)
        except EOFError as error:
            raise Rejected("truncated_body", f"{url}: its {name} stream breaks off; ask for it again") from error
        except OverflowError as error:
            raise Rejected("body_too_large", f"{url}: it has more than {max_size} bytes when it is unpacked") from error
        except (zlib.error, OSError) as error:
            if not _is_text(body):
                reason = f"{url}: the body is no {name} stream ({error}); ask for it again"
                raise Rejected("damaged_body", reason) from error
            return body
    return body


def _gunzip(body: bytes, max_size: int) -> bytes:
    """All members of a gzip file; what stands behind the last one is padding."""
    parts: list[bytes] = []
    while body.startswith(_GZIP) or not parts:
        part, body = _inflate(body, zlib.MAX_WBITS | 16, max_size - sum(map(len, parts)))
        parts.append(part)
    return b"".join(parts)


def _deflate(body: bytes, max_size: int) -> bytes:
    """A zlib stream, as the standard has it, or a bare deflate stream, as some servers send it."""
    try:
        return _inflate(body, zlib.MAX_WBITS, max_size)[0]
    except zlib.error:
        return _inflate(body, -zlib.MAX_WBITS, max_size)[0]


def _inflate(body: bytes, wbits: int, max_size: int) -> tuple[bytes, bytes]:
    """One stream, and what stands behind it."""
    decompressor = zlib.decompressobj(wbits)
    content = decompressor.decompress(body, max_size + 1)
    if len(content) > max_size:
        raise OverflowError
    if not decompressor.eof:
        raise EOFError
    return content, decompressor.unused_data


def _by_arrow(codec: str) -> Callable[[bytes, int], bytes]:
    """Brotli and Zstandard, whose streams Arrow reads."""

    def decode(body: bytes, max_size: int) -> bytes:
        parts: list[bytes] = []
        size = 0
        with pa.CompressedInputStream(BytesIO(body), codec) as stream:
            try:
                while part := stream.read(_CHUNK):
                    parts.append(part)
                    size += len(part)
                    if size > max_size:
                        raise OverflowError
            except OSError as error:
                raise (EOFError(str(error)) if "runcated" in str(error) else error) from error
        return b"".join(parts)

    return decode


_CODINGS: Final[dict[str, Callable[[bytes, int], bytes]]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _deflate,
    "br": _by_arrow("brotli"),
    "zstd": _by_arrow("zstd"),
}


def _is_text(body: bytes) -> bool:
    return body.startswith(_MARKS) or _BINARY.isdisjoint(body[:_LOOKED_AT])
