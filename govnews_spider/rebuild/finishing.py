"""What is left when all rows are written: the ledger becomes one that a crawl goes on with, and the run's account is made."""

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
from govnews_spider.rebuild.candidates import telling
from govnews_spider.rebuild.index import Index
from govnews_spider.rebuild.page_files import FAILED, Shares
from govnews_spider.rebuild.work_items import open_readonly
from govnews_spider.rebuild.workspace import Workspace
from govnews_spider.runs.rejections import RejectedLog, Rejection
from govnews_spider.runs.run import Run

_AT_ONCE: Final = 10_000
"""Keys that are held as Python's numbers at a time: they take five times as much memory as in a part."""


def finish_texts(ledger: sqlite3.Connection, parts: Sequence[Path]) -> None:
    """Gives the ledger the keys by which texts are found: the parts are in the order of their keys."""
    (last,) = ledger.execute("SELECT coalesce(max(number), 0) FROM texts").fetchone()
    known = KeyFilter(keys=2 * max(RECENT, last) * BANDS)
    ledger.execute("DELETE FROM bands")
    for part in parts:
        keys, texts = telling(part)
        for begin in range(0, len(keys), _AT_ONCE):
            some = slice(begin, begin + _AT_ONCE)
            known.add(keys[some].tolist())
            rows = zip(keys[some].tolist(), texts[some].tolist(), strict=True)
            ledger.executemany("INSERT INTO bands VALUES (?, ?)", rows)
    ledger.execute("UPDATE moved SET through = ?, bits = ?", (last, known.kept()))


def account(space: Workspace, shares: Shares, run: Run, reprints: int) -> None:
    """Counts what became of every page, and logs what was not stored."""
    with closing(open_readonly(space.rows)) as rows:
        run.outcomes.update(dict(rows.execute("SELECT outcome, count FROM outcomes")))
    run.outcomes["stored"] -= reprints
    run.outcomes["reprint"] += reprints
    log = RejectedLog(space.data, run.run_id)
    log.forget()
    for rejection in _refused(space, shares):
        outcome = rejection["outcome"]
        run.outcomes[outcome] += 1
        run.slugs[rejection["slug"]] += 1
        if rejection["slug"] == "internal_error":
            run.internal_errors[:] = list(dict.fromkeys([*run.internal_errors, rejection["detail"]]))[:10]
        if rejection["slug"] in DRIFT_SLUGS and rejection["url"]:
            run.page(rejection["url"], "", ())
        if outcome != "off_topic":
            log.add(Rejection(**rejection))
        if outcome == "failed":
            run.failed_addresses.add(rejection["origin"])
    log.close()
    for begin, end in shares:
        with closing(open_readonly(space.pages(begin, end))) as db:
            for layout, count in db.execute(
                "SELECT layout, count(*) FROM pages WHERE fallbacks = '[]' GROUP BY layout"
            ):
                run.layouts[layout] += count
            for layout, fallbacks, address in db.execute(
                "SELECT layout, fallbacks, fetched FROM pages WHERE fallbacks != '[]'"
            ):
                run.page(address, layout, json.loads(fallbacks))
    run.seen = run.outcomes.total()


def _refused(space: Workspace, shares: Shares) -> Iterator[dict[str, Any]]:
    """What was not stored, as :class:`govnews_spider.runs.rejections.Rejection` has it."""
    with closing(Index(space.index)) as index:
        for place, slug, why in index.damage():
            told = {"slug": slug, "detail": f"{place}: {why}", "url": None, "origin": place}
            yield told | {"outcome": "failed" if slug in FAILED else "rejected"}
    names = ("slug", "detail", "url", "origin", "outcome")
    for begin, end in shares:
        with closing(open_readonly(space.pages(begin, end))) as db:
            for row in db.execute("SELECT slug, detail, url, origin, outcome FROM refused ORDER BY number"):
                yield dict(zip(names, row, strict=True))


def end_run(ledger: sqlite3.Connection, run: Run, finished: datetime, exit_code: int) -> None:
    """The ledger knows the run."""
    row = (run.run_id, run.spider, run.started.isoformat(), finished.isoformat(), exit_code, json.dumps(run.balance))
    ledger.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?)", row)
