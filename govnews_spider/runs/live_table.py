"""Counts of a run that goes on, for people: a line for a log, a table for a terminal."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Final

from rich.cells import cell_len
from rich.console import Group
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from govnews_spider.runs.run import OUTCOMES, ListStats, Run

TOTAL: Final = "total"
"""Name of the row of the whole run; no list of Sina has it."""
GAP: Final = 2
"""Cells between two columns."""
LEAST: Final = ("errors", "reprint", "off_topic", "revised", "fetched", "pages", "unchanged", "rejected", "failed")
"""Columns that a narrow terminal leaves out, in this order, those without any count first."""


class Rate:
    """Articles a second over the last 30 seconds, or since the last call where that is longer ago."""

    def __init__(self, began: float, window: float = 30.0) -> None:
        self._window = window
        self._samples = deque([(began, 0)])

    def __call__(self, now: float, articles: int) -> float:
        """``now`` in seconds of the same clock as ``began``; ``articles`` are all until then."""
        self._samples.append((now, articles))
        while len(self._samples) > 2 and self._samples[1][0] <= now - self._window:
            self._samples.popleft()
        then, earlier = self._samples[0]
        return (articles - earlier) / (now - then) if now > then else 0.0


def figures(run: Run) -> dict[str, dict[str, int]]:
    """:data:`TOTAL` and each list → name of a count → count.

    ``found`` is distinct articles in the total, rows in a list.
    """
    total = {"found": run.seen, **{name: run.outcomes[name] for name in OUTCOMES}}
    if not run.lists:
        return {TOTAL: total}
    lists = {name: _counts(stats) for name, stats in run.lists.items()}
    sums = {name: sum(counts[name] for counts in lists.values()) for name in ("pages", "errors", "found", "fetched")}
    return {TOTAL: sums | total} | lists


def _counts(stats: ListStats) -> dict[str, int]:
    read = {"pages": stats.pages, "errors": stats.errors.total(), "found": stats.rows, "fetched": stats.fetched}
    return read | {name: stats.outcomes[name] for name in OUTCOMES}


def remaining(run: Run, rate: float) -> timedelta | None:
    """Time that the run still takes at that rate; None where its articles cannot be known before, or none arrive."""
    if run.expected is None or not rate:
        return None
    return timedelta(seconds=round(max(0, run.expected - run.outcomes.total()) / rate))


def pace(run: Run, rate: float) -> str:
    """Duration and articles a second; where their number is known, also how many are done and the time left."""
    duration = (run.finished or datetime.now(UTC)) - run.started
    parts = [str(timedelta(seconds=int(duration.total_seconds()))), f"{rate:.1f} articles/s"]
    if run.expected is not None:
        parts.append(f"{run.outcomes.total():,} of {run.expected:,}")
    left = remaining(run, rate)
    if left is not None:
        parts.append(f"{left} left")
    return "  ".join(parts)


def line(run: Run, rate: float) -> str:
    """The run in one line: counts that are not 0, and always the articles found."""
    total = figures(run)[TOTAL]
    counts = [f"{total[name]:,} {_label(name)}" for name in total if total[name] or name == "found"]
    lists = f"{len(run.lists)} lists: " if run.lists else ""
    left = remaining(run, rate)
    return f"{lists}{', '.join(counts)}, {rate:.1f} articles/s" + (f", {left} left" if left is not None else "")


def view(run: Run, rate: float, width: int) -> Group:
    """The run on a terminal of that many cells: its pace, a bar where its end is known, and a table of its lists."""
    rows = figures(run)
    columns = _fitting(rows, width)
    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False)
    table.add_column(run.spider, no_wrap=True, overflow="ellipsis")
    for column in columns:
        table.add_column(_label(column), justify="right", no_wrap=True)
    for name, counts in rows.items():
        cells = [_cell(counts, column) for column in columns]
        table.add_row(Text(name), *cells, style="bold" if name == TOTAL else None)
    head = Text(pace(run, rate), no_wrap=True, overflow="ellipsis")
    if run.expected:
        bar = ProgressBar(total=run.expected, completed=run.outcomes.total())
        return Group(head, Padding(bar), table)  # a bar alone does not end its line
    return Group(head, table)


def _fitting(rows: dict[str, dict[str, int]], width: int) -> list[str]:
    total = rows[TOTAL]
    cells = {name: max(cell_len(_label(name)), *(len(_cell(row, name)) for row in rows.values())) for name in total}
    taken = max(map(cell_len, rows)) + sum(GAP + size for size in cells.values())
    for name in sorted(LEAST, key=lambda name: total.get(name, 0) > 0):
        if taken > width and name in cells:
            taken -= GAP + cells.pop(name)
    return list(cells)


def _cell(counts: dict[str, int], name: str) -> str:
    return f"{counts[name]:,}" if name in counts else ""


def _label(name: str) -> str:
    return name.replace("_", "-")
