"""HTTP exchange: a request and its answer, as they went over the wire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http.client import responses
from typing import Final, NamedTuple, Self
from urllib.parse import urlsplit

Headers = Sequence[tuple[str, str]]

_HOP: Final = frozenset({"transfer-encoding", "connection", "keep-alive"})
"""Headers of the connection, which no longer hold of what is kept: a chunked body was joined."""


def header(headers: Headers, name: str) -> str | None:
    """The first value of that header; ``name`` in small letters."""
    return next((value for said, value in headers if said.lower() == name), None)


def media_type(headers: Headers) -> str:
    """Media type that the headers give, in small letters; "" where they give none."""
    return (header(headers, "content-type") or "").partition(";")[0].strip().lower()


class RecordLocation(NamedTuple):
    """Location of a record: the archive's name, and the offset of the record in it, in bytes."""

    name: str
    offset: int

    def __str__(self) -> str:
        return f"warc:{self.name}#{self.offset}"

    @classmethod
    def of(cls, origin: str) -> Self | None:
        """The place that a row's ``origin`` names; None where it names another kind of place."""
        kind, _, rest = origin.partition(":")
        name, _, offset = rest.rpartition("#")
        return cls(name, int(offset)) if kind == "warc" and name and offset.isdecimal() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request to ``url`` and the answer to it. Header values are read as Latin-1, so that each byte of them is kept."""

    url: str
    at: datetime
    """When the answer was there, aware."""
    status: int
    headers: Headers
    """Those of the answer."""
    body: bytes
    """As it was sent: packed, where it was."""
    method: str = "GET"
    asked: Headers = ()
    """The headers of the request."""
    protocol: str = "HTTP/1.1"
    address: str | None = None
    """The IP address that answered."""

    def request_block(self) -> bytes:
        """The request as HTTP wrote it."""
        parts = urlsplit(self.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        named = [] if any(name.lower() == "host" for name, _ in self.asked) else [("Host", parts.netloc)]
        return _block(f"{self.method} {target} HTTP/1.1", (*named, *self.asked), b"")

    def response_block(self, body: bytes | None = None) -> bytes:
        """The answer as HTTP wrote it, with another body where one is given; chunks are joined, and the length is that of the body."""
        kept = [(name, value) for name, value in self.headers if name.lower() not in _HOP]
        if len(kept) < len(self.headers):
            kept = [(name, value) for name, value in kept if name.lower() != "content-length"]
            kept.append(("Content-Length", str(len(self.body))))
        first = f"{self.protocol} {self.status} {responses.get(self.status, '')}".rstrip()
        return _block(first, kept, self.body if body is None else body)


def _block(first: str, headers: Headers, body: bytes) -> bytes:
    lines = (first, *(f"{name}: {value}" for name, value in headers))
    head = "".join(f"{' '.join(line.splitlines())}\r\n" for line in lines)
    return head.encode("latin-1", "replace") + b"\r\n" + body
