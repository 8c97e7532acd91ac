"""The pages of Sina in an archive, whoever made it; all else in it is passed by."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from govnews_spider.archive.answers import Found
from govnews_spider.archive.exchanges import Place, header
from govnews_spider.archive.reading import Answer, Damage, Record, answer, records
from govnews_spider.sina.urls import is_sina

_HOST: Final = b"sina.c"
"""What the headers of a record of a page of Sina hold: a record without it need not be parsed."""
_HTML: Final = frozenset({"text/html", "application/xhtml+xml", ""})


class ArchivedPage(NamedTuple):
    """A page, its body unpacked, and where it stands."""

    place: Place
    answer: Answer
    content_type: str | None


def pages(path: Path) -> Iterator[ArchivedPage | Damage]:
    """Every page of HTML that one of Sina's hosts answered with 200, and every place of the archive that cannot be read.

    Raises OSError and BadZipFile for a file that is not given, or is no archive of its kind.
    """
    for one in records(path):
        if isinstance(one, Damage):
            yield one
        elif _HOST in one.content[: one.head].lower() and (found := _page(one)) is not None:
            yield found


def _page(one: Record) -> ArchivedPage | Damage | None:
    record = one.parsed()
    if record.headers.get("WARC-Type") != "response" or not is_sina(
        (record.headers.get("WARC-Target-URI") or "").strip("<>")
    ):
        return None
    if not one.is_intact(record):
        return Damage(one.place, "its block is not what its digest says")
    told = answer(record, unpacked=True)
    return page_of(Found(one.place, told)) if told is not None else None


def page_of(found: Found | None) -> ArchivedPage | None:
    """The page that an answer is; None where it is none."""
    if found is None or found.answer.status != 200:
        return None
    kind = header(found.answer.headers, "content-type")
    if (kind or "").partition(";")[0].strip().lower() not in _HTML:
        return None
    return ArchivedPage(found.place, found.answer, kind)
