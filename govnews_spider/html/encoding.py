"""Bytes of a page -> its text: header, meta and the bytes themselves weighed against each other.

What a server or a page says of its encoding is a claim; the bytes are the evidence. Sina has served gb2312 pages under
``charset=utf-8`` headers and UTF-8 pages under ``charset=gb2312`` metas, so a claim only decides where the bytes leave a choice.
"""

from __future__ import annotations

import codecs
import re
import struct
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

HEAD_BYTES: Final = 4096
"""How far a ``<meta charset>`` is looked for, in bytes."""

_CHARSET: Final = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]+)""", re.IGNORECASE)
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# The gb family is one: every gb2312 and gbk text is a gb18030 text, and only gb18030 has every sign (镕) that the pages hold.
_ASCII: Final = bytes(range(0x80))
_MULTI_BYTE: Final = frozenset(
    {"utf-8", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "big5hkscs", "shift_jis", "euc_jp", "euc_kr"}
)
"""The codecs that can read Chinese, Japanese or Korean; a page that claims any other one is not believed."""
_FAMILY: Final = {"gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "hz": "gb18030", "big5": "big5hkscs"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A page's text, the Python codec that gave it, and why that codec was chosen."""

    content: str | bytes
    """The text, or its valid UTF-8 where that is what came in: what parses bytes needs no text."""
    encoding: str
    reason: str

    @property
    def text(self) -> str:
        """The text."""
        return self.content if isinstance(self.content, str) else self.content.decode()


def declared(data: bytes, content_type: str | None) -> tuple[str | None, str | None]:
    """The codecs named by the ``Content-Type`` header and by the page's meta; None where none, or an unknown one, is named."""
    header = _CHARSET.search((content_type or "").encode("ascii", "replace"))
    meta = _CHARSET.search(data, 0, HEAD_BYTES)
    return _codec(header), _codec(meta)


def decode(data: bytes, content_type: str | None = None) -> Decoded:
    """The text of a page, without NUL. Never fails: what cannot be read is U+FFFD, as in browsers."""
    for bom, name in _BOMS:
        if data.startswith(bom):
            text = data[len(bom) :].decode(name, "replace")
            return Decoded(text.replace("\0", ""), name, "byte order mark")
    data = data.replace(b"\0", b"")
    header, meta = declared(data, content_type)
    if _is_utf8(data):
        return Decoded(data, "utf-8", _agreement("utf-8", header, meta))
    name, text = _best(data, header, meta)
    return Decoded(text, name, _agreement(name, header, meta))


def _is_utf8(data: bytes) -> bool:
    """Whether ``data`` is UTF-8: Arrow looks without building the text of the whole page, which nobody needs."""
    ends = pa.py_buffer(struct.pack("<2q", 0, len(data)))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, ends, pa.py_buffer(data)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _best(data: bytes, header: str | None, meta: str | None) -> tuple[str, str]:
    """The codec that reads the most of the page, and what it reads; a claim wins a draw, meta before header.

    Single-byte codecs read anything, and Chinese never right: they are not asked.
    """
    claims = [name for name in (meta, header) if name]
    best = ("utf-8", "", 2.0)
    for name in dict.fromkeys([*claims, "gb18030", "utf-8"]):
        text = data.decode(name, "replace")
        unread = text.count("\ufffd")
        share = round(unread / (len(data.translate(None, _ASCII)) or 1), 3) if unread else 0.0
        best = min(best, (name, text, share), key=lambda candidate: candidate[2])
        if not share:
            break
    return best[:2]


def _agreement(name: str, header: str | None, meta: str | None) -> str:
    claims = [f"{who} says {claim}" for who, claim in (("header", header), ("meta", meta)) if claim and claim != name]
    return f"bytes; {' and '.join(claims)}" if claims else "bytes"


def _codec(match: re.Match[bytes] | None) -> str | None:
    if match is None:
        return None
    try:
        name = codecs.lookup(match[1].decode("ascii")).name
    except LookupError:
        return None
    name = _FAMILY.get(name, name)
    return name if name in _MULTI_BYTE else None
