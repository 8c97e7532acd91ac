"""Findings of ``scrapy verify``: their slugs by check, each with its cure, and their counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

_REPAIR: Final = "`scrapy verify --repair`"

CHECKS: Final[dict[str, dict[str, str]]] = {
    "day files": {
        "damaged_day_file": f"put back a copy of it, or {_REPAIR} sets it aside and lets the next run fetch what is missing",
        "other_schema": "use another data folder for this version, or the version that wrote it",
        "misplaced_day_file": f"{_REPAIR} puts its rows where they belong",
    },
    "rows": {
        "wrong_hash": "the row was changed by another program; put back a copy of the file",
        "wrong_length": "the row was changed by another program; put back a copy of the file",
        "unknown_kind": "the row was changed by another program; put back a copy of the file",
        "insecure_picture": "the row was changed by another program; put back a copy of the file",
        "other_schema_version": "use another data folder for this version, or the version that wrote it",
        "row_of_another_day": f"{_REPAIR} puts it into its own day",
    },
    "articles": {
        "article_twice": f"{_REPAIR} keeps the newest revision in its place; of one revision with two contents you must delete one",
        "revision_twice": f"{_REPAIR} keeps one where both are the same; of two contents you must delete one",
        "revision_not_older": f"{_REPAIR} lets the newest revision stand for the article",
        "revision_missing": f"put back a copy of its day's file, or {_REPAIR} notes it as lost",
    },
    "reprints": {
        "reprint_unmarked": "the row was changed by another program; put back a copy of the file",
        "article_marked": "the row was changed by another program; put back a copy of the file",
        "reprint_of_nothing": f"fetch that article again, or {_REPAIR} notes it as lost",
        "reprint_of_reprint": "the row was changed by another program; put back a copy of the file",
    },
    "ledger": {
        "ledger_missing": f"put back the one that belongs to these files, or {_REPAIR} makes it anew from them",
        "ledger_damaged": f"{_REPAIR} makes it anew from the Parquet files",
        "ledger_behind": f"put back the ledger that belongs to these files, or {_REPAIR} brings it up to them",
        "row_missing": f"put back a copy of its day's file, or {_REPAIR} lets the next run fetch it",
        "identity_differs": f"{_REPAIR} takes it from the row",
        "text_unknown": f"{_REPAIR} compares it",
        "version_missing": f"{_REPAIR} takes it from the row",
        "alias_missing": f"{_REPAIR} takes it from the row",
        "url_missing": f"{_REPAIR} takes it from the row",
        "tallies_differ": f"{_REPAIR} counts anew",
    },
    "posts": {
        "post_missing": f"{_REPAIR} writes it from its row",
        "post_differs": f"{_REPAIR} writes it anew from its row",
        "post_without_row": f"{_REPAIR} sets it aside",
        "row_without_document": "the row was changed by another program; put back a copy of the file",
    },
    "outputs": {
        "output_missing": f"{_REPAIR} writes it from its rows",
        "output_differs": f"{_REPAIR} writes it anew from its rows",
        "output_without_row": f"{_REPAIR} sets it aside",
    },
    "runs": {
        "unreadable_report": f"{_REPAIR} sets it aside",
        "wrong_balance": "a run did not account for all that it saw: report the bug with this file, then move the file away",
        "rejections_differ": "the log or the report was changed or cut: put back copies, or move both away",
    },
}
"""Check → slug of what it may find → the cure. ``scrapy verify`` prints a line for each check; ``outputs`` are formats beside the posts."""

_CHECK_OF: Final = {slug: check for check, cures in CHECKS.items() for slug in cures}
SHOWN: Final = 20
"""Findings of a check that are kept; the others are counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken thing: ``path`` below the data folder, or the article; ``encode`` gives what an output file should hold."""

    slug: str
    path: str
    what: str
    encode: Callable[[], bytes] | None = None

    @property
    def check(self) -> str:
        """The check that finds it."""
        return _CHECK_OF[self.slug]

    def __str__(self) -> str:
        return f"{self.slug}: {self.path}: {self.what}; {CHECKS[self.check][self.slug]}"


@dataclass(slots=True)
class Audit:
    """Counts of what the checks looked at and found."""

    looked: Counter[str] = field(default_factory=Counter)
    """Check → how many things it looked at."""
    broken: Counter[str] = field(default_factory=Counter)
    """Slug → how often."""
    first: dict[str, list[Finding]] = field(default_factory=lambda: {check: [] for check in CHECKS})
    """Check → its first :data:`SHOWN` findings."""
    remarks: list[str] = field(default_factory=list)
    """What is worth knowing and not broken."""

    def add(self, finding: Finding) -> None:
        """Counts it, and keeps it while there is room."""
        self.broken[finding.slug] += 1
        kept = self.first[finding.check]
        if len(kept) < SHOWN:
            kept.append(Finding(finding.slug, finding.path, finding.what))

    def broken_of(self, check: str) -> int:
        """Number of broken things that the check found."""
        return sum(self.broken[slug] for slug in CHECKS[check])
