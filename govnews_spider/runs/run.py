"""The account of one run: what came in, what became of it, and the exit code that tells the truth about it.

Nothing here knows the crawler: spiders, pipelines and the ``crawl`` command fill a :class:`Run` and read it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from govnews_spider.ledger.coverage import Gap
from govnews_spider.storage.errors import StorageError

OUTCOMES: Final = ("stored", "revised", "unchanged", "reprint", "off_topic", "rejected", "failed")
"""What can become of an article that was seen; each ends as exactly one of them."""

SAMPLED: Final = "sampled"
"""In place of ``stored`` in a run that only shows what it reads."""

SAMPLE_SHOWN: Final = "sample"
"""The reason that such a run ends for when it has shown enough; what else it has seen is left."""

EXIT_CODES: Final = {
    0: "ok",
    1: "internal error",
    2: "bad argument or setting",
    3: "nothing found where something was expected",
    4: "site unreachable or blocking",
    5: "partial: some lists or articles failed",
    6: "stale source",
    7: "a data invariant is broken",
    130: "interrupted",
}

DRIFT_LEAST: Final = 5
"""Drifted pages below which their share says nothing."""
DRIFT_NAMED: Final = 100
"""Drifted pages that a run report names."""

_NOT_OURS: Final = frozenset({"ledger_held", "data_unusable"})
"""Faults of a data folder that is not this run's to write to."""
_CLOCKS_DIFFER: Final = timedelta(hours=1)
_ANSWERED: Final = frozenset({"list_not_registered", "list_empty"})
"""List errors by which the site answers well that it has nothing; by every other it refuses, is away or is broken."""


