"""One page that shows a data folder to its readers: what was collected, how well, what about, and what the runs say.

Everything is in the one file: it opens without a network, and asks for nothing. Files are read as they stand, column by column and day
by day; a run may be writing meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from govnews_spider.report import library
from govnews_spider.report.chapters import collected, newest, quality, reprints, runs, subjects, summary
from govnews_spider.report.lists import ListState, list_states, unfinished
from govnews_spider.report.page import page
from govnews_spider.report.parts import Chapter
from govnews_spider.report.reprinted import Reprinted, copies, reprinted
from govnews_spider.report.rows import Collected, collect, day_files
from govnews_spider.runs.saved_runs import SavedRuns, load_runs
from govnews_spider.storage.atomic import atomic_output
from govnews_spider.storage.errors import storage_error
from govnews_spider.storage.parquet import read_day

__all__ = ["Written", "report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Counts of the page, and its size in bytes."""

    articles: int
    reprints: int
    runs: int
    size: int


def report(data: Path, out: Path, *, now: datetime) -> Written:
    """Writes the page about ``data`` to ``out``, which is replaced whole; ``now`` (aware) is what ages are told from.

    Raises FileNotFoundError ``no_articles`` where there is no article, and :class:`Fault`: ``no_chart_library``,
    a damaged file, or the name of what keeps a file from being read or written.
    """
    script = library.script()
    repeated = copies(data)
    found = collect(data, repeated)
    if not found.articles:
        raise FileNotFoundError(f"no_articles: {data}: no article in it; run a crawl, or name the folder of one")
    again = reprinted(repeated, found.asked)
    revisions = sum(read_day(path, ("revision",)).num_rows for path in day_files(data, "revisions"))
    told = load_runs(data)
    told.unfinished = sorted({*unfinished(data)} - {run.run_id for run in told.runs})
    lists = list_states(data, told.runs)
    head = summary.head(found, told, lists, reprints=again.total, revisions=revisions)
    chapters = _chapters(found, again, told, lists, now)
    content = page(chapters, head=head, days=found.days, now=now, library=script).encode()
    try:
        with atomic_output(out) as part:
            part.write_bytes(content)
    except OSError as error:
        raise storage_error(error, out) from error
    return Written(articles=found.articles, reprints=again.total, runs=len(told.runs), size=len(content))


def _chapters(
    found: Collected, again: Reprinted, told: SavedRuns, lists: Sequence[ListState], now: datetime
) -> list[Chapter]:
    return [
        collected.chapter(found),
        quality.chapter(found, told.rejections, lists, now),
        subjects.chapter(found),
        reprints.chapter(again),
        runs.chapter(told),
        newest.chapter(found.newest),
    ]
