"""Counts of one run, and the exit code that follows from them.

Nothing here knows the crawler: spiders, pipelines and commands fill a :class:`Run` and read it.
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
"""Outcomes of an article that was seen; each has exactly one."""

SAMPLED: Final = "sampled"
"""Outcome in place of ``stored``, in a run that only shows articles."""

SAMPLE_SHOWN: Final = "sample"
"""Reason for which such a run ends when it has shown enough; the other articles that it has seen are left."""

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
"""Fewest drifted pages of which the share counts."""
DRIFT_NAMED: Final = 100
"""Most drifted pages that a run report names."""

NO_REASON: Final = "no_reason"
"""Slug of a lost article whose page is not rejected."""
_NOT_OURS: Final = frozenset({"ledger_held", "data_unusable"})
"""Storage errors of a data folder that this run may not write to."""
_CLOCKS_DIFFER: Final = timedelta(hours=1)
_ANSWERED: Final = frozenset({"list_not_registered", "list_empty"})
"""List errors that are proper answers without rows; after any other the site refuses, is away or is broken."""


@dataclass(slots=True)
class ListStats:
    """Counts of one list."""

    pages: int = 0
    rows: int = 0
    newest: datetime | None = None
    """Time of the newest row, aware; None while no row had one."""
    errors: Counter[str] = field(default_factory=Counter)
    """Slug → pages of the list that could not be read."""
    days_known: int = 0
    """Days of its archive that earlier runs have read completely, and that were not requested again."""
    fetched: int = 0
    """Articles that were fetched completely."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """Outcomes of the articles that this list was the first to name."""
    reached: datetime | None = None
    """Time back to which it was read without a break, newest first; None before that, or where no row had a time."""
    gaps: list[Gap] = field(default_factory=list)
    """Periods of which it was never read, as known when the run ends."""
    new_gap: bool = False
    """Whether a gap begins with this run, which was not asked to read less than the whole list."""

    def row(self, time: datetime | None) -> None:
        """Counts one row, published at ``time``."""
        self.rows += 1
        if time is not None and time > datetime.now(UTC) + _CLOCKS_DIFFER:
            return  # a wrong time would keep a list that has gone stale fresh
        if time is not None and (self.newest is None or time > self.newest):
            self.newest = time

    @property
    def unavailable(self) -> bool:
        """Whether no row came, for another reason than that the list has none."""
        return not self.rows and any(slug not in _ANSWERED for slug in self.errors)


@dataclass(frozen=True, slots=True)
class LostArticles:
    """Articles that a rebuild of an old folder's archives does not have."""

    old: str
    reasons: Counter[str]
    """Slug under which their pages are rejected, or :data:`NO_REASON` → number of articles."""
    examples: list[str]
    """Id, origin and slug of the first ones."""

    def __str__(self) -> str:
        total, unexplained = self.reasons.total(), self.reasons[NO_REASON]
        slugs = _named(self.reasons - Counter({NO_REASON: unexplained}))
        parts = [f"{total - unexplained} refused ({slugs})"] if slugs else []
        parts += [f"{unexplained} without any reason"] if unexplained else []
        cure = f"keep {self.old}, mend the extractor or give the missing archives by --from, and rebuild once more"
        return f"{total} articles of {self.old} are not in the new folder: {', '.join(parts)}; such as {self.examples[0]}; {cure}"