@dataclass(slots=True)
class ListStats:
    """What a run got from one list."""

    pages: int = 0
    rows: int = 0
    newest: datetime | None = None
    """The newest row's time, aware; None while no row told one."""
    errors: Counter[str] = field(default_factory=Counter)
    """Slug → how many pages of the list ended with it."""
    days_known: int = 0
    """Days of its archive that earlier runs have read whole, and this one did not ask for again."""
    fetched: int = 0
    """Articles of its that came in whole."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """What became of the articles that this list was the first to name."""
    reached: datetime | None = None
    """How far back it was read without a break, newest first; None while it was not, or no row told a time."""
    gaps: list[Gap] = field(default_factory=list)
    """What of it was never read, as far as is known when the run ends."""
    new_gap: bool = False
    """Whether this run found one that the run before did not leave, and was not asked to read so little."""

    def row(self, time: datetime | None) -> None:
        """Counts one row that was made at ``time``."""
        self.rows += 1
        if time is not None and time > datetime.now(UTC) + _CLOCKS_DIFFER:
            return  # a wrong time would keep a list that has gone stale fresh
        if time is not None and (self.newest is None or time > self.newest):
            self.newest = time

    @property
    def refused(self) -> bool:
        """Nothing came, and for another reason than that the list has nothing."""
        return not self.rows and any(slug not in _ANSWERED for slug in self.errors)


@dataclass(slots=True)
class Run:
    """The account of one run. Times are aware UTC."""

    run_id: str
    spider: str
    arguments: dict[str, str]
    started: datetime
    settings: dict[str, str] = field(default_factory=dict)
    """Those that were given, and decide what the run is made of."""
    finished: datetime | None = None
    seconds: float | None = None
    """How long it took, by a clock that nobody sets; None while it runs."""
    reason: str = ""
    """Why the spider was closed: ``finished``, ``shutdown``, ``sample``, …; "" while it runs."""
    stale_after: timedelta | None = None
    """The age from which a newest row is stale; None where old rows are what was asked for."""
    interrupted: bool = False
    seen: int = 0
    expected: int | None = None
    """How many articles the run will see, as far as can be told; None where it cannot."""
    days: int = 0
    """Days of archives that a backfill reads, over all lists."""
    days_read: int = 0
    """Of these, the days of which all pages are read."""
    repeats: int = 0
    """Rows of articles that this run had seen already, in another list or on a page that moved."""
    outcomes: Counter[str] = field(default_factory=Counter)
    marked: Counter[str] = field(default_factory=Counter)
    """What rows that were stored before have become by those that came in: ``reprint``, ``article``, ``other_original`` → how often."""
    failed: set[str] = field(default_factory=set)
    """Addresses of the articles that failed."""
    slugs: Counter[str] = field(default_factory=Counter)
    """Reason → how often, over everything rejected, failed or off topic, and over the errors of lists."""
    lists: dict[str, ListStats] = field(default_factory=dict)
    layouts: Counter[str] = field(default_factory=Counter)
    """Layout → pages that it read; ``none`` for pages that look like an article and that no layout could read."""
    locators: Counter[str] = field(default_factory=Counter)
    """``layout.field: locator`` → pages where that fallback gave the field's value."""
    drifted: int = 0
    """The pages behind ``none`` and ``locators``: they show signs of a changed template."""
    drifted_pages: list[str] = field(default_factory=list)
    """The addresses of the first :data:`DRIFT_NAMED` of them."""
    drift_limit: float = 1.0
    """Share of drifted pages above which the run is partial."""
    errors: list[str] = field(default_factory=list)
    """Errors of this program, the first line of each, each once."""
    faults: list[StorageError] = field(default_factory=list)
    """What kept committed rows from being stored, each once."""
    after: list[str] = field(default_factory=list)
    """The runs before it that were killed."""
    requests: dict[str, Any] = field(default_factory=dict)
    """Requests, bytes and statuses, as the downloader counted them."""

    def page(self, address: str, layout: str, fallbacks: Sequence[str]) -> None:
        """Counts one page: the layout that read it ("" for none), and the fallback locators that it took."""
        self.layouts[layout or "none"] += 1
        self.locators.update(fallbacks)
        if not layout or fallbacks:
            self.drifted += 1
            if len(self.drifted_pages) < DRIFT_NAMED:
                self.drifted_pages.append(address)

    def is_stale(self, account: ListStats) -> bool:
        """Whether the list answers, but with old rows only."""
        age = self._age(account)
        return age is not None and self.stale_after is not None and age > self.stale_after

    def _age(self, account: ListStats) -> timedelta | None:
        return (self.finished or datetime.now(UTC)) - account.newest if account.newest else None

    @property
    def drift(self) -> float:
        """Share of the pages read that show signs of a changed template; 0 where too few do to tell."""
        return self.drifted / self.layouts.total() if self.drifted >= DRIFT_LEAST else 0.0

    @property
    def balance(self) -> dict[str, int]:
        """``seen``, and every outcome with its count."""
        return {"seen": self.seen, **{name: self.outcomes[name] for name in OUTCOMES}}

    @property
    def unaccounted(self) -> int:
        """Articles that were seen and ended as nothing: 0, or a bug, or what an interruption left for the next run."""
        return self.seen - self.outcomes.total()

    def as_json(self) -> dict[str, Any]:
        """The run report; times as ISO 8601 in UTC."""
        code, why = exit_code(self)
        return {
            "run_id": self.run_id,
            "spider": self.spider,
            "arguments": self.arguments,
            "settings": self.settings,
            "started": self.started.isoformat(),
            "finished": self.finished.isoformat() if self.finished else None,
            "seconds": self.seconds,
            "reason": self.reason,
            "exit_code": code,
            "exit_reason": why,
            "after": self.after,
            "balance": self.balance,
            "unaccounted": self.unaccounted,
            "repeats": self.repeats,
            "marked": dict(self.marked),
            "slugs": dict(sorted(self.slugs.items())),
            "lists": {name: self._list_json(account) for name, account in self.lists.items()},
            "layouts": dict(self.layouts.most_common()),
            "fallback_locators": dict(self.locators.most_common()),
            "drifted": self.drifted,
            "drifted_pages": self.drifted_pages,
            "errors": self.errors,
            "faults": [str(fault) for fault in self.faults],
            "requests": self.requests,
        }

    def _list_json(self, account: ListStats) -> dict[str, Any]:
        age = self._age(account)
        gaps = [[gap.since.isoformat(), gap.until.isoformat()] for gap in account.gaps]
        return {
            "pages": account.pages,
            "days_known": account.days_known,
            "rows": account.rows,
            "newest": account.newest.isoformat() if account.newest else None,
            "age_hours": round(age / timedelta(hours=1), 2) if age else None,
            "stale": self.is_stale(account) if self.stale_after is not None else None,
            "fetched": account.fetched,
            "reached": account.reached.isoformat() if account.reached else None,
            "gaps": gaps,
            "outcomes": dict(account.outcomes),
            "errors": dict(account.errors),
        }


