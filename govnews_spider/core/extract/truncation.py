"""Answers that are broken although their status is 200; asked for again, they may well be whole."""

from __future__ import annotations

from typing import Final

from govnews_spider.article import Rejected

RETRYABLE_SLUGS: Final = frozenset(
    {"list_empty_body", "list_not_json", "list_truncated", "list_short", "day_empty", "empty_answer", "truncated_body"}
)
"""The slugs of such answers, of lists and of articles."""

_TAIL: Final = 4096
"""Bytes from the end in which a whole page closes; some templates of Sina's go on with scripts after that."""


def check_complete(body: bytes, url: str) -> None:
    """Raises :class:`Rejected`: ``empty_answer``, or ``truncated_body`` for a page of HTML that breaks off."""
    if not body.strip():
        raise Rejected("empty_answer", f"{url}: the answer has no content; the next run asks again")
    tail = body[-_TAIL:].lower()
    if b"<" in body[:_TAIL] and b"</html" not in tail and b"</body" not in tail:
        raise Rejected("truncated_body", f"{url}: the page breaks off before its </body>; the next run asks again")
