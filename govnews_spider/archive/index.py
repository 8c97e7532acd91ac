"""What lies where in an archive, as CDXJ: a line an answer, sorted by address and time."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, NamedTuple
from urllib.parse import urlsplit

REVISIT: Final = "warc/revisit"
"""In place of the media type of an answer that an earlier one was as well."""


class Entry(NamedTuple):
    """An answer in an archive."""

    url: str
    at: str
    """When, as :func:`stamp` writes it."""
    mime: str
    status: int
    digest: str
    offset: int
    length: int
    """Bytes of the file."""
    name: str
    """Of the archive."""

    def line(self) -> str:
        """The entry as a line of an index."""
        told = {
            "url": self.url,
            "mime": self.mime,
            "status": str(self.status),
            "digest": self.digest.removeprefix("sha1:"),
            "length": str(self.length),
            "offset": str(self.offset),
            "filename": self.name,
        }
        return f"{surt(self.url)} {self.at} {json.dumps(told, ensure_ascii=False)}\n"


def stamp(moment: datetime) -> str:
    """A time as an index has it: in UTC, fourteen digits, to the second."""
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def surt(url: str) -> str:
    """The address in the form by which indexes are sorted: the host from its end, without scheme and ``www``, in small letters."""
    try:
        parts = urlsplit(url.lower())
        host = ",".join(reversed((parts.hostname or "").removeprefix("www.").split(".")))
        port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    except ValueError:
        return url
    query = "&".join(sorted(parts.query.split("&")))
    return f"{host}{port}){parts.path or '/'}" + (f"?{query}" if query else "")


def cdxj(entries: Iterable[Entry]) -> bytes:
    """A whole index."""
    lines = sorted(entries, key=lambda entry: (surt(entry.url), entry.at, entry.offset))
    return "".join(entry.line() for entry in lines).encode("utf-8", "surrogateescape")