@dataclass(slots=True)
class Run:
    """Counts of one run. Times are aware UTC."""

    run_id: str
    spider: str
    arguments: dict[str, str]
    started: datetime
    settings: dict[str, str] = field(default_factory=dict)
    """Settings that were given, and that decide which rows the run makes."""
    finished: datetime | None = None
    seconds: float | None = None
    """Duration by a monotonic clock; None while it runs."""
    reason: str = ""
    """Reason of the spider's end: ``finished``, ``shutdown``, ``sample``, …; "" while it runs."""
    stale_after: timedelta | None = None
    """Age above which a newest row is stale; None where old rows were asked for."""
    interrupted: bool = False
    seen: int = 0
    expected: int | None = None
    """Articles that the run will see; None where that cannot be known before."""
    days: int = 0
    """Days of archives that a backfill reads, in all lists."""
    days_read: int = 0
    """Those of them of which all pages are read."""
    repeats: int = 0
    """Rows of articles that this run had seen before, in another list or on a page that moved."""
    outcomes: Counter[str] = field(default_factory=Counter)
    marked: Counter[str] = field(default_factory=Counter)
    """New mark of rows that were stored before: ``reprint``, ``article``, ``other_original`` → number of rows."""
    failed_addresses: set[str] = field(default_factory=set)
    """Addresses of the articles that failed."""
    slugs: Counter[str] = field(default_factory=Counter)
    """Slug → rejected, failed and off-topic articles, and errors of lists."""
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
    internal_errors: list[str] = field(default_factory=list)
    """First line of each error of this program, each once; ``errors`` in the report."""
    storage_errors: list[StorageError] = field(default_factory=list)
    """Errors that kept committed rows from being stored, each once; ``faults`` in the report."""
    lost: list[LostArticles] = field(default_factory=list)
    """Losses of a rebuild, by the folder that has the articles."""
    after: list[str] = field(default_factory=list)
    """Names of the runs before it that were killed."""
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

    def is_stale(self, stats: ListStats) -> bool:
        """Whether the list has old rows only."""
        age = self._age(stats)
        return age is not None and self.stale_after is not None and age > self.stale_after

    def _age(self, stats: ListStats) -> timedelta | None:
        return (self.finished or datetime.now(UTC)) - stats.newest if stats.newest else None

    @property
    def drift(self) -> float:
        """Share of the pages read that show signs of a changed template; 0 where they are too few."""
        return self.drifted / self.layouts.total() if self.drifted >= DRIFT_LEAST else 0.0

    @property
    def balance(self) -> dict[str, int]:
        """``seen``, and every outcome with its count."""
        return {"seen": self.seen, **{name: self.outcomes[name] for name in OUTCOMES}}

    @property
    def unaccounted(self) -> int:
        """Articles that were seen and have no outcome: 0, or a bug, or left for the next run by an interruption."""
        return self.seen - self.outcomes.total()

    def as_json(self) -> dict[str, Any]:
        """The run report; times as ISO 8601 in UTC."""
        code, reason = exit_code(self)
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
            "exit_reason": reason,
            "after": self.after,
            "balance": self.balance,
            "unaccounted": self.unaccounted,
            "repeats": self.repeats,
            "marked": dict(self.marked),
            "slugs": dict(sorted(self.slugs.items())),
            "lists": {name: self._list_json(stats) for name, stats in self.lists.items()},
            "layouts": dict(self.layouts.most_common()),
            "fallback_locators": dict(self.locators.most_common()),
            "drifted": self.drifted,
            "drifted_pages": self.drifted_pages,
            "lost": dict(sum((lost.reasons for lost in self.lost), Counter[str]())),
            "lost_articles": [example for lost in self.lost for example in lost.examples],
            "errors": self.internal_errors,
            "faults": [str(error) for error in self.storage_errors],
            "requests": self.requests,
        }

    def _list_json(self, stats: ListStats) -> dict[str, Any]:
        age = self._age(stats)
        gaps = [[gap.since.isoformat(), gap.until.isoformat()] for gap in stats.gaps]
        return {
            "pages": stats.pages,
            "days_known": stats.days_known,
            "rows": stats.rows,
            "newest": stats.newest.isoformat() if stats.newest else None,
            "age_hours": round(age / timedelta(hours=1), 2) if age else None,
            "stale": self.is_stale(stats) if self.stale_after is not None else None,
            "fetched": stats.fetched,
            "reached": stats.reached.isoformat() if stats.reached else None,
            "gaps": gaps,
            "outcomes": dict(stats.outcomes),
            "errors": dict(stats.errors),
        }


def exit_code(run: Run) -> tuple[int, str]:
    """The exit code of a run whose arguments were right (2 is decided before), and the reason in a sentence.

    An interruption comes first, because it explains all else; then errors that make the rest doubtful (1, 7); then the answers of the
    site: nothing (4, 3), not everything (5), nothing new (6).
    """
    if run.interrupted:
        return 130, "interrupted: what was stored is safe, the same command goes on from here"
    if any(error.slug in _NOT_OURS for error in run.storage_errors):
        return 2, str(run.storage_errors[0])
    if run.internal_errors:
        return 1, f"internal error: {run.internal_errors[0]}"
    if run.storage_errors:
        worst = next((error for error in run.storage_errors if error.breaks_data), run.storage_errors[0])
        return (7 if worst.breaks_data else 1), f"not everything is written: {worst}"
    if run.reason in ("", "shutdown"):
        return 1, "internal error: the spider was stopped, by no signal and before its end"
    if run.unaccounted < 0 or (run.unaccounted and run.reason == "finished"):
        return 7, f"balance: {run.seen} seen, {run.outcomes.total()} accounted for"
    return _nothing(run) or _something(run) or (0, "ok")


def _nothing(run: Run) -> tuple[int, str] | None:
    """Codes 4 and 3: nothing of use came in."""
    lists = run.lists.values()
    if any(stats.unavailable for stats in lists) and not any(stats.rows for stats in lists):
        return 4, f"no list could be read: {_named(run.slugs)}"
    if run.seen and run.outcomes["failed"] == run.seen:
        return 4, f"no article could be read: {_named(run.slugs)}"
    if not run.seen and not run.repeats and not any(stats.days_known for stats in lists):
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
    if run.lost:
        return 5, f"lost: {'; '.join(map(str, run.lost))}"
    broken = [name for name, stats in run.lists.items() if stats.errors]
    if broken or run.outcomes["failed"]:
        parts = [f"lists {'、'.join(broken)}"] if broken else []
        parts += [f"{run.outcomes['failed']} articles"] if run.outcomes["failed"] else []
        return 5, f"failed: {' and '.join(parts)} ({_named(run.slugs)})"
    if run.drift > run.drift_limit:
        pages = "、".join(run.drifted_pages[:3])
        return 5, f"layout drift: {run.drifted} of {run.layouts.total()} pages ({run.drift:.0%}), such as {pages}"
    gaps = {name: stats.gaps[-1] for name, stats in run.lists.items() if stats.new_gap and stats.gaps}
    if gaps:
        spans = "、".join(
            f"{name} {gap.since:%Y-%m-%d %H:%M} to {gap.until:%Y-%m-%d %H:%M} UTC" for name, gap in gaps.items()
        )
        return (
            5,
            f"gap: {spans}; the lists no longer show what was made then, -a fill_gaps=1 reads it from their archives",
        )
    newest = {stats.newest: run.is_stale(stats) for stats in run.lists.values() if stats.newest}
    if run.stale_after and newest and all(newest.values()):
        hours = run.stale_after / timedelta(hours=1)
        return 6, f"stale: every list's newest row is older than {hours:g} hours, the newest of all is of {max(newest)}"
    return None


def _named(slugs: Counter[str]) -> str:
    return ", ".join(f"{slug} {count}" for slug, count in slugs.most_common(5))