def exit_code(run: Run) -> tuple[int, str]:
    """The exit code of a run that got past its arguments (2 is decided before), and why, in a sentence.

    An interruption comes first, for it explains all else; then what makes the rest doubtful (1, 7); then what the
    site did, from nothing at all (4, 3) over something (5) to everything but too old (6).
    """
    if run.interrupted:
        return 130, "interrupted: what was stored is safe, the same command goes on from here"
    if any(fault.slug in _NOT_OURS for fault in run.faults):
        return 2, str(run.faults[0])
    if run.errors:
        return 1, f"internal error: {run.errors[0]}"
    if run.faults:
        worst = next((fault for fault in run.faults if fault.breaks_data), run.faults[0])
        return (7 if worst.breaks_data else 1), f"not everything is written: {worst}"
    if run.reason in ("", "shutdown"):
        return 1, "internal error: the spider was stopped, by no signal and before its end"
    if run.unaccounted < 0 or (run.unaccounted and run.reason == "finished"):
        return 7, f"balance: {run.seen} seen, {run.outcomes.total()} accounted for"
    return _nothing(run) or _something(run) or (0, "ok")


def _nothing(run: Run) -> tuple[int, str] | None:
    """Codes 4 and 3: nothing of use came in."""
    lists = run.lists.values()
    if any(account.refused for account in lists) and not any(account.rows for account in lists):
        return 4, f"no list could be read: {_named(run.slugs)}"
    if run.seen and run.outcomes["failed"] == run.seen:
        return 4, f"no article could be read: {_named(run.slugs)}"
    if not run.seen and not run.repeats and not any(account.days_known for account in lists):
        return 3, f"nothing found: {_named(run.slugs) or 'no list or folder had anything to read'}"
    if run.seen and run.outcomes["rejected"] == run.seen:
        return 3, f"nothing but rejections: {_named(run.slugs)}"
    return None


def _something(run: Run) -> tuple[int, str] | None:
    """Codes 5 and 6: not everything came in, or nothing new."""
    if run.reason not in ("finished", SAMPLE_SHOWN):
        return (
            5,
            f"ended early ({run.reason}): {run.unaccounted} articles seen, and all not seen, are left for the next run",
        )
    broken = [name for name, account in run.lists.items() if account.errors]
    if broken or run.outcomes["failed"]:
        parts = [f"lists {'、'.join(broken)}"] if broken else []
        parts += [f"{run.outcomes['failed']} articles"] if run.outcomes["failed"] else []
        return 5, f"failed: {' and '.join(parts)} ({_named(run.slugs)})"
    if run.drift > run.drift_limit:
        pages = "、".join(run.drifted_pages[:3])
        return 5, f"layout drift: {run.drifted} of {run.layouts.total()} pages ({run.drift:.0%}), such as {pages}"
    gaps = {name: account.gaps[-1] for name, account in run.lists.items() if account.new_gap and account.gaps}
    if gaps:
        spans = "、".join(
            f"{name} {gap.since:%Y-%m-%d %H:%M} to {gap.until:%Y-%m-%d %H:%M} UTC" for name, gap in gaps.items()
        )
        return (
            5,
            f"gap: {spans}; the lists no longer show what was made then, -a fill_gaps=1 reads it from their archives",
        )
    newest = {account.newest: run.is_stale(account) for account in run.lists.values() if account.newest}
    if run.stale_after and newest and all(newest.values()):
        hours = run.stale_after / timedelta(hours=1)
        return 6, f"stale: every list's newest row is older than {hours:g} hours, the newest of all is of {max(newest)}"
    return None


def _named(slugs: Counter[str]) -> str:
    return ", ".join(f"{slug} {count}" for slug, count in slugs.most_common(5))
