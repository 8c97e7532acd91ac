"""Bytes of a page -> its text: header, meta and the bytes themselves weighed against each other.

What a server or a page says of its encoding is a claim; the bytes are the evidence. Sina has served gb2312 pages under
``charset=utf-8`` headers and UTF-8 pages under ``charset=gb2312`` metas, so a claim only decides where the bytes leave a choice.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final

HEAD_BYTES: Final = 4096
"""How far a ``<meta charset>`` is looked for, in bytes."""

_CHARSET: Final = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]+)""", re.IGNORECASE)
_CONTROLS: Final = bytes(set(range(0x20)) - set(b"\t\n\r")) + b"\x7f"
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# The gb family is one: every gb2312 and gbk text is a gb18030 text, and only gb18030 has every sign (镕) that the pages hold.
_FAMILY: Final = {"gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "hz": "gb18030", "big5": "big5hkscs"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A page's text, the Python codec that gave it, and why that codec was chosen."""

    text: str
    encoding: str
    reason: str


def declared(data: bytes, content_type: str | None) -> tuple[str | None, str | None]:
    """The codecs named by the ``Content-Type`` header and by the page's meta; None where none, or an unknown one, is named."""
    header = _CHARSET.search((content_type or "").encode("ascii", "replace"))
    meta = _CHARSET.search(data, 0, HEAD_BYTES)
    return _codec(header), _codec(meta)


def decode(data: bytes, content_type: str | None = None) -> Decoded:
    """The text of a page without NUL and control characters. Never fails: what cannot be read is U+FFFD, as browsers do it."""
    for bom, name in _BOMS:
        if data.startswith(bom):
            return Decoded(_read(data[len(bom) :], name), name, "byte order mark")
    data = data.translate(None, _CONTROLS)
    header, meta = declared(data, content_type)
    try:
        return Decoded(data.decode("utf-8"), "utf-8", _agreement("utf-8", header, meta))
    except UnicodeDecodeError:
        name = _best(data, header, meta)
        return Decoded(_read(data, name), name, _agreement(name, header, meta))


def _best(data: bytes, header: str | None, meta: str | None) -> str:
    """The codec that leaves the smallest share of the non-ASCII text unread; a claim wins a draw, meta before header."""
    claims = [name for name in (meta, header) if name]
    candidates = dict.fromkeys([*claims, "gb18030", "utf-8"])
    return min(candidates, key=lambda name: (round(_unread(data, name), 3), name not in claims))


def _unread(data: bytes, name: str) -> float:
    """Share of the non-ASCII characters that ``name`` cannot read: U+FFFD, private use, and the C1 controls of a single-byte codec."""
    wide = [c for c in data.decode(name, "replace") if c > "\x7f"]
    bad = sum(c == "\ufffd" or "\x80" <= c <= "\x9f" or "\ue000" <= c <= "\uf8ff" for c in wide)
    latin = sum("\xa0" <= c <= "\u024f" for c in wide)  # Chinese read by a Western codec
    return (bad + latin) / (len(wide) or 1)


def _agreement(name: str, header: str | None, meta: str | None) -> str:
    claims = [f"{who} says {claim}" for who, claim in (("header", header), ("meta", meta)) if claim and claim != name]
    return f"bytes; {' and '.join(claims)}" if claims else "bytes"


def _codec(match: re.Match[bytes] | None) -> str | None:
    if match is None:
        return None
    try:
        name = codecs.lookup(match[1].decode("ascii")).name
    except (LookupError, UnicodeDecodeError):
        return None
    return _FAMILY.get(name, name)


def _read(data: bytes, name: str) -> str:
    return data.decode(name, "replace").translate(dict.fromkeys(_CONTROLS))
