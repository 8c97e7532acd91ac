"""Content codings that no library writes."""

from __future__ import annotations

import zlib


def bare_deflate(body: bytes) -> bytes:
    compressor = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(body) + compressor.flush()
