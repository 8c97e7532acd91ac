"""End of a rebuild, when all rows are written: the ledger gets what a crawl needs to go on with it, and the run its counts."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from govnews_spider.core.dedup.fingerprint import BANDS
from govnews_spider.core.extract.drift import DRIFT_SLUGS
from govnews_spider.ledger.key_filter import KeyFilter
from govnews_spider.ledger.near_duplicates import RECENT
from govnews_spider.rebuild.candidates import selective_keys
from govnews_spider.rebuild.index import Index
from govnews_spider.rebuild.page_files import FAILED, PageRanges
from govnews_spider.rebuild.work_items import open_readonly
from govnews_spider.rebuild.workspace import Workspace
from govnews_spider.runs.rejections import RejectedLog, Rejection
from govnews_spider.runs.run import Run

_BATCH: Final = 10_000
"""Keys that are Python numbers at a time: these take five times as much memory as the keys of a partition."""
_REJECTION: Final = ("slug", "detail", "url", "origin", "outcome")


def write_text_keys(ledger: sqlite3.Connection, partitions: Sequence[Path]) -> None:
    """Writes the keys by which the ledger finds texts; the partitions are in the order of their keys."""
    (last,) = ledger.execute("SELECT coalesce(max(number), 0) FROM texts").fetchone()
    key_filter = KeyFilter(keys=2 * max(RECENT, last) * BANDS)
    ledger.execute("DELETE FROM bands")
    for partition in partitions:
        keys, texts = selective_keys(partition)
        for begin in range(0, len(keys), _BATCH):
            batch = slice(begin, begin + _BATCH)
            key_filter.add(keys[batch].tolist())
            rows = zip(keys[batch].tolist(), texts[batch].tolist(), strict=True)
            ledger.executemany("INSERT INTO bands VALUES (?, ?)", rows)
    ledger.execute("UPDATE moved SET through = ?, bits = ?", (last, key_filter.kept()))


def count_outcomes(space: Workspace, ranges: PageRanges, run: Run, reprints: int) -> None:
    """Counts the outcome of every page, and logs the rejections."""
    with closing(open_readonly(space.rows)) as rows:
        run.outcomes.update(dict(rows.execute("SELECT outcome, count FROM outcomes")))
    run.outcomes["stored"] -= reprints
    run.outcomes["reprint"] += reprints
    log = RejectedLog(space.data, run.run_id)
    log.forget()
    for rejection in rejections(space, ranges):
        outcome, slug = rejection["outcome"], rejection["slug"]
        run.outcomes[outcome] += 1
        run.slugs[slug] += 1
        if slug == "internal_error":
            run.internal_errors[:] = list(dict.fromkeys([*run.internal_errors, rejection["detail"]]))[:10]
        if slug in DRIFT_SLUGS and rejection["url"]:
            run.page(rejection["url"], "", ())
        if outcome != "off_topic":
            log.add(Rejection(**rejection))
    log.close()
    for begin, end in ranges:
        _count_layouts(space.pages(begin, end), run)
    run.seen = run.outcomes.total()


def _count_layouts(pages: Path, run: Run) -> None:
    with closing(open_readonly(pages)) as db:
        regular = "SELECT layout, count(*) FROM pages WHERE fallbacks = '[]' GROUP BY layout"
        for layout, count in db.execute(regular):
            run.layouts[layout] += count
        drifted = "SELECT layout, fallbacks, fetched FROM pages WHERE fallbacks != '[]'"
        for layout, fallbacks, address in db.execute(drifted):
            run.page(address, layout, json.loads(fallbacks))


def rejections(space: Workspace, ranges: PageRanges) -> Iterator[dict[str, Any]]:
    """Damage of the archives and rejected pages, each with the fields of :class:`govnews_spider.runs.rejections.Rejection`."""
    with closing(Index(space.index)) as index:
        for location, slug, reason in index.damage():
            outcome = "failed" if slug in FAILED else "rejected"
            yield dict(zip(_REJECTION, (slug, f"{location}: {reason}", None, location, outcome), strict=True))
    for begin, end in ranges:
        with closing(open_readonly(space.pages(begin, end))) as db:
            for row in db.execute(f"SELECT {', '.join(_REJECTION)} FROM rejections ORDER BY number"):  # noqa: S608
                yield dict(zip(_REJECTION, row, strict=True))


def end_run(ledger: sqlite3.Connection, run: Run, finished: datetime, exit_code: int) -> None:
    """Writes the run into the ledger."""
    row = (run.run_id, run.spider, run.started.isoformat(), finished.isoformat(), exit_code, json.dumps(run.balance))
    ledger.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?)", row)
