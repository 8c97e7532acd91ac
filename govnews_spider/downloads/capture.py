"""Capture of answers for the archive, below every middleware: as they came, before anything is unpacked or followed."""

from __future__ import annotations

from datetime import UTC, datetime

from scrapy import Request
from scrapy.http import Headers, Response

from govnews_spider.archive.exchange import Exchange
from govnews_spider.extensions.run_report import RunReport

ARCHIVED = "archived"
"""Key of a request's meta: the :class:`govnews_spider.archive.exchange.RecordLocation` of the answer."""


def keep(report: RunReport | None, request: Request, response: Response) -> None:
    """Archives the answer to a request, where the run keeps an archive, and notes its place in the request's meta."""
    request.meta.pop(ARCHIVED, None)  # of the hop before
    if report is None:
        return
    place = report.archive(
        Exchange(
            url=request.url,
            at=datetime.now(UTC),
            status=response.status,
            headers=_pairs(response.headers),
            body=response.body,
            method=request.method,
            asked=_pairs(request.headers),
            protocol=response.protocol or "HTTP/1.1",
            address=str(response.ip_address) if response.ip_address else None,
        )
    )
    if place is not None:
        request.meta[ARCHIVED] = place


def _pairs(headers: Headers) -> list[tuple[str, str]]:
    named = ((name.decode("latin-1"), values) for name, values in headers.items())
    return [(name, value.decode("latin-1")) for name, values in named for value in values]
