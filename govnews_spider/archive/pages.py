"""The pages of Sina in an archive, whoever made it; all else in it is passed by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from govnews_spider.archive.exchange import RecordLocation, header, media_type
from govnews_spider.archive.lookup import Capture
from govnews_spider.archive.reader import NOT_INTACT, Damage, HttpResponse, Record, http_response, records
from govnews_spider.article import Article, Rejected
from govnews_spider.core.extract.multipage import ArticleReader, PageSource
from govnews_spider.sina.urls import is_sina

HOST: Final = b"sina.c"
"""What the headers of a record of a page of Sina hold: a record without it need not be parsed."""
HTML: Final = frozenset({"text/html", "application/xhtml+xml", ""})


class ArchivedPage(NamedTuple):
    """A page, its body unpacked, and where it stands."""

    place: RecordLocation
    response: HttpResponse
    content_type: str | None


def pages(path: Path) -> Iterator[ArchivedPage | Damage]:
    """Every page of HTML that one of Sina's hosts answered with success, and every place of the archive that cannot be read.

    Raises OSError and BadZipFile for a file that is not given, or is no archive of its kind.
    """
    for record in records(path):
        if isinstance(record, Damage):
            yield record
        elif HOST in record.content[: record.head].lower() and (page := _page(record)) is not None:
            yield page


def _page(record: Record) -> ArchivedPage | Damage | None:
    parsed = record.parsed()
    if parsed.headers.get("WARC-Type") != "response" or not is_sina(
        (parsed.headers.get("WARC-Target-URI") or "").strip("<>")
    ):
        return None
    if not record.is_intact(parsed):
        return Damage(record.place, NOT_INTACT)
    try:
        response = http_response(parsed, unpacked=True)
    except Rejected as rejected:
        return Damage(record.place, str(rejected))
    return page_of(Capture(record.place, response)) if response is not None else None


def page_of(capture: Capture | None) -> ArchivedPage | None:
    """The page that an answer is; None where it is none."""
    if capture is None or not 200 <= capture.response.status < 300:  # as a crawl takes it
        return None
    if media_type(capture.response.headers) not in HTML:
        return None
    return ArchivedPage(capture.place, capture.response, header(capture.response.headers, "content-type"))


def read_article(
    page: ArchivedPage,
    find: Callable[[str], ArchivedPage | None],
    *,
    listed_at: datetime | None = None,
    is_whole: bool = False,
) -> Article:
    """The article that begins on a page, with the further pages that ``find`` has, none of the stages applied.

    ``listed_at`` is the time that a list gives for it. ``is_whole``: it is refused (``not_archived``) where a further page is missing, else
    what is there is read. Raises :class:`Rejected`.
    """
    reader = ArticleReader(origin=str(page.place), listed_at=listed_at)
    current: ArchivedPage | None = page
    while current is not None:
        response = current.response
        following = reader.read(PageSource(response.body, response.url, current.content_type))
        current = find(following) if following is not None else None
        if is_whole and current is None and following is not None:
            raise Rejected("not_archived", f"{page.place}: its next page, {following}, is not in the archives")
    article = reader.article()
    article.fetched_at = page.response.at
    return article
