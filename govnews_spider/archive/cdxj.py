"""CDXJ index of an archive: a line an answer, sorted by address and time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from posixpath import normpath
from typing import Final, NamedTuple
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlsplit

REVISIT: Final = "warc/revisit"
"""In place of the media type of an answer that an earlier one was as well."""
_WWW: Final = re.compile(r"^www\d*\.")
_USUAL: Final = {"http": 80, "https": 443}
_PLAIN: Final = "!\"$&'()*+,-./:;<=>?@[\\]^_`{|}~"
"""Signs that stand in a key as they are, beside letters and digits."""


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
        return f"{surt(self.url)} {self.at} {json.dumps(told)}\n"


class CdxEntry(NamedTuple):
    """Entry of an index, as far as it is read again."""

    url: str
    at: str
    status: int
    digest: str
    is_revisit: bool
    name: str
    offset: int
    mime: str
    """"" where it is not told: that of an answer which an earlier one was as well."""


def stamp(moment: datetime) -> str:
    """A time as an index has it: in UTC, fourteen digits, to the second."""
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def surt(url: str) -> str:
    """The address in the form by which indexes are sorted and asked: the host from its end, without scheme and ``www``, in small letters.

    One key for all spellings of an address, as other readers of archives make it: they ask an index for theirs, and find nothing
    under any other. Only session ids, which they take out, stay: Sina's addresses have none.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return _spelled(url)
    host = ",".join(reversed(_WWW.sub("", _spelled(host)).strip(".").split(".")))
    if port not in (None, _USUAL.get(parts.scheme)):
        host += f":{port}"
    path = normpath("/" + _spelled(parts.path).lstrip("/"))
    query = "&".join(sorted(_spelled(parts.query).split("&"), key=lambda pair: pair.partition("=")))
    return f"{host}){path}" + (f"?{query}" if query else "")


def _spelled(part: str) -> str:
    """A part of an address in small letters of ASCII, each escaped sign that need not be so as itself."""
    plain = part.encode("utf-8", "surrogatepass")
    while (found := unquote_to_bytes(plain)) != plain:
        plain = found
    return quote_from_bytes(plain, safe=_PLAIN).lower()


def cdxj(entries: Iterable[Entry]) -> bytes:
    """A whole index."""
    lines = sorted(entries, key=lambda entry: (surt(entry.url), entry.at, entry.offset))
    return "".join(entry.line() for entry in lines).encode("ascii")


def read_index(path: Path) -> list[CdxEntry]:
    """Entries of the index beside the archive at ``path``; none where it cannot be read, or is older than the archive."""
    index = path.with_name(path.name.removesuffix(".gz").removesuffix(".warc") + ".cdxj")
    try:
        if index.stat().st_mtime_ns < path.stat().st_mtime_ns:
            return []
        return [_listed(line) for line in index.read_text("utf-8").splitlines()]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return []  # there is none, or one in another form: the archive itself is read


def _listed(line: str) -> CdxEntry:
    _, at, told = line.split(" ", 2)
    entry = json.loads(told)
    is_revisit = entry["mime"] == REVISIT
    entry["url"].encode()  # a sign that cannot be written down is one more reason to read the archive itself
    place = (entry["filename"], int(entry["offset"]))
    mime = "" if is_revisit else entry["mime"]
    return CdxEntry(entry["url"], at, int(entry["status"]), entry["digest"], is_revisit, *place, mime)
