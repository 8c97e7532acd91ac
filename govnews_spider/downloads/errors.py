"""Download errors: one slug for each way in which a request fails."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.spidermiddlewares.httperror import HttpError

INTERRUPTED: Final = "interrupted"
"""The slug of a request that still waited when the crawl was stopped; like what was queued, it is left for the next run."""


NOT_ARCHIVED: Final = "not_archived"
"""The slug of a request that the archives of a replay have no answer to."""


class RequestBlocked(IgnoreRequest):
    """We do not send this request, or do not follow this answer; ``slug`` is the countable reason."""

    def __init__(self, slug: str, detail: str) -> None:
        super().__init__(f"{slug}: {detail}")
        self.slug = slug
        self.detail = detail


class DownloadFailure(NamedTuple):
    """``outcome`` is ``rejected`` where asking again would change nothing, ``failed`` where it may."""

    slug: str
    detail: str
    outcome: Literal["rejected", "failed"]


_SLUGS: Final[dict[type[BaseException], str]] = {
    CannotResolveHostError: "unknown_host",
    DownloadConnectionRefusedError: "connection_refused",
    DownloadTimeoutError: "timeout",
    ResponseDataLossError: "truncated_body",
    DownloadCancelledError: "body_too_large",
    DownloadFailedError: "connection_lost",
    OSError: "connection_lost",
}
_FINAL: Final = frozenset(
    {
        "http_404",
        "http_410",
        "body_too_large",
        "offsite_url",
        "offsite_redirect",
        "bad_scheme",
        "robots_forbidden",
        NOT_ARCHIVED,
    }
)


def download_failure(error: BaseException, url: str) -> DownloadFailure:
    """The reason for which ``url`` was not read; an error of no known kind is ``download_error``."""
    if isinstance(error, RequestBlocked):
        slug, detail = error.slug, error.detail
    elif isinstance(error, HttpError):
        slug, detail = f"http_{error.response.status}", f"{url}: the site answered {error.response.status}"
    else:
        slug = next((slug for kind, slug in _SLUGS.items() if isinstance(error, kind)), "download_error")
        detail = f"{url}: {type(error).__name__}: {error}"
    return DownloadFailure(slug, detail, "rejected" if slug in _FINAL else "failed")
