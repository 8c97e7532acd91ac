"""Rebuild: archives to a dataset, by today's stages, in work items on any executor.

Every archived page is read again, then identities, revisions and reprints are found over the whole corpus, then each day is written.
The result is what the crawls themselves would have stored: each step calls the functions that they call. Each step leaves files in
``.rebuild``, so a rebuild that was interrupted, however, is resumed when it is called again.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Final

from govnews_spider.ledger.lock import hold
from govnews_spider.rebuild import candidates, finishing, identities, reprints
from govnews_spider.rebuild.days import write_day
from govnews_spider.rebuild.indexing import index_archive, index_unreadable, merge
from govnews_spider.rebuild.lost_articles import lost_articles, old_folders
from govnews_spider.rebuild.page_files import PageRanges
from govnews_spider.rebuild.pages import Selection, read_pages
from govnews_spider.rebuild.plan import FINISHED, RebuildRequest, load_or_create_plan
from govnews_spider.rebuild.work_items import (
    ExecutorSpec,
    WorkerPool,
    WorkItem,
    open_readonly,
    quarantine,
)
from govnews_spider.rebuild.workspace import Workspace
from govnews_spider.runs.dataset_card import write_card
from govnews_spider.runs.run import Run, exit_code
from govnews_spider.runs.saved_runs import write_run_report
from govnews_spider.storage.atomic import atomic_output, clear_parts
from govnews_spider.storage.errors import StorageError, storage_error
from govnews_spider.storage.layout import DataFolder

__all__ = ["RebuildRequest", "rebuild"]

logger = logging.getLogger(__name__)

PAIRS_PER_ITEM: Final = 2_000
TEXTS_PER_ITEM: Final = 2_000
KEYS_PER_PARTITION: Final = 1_000_000
"""Keys of texts that one work item sorts, in 16 bytes each."""
LEAST_BITS: Final = 2


def rebuild(
    request: RebuildRequest,
    executor: ExecutorSpec,
    log: Callable[[str], None] = logger.info,
    progress: Callable[[str, int, int], None] = lambda step, done, total: None,
) -> Run:
    """Makes the dataset, or resumes making it; returns the run.

    ``log`` takes a line for each step, ``progress`` a step, its finished work items, and all of them.

    Raises StorageError: ``target_exists`` for a folder that has other data, ``no_archives``, ``bad_name``, ``ledger_held`` where another
    process works on it, ``no_workers``, ``work_failed`` where a work item kills every process, and the errors of the disk.
    """
    data = request.data.absolute()
    try:
        with hold(DataFolder(data).ledger), WorkerPool(executor) as workers:
            return _Rebuild(request, Workspace(data), workers, log, progress).run()
    except (OSError, sqlite3.Error) as error:
        raise storage_error(error, data) from error


class _Rebuild:
    def __init__(
        self,
        request: RebuildRequest,
        space: Workspace,
        workers: WorkerPool,
        log: Callable[[str], None],
        progress: Callable[[str, int, int], None],
    ) -> None:
        self._request, self._space, self._folder = request, space, DataFolder(space.data)
        self._workers, self._log, self._progress = workers, log, progress
        self._plan = load_or_create_plan(request, space, log)
        self._space = replace(space, run_id=self._plan.run_id)

    def run(self) -> Run:
        """Step by step."""
        count = self._run_step("archives", self._index)
        ranges = PageRanges(count, self._plan.pages)
        bits = max(LEAST_BITS, (count * 20 // KEYS_PER_PARTITION).bit_length())
        partitions = [self._space.item("candidates", number) for number in range(2**bits)]
        self._run_step("pages", lambda: self._read(ranges, bits))
        self._run_step("identities", lambda: identities.identify(self._space, ranges))
        self._run_step("candidates", lambda: self._find_pairs(ranges, partitions))
        self._run_step("pairs", lambda: self._compare(ranges))
        reprinted = self._run_step("reprints", lambda: self._mark(ranges))
        self._run_step("days", lambda: self._write(ranges))
        return self._finish(ranges, partitions, reprinted)

    def _run_step(self, name: str, step: Callable[[], int]) -> int:
        """The count that the step returns; a finished step is not repeated."""
        done = self._space.done(name)
        if not done.exists():
            begin = monotonic()
            count = step()
            if self._space.ledger.exists():
                with self._space.ledger.open("rb") as file:
                    os.fsync(file.fileno())
            with atomic_output(done) as path:
                path.write_text(str(count), "ascii")
            self._log(f"{name}: {count:,} in {monotonic() - begin:.1f} s")
        return int(done.read_text("ascii"))

    def _index(self) -> int:
        paths = [Path(path) for path in self._plan.archives]
        parts = [self._space.archive_index(number) for number in range(len(paths))]
        items = [WorkItem(index_archive, (str(path),), part) for path, part in zip(paths, parts, strict=True)]
        for number, (item, is_done) in enumerate(self._workers.perform(items), 1):
            self._progress("archives", number, len(items))
            if not is_done:
                path = item.arguments[0]
                logger.error("worker_killed: %s ends every process that reads it; all of it is left out", path)
                index_unreadable(Path(path), item.output)
        return merge(paths, parts, self._space.index)

    def _read(self, ranges: PageRanges, bits: int) -> int:
        selection = Selection(self._request.keyword, self._request.topics, bits)
        items = (
            WorkItem(read_pages, (self._space, *bounds, selection), self._space.pages(*bounds)) for bounds in ranges
        )
        self._perform("pages", items, len(ranges))
        return ranges.count

    def _find_pairs(self, ranges: PageRanges, partitions: list[Path]) -> int:
        items = [
            WorkItem(candidates.find_pairs, (self._space, ranges, number), output)
            for number, output in enumerate(partitions)
        ]
        self._perform("candidates", items, len(items))
        return candidates.gather(partitions, self._space.pairs)

    def _compare(self, ranges: PageRanges) -> int:
        with closing(open_readonly(self._space.pairs)) as db:
            counts = db.execute("SELECT text, count(*) FROM pairs GROUP BY text ORDER BY text")
            items = list(self._items("pairs", reprints.compare_pairs, ranges, counts, PAIRS_PER_ITEM))
        self._perform("pairs", items, len(items))
        with closing(self._ledger()) as ledger:
            count = reprints.gather_pairs(ledger, [item.output for item in items])
            (texts,) = ledger.execute("SELECT coalesce(max(number), 0) FROM texts").fetchone()
            reprints.group(ledger, texts, self._space.groups)
        return count

    def _mark(self, ranges: PageRanges) -> int:
        with closing(open_readonly(self._space.groups)) as db:
            counts = db.execute("SELECT root, count(*) FROM groups GROUP BY root ORDER BY root")
            items = list(self._items("marks", reprints.mark_groups, ranges, counts, TEXTS_PER_ITEM))
        self._perform("reprints", items, len(items))
        with closing(self._ledger()) as ledger:
            return reprints.gather_marks(ledger, [item.output for item in items])

    def _items(
        self, kind: str, function: Callable[..., None], ranges: PageRanges, counts: Iterator[tuple[int, int]], most: int
    ) -> Iterator[WorkItem]:
        """Work items over ascending numbers, of about ``most`` entries each; ``counts`` has the number of entries of each number."""
        begin = index = size = 0
        for number, count in counts:
            if size and size + count > most:
                yield WorkItem(function, (self._space, ranges, begin, number), self._space.item(kind, index))
                begin, index, size = number, index + 1, 0
            size += count
        if size:
            yield WorkItem(function, (self._space, ranges, begin, 2**62), self._space.item(kind, index))

    def _write(self, ranges: PageRanges) -> int:
        with closing(open_readonly(self._space.rows)) as db:
            days = [day for (day,) in db.execute("SELECT DISTINCT day FROM rows ORDER BY day")]
        items = (WorkItem(write_day, (self._space, ranges, day), self._space.days / day) for day in days)
        self._perform("days", items, len(days))
        clear_parts(self._folder.root)
        os.sync()
        return len(days)

    def _perform(self, step: str, items: Iterable[WorkItem], count: int) -> None:
        """Performs all items of a step without the parts that kill every process. Raises StorageError where no part can be blamed."""
        failed: list[WorkItem] = []
        for number, (item, is_done) in enumerate(self._workers.perform(items), 1):
            self._progress(step, number, count)
            name = item.function.__name__
            while not is_done and (part := quarantine(item.output)) is not None:
                logger.error("worker_killed: %s %d ends every process that works on it; it is left out", name, part)
                ((_, is_done),) = self._workers.perform([item])
            failed += [] if is_done else [item]
        if failed:
            names = ", ".join(item.output.name for item in failed[:5])
            detail = f"{failed[0].function.__name__} of {names} ends every process"
            raise StorageError("work_failed", f"{detail}; all else is done, and stays done")

    def _finish(self, ranges: PageRanges, partitions: list[Path], reprinted: int) -> Run:
        started, finished = (datetime.fromisoformat(self._plan.started), datetime.now(UTC))
        run = Run(
            run_id=self._plan.run_id,
            spider="rebuild",
            arguments=self._plan.arguments,
            started=started,
            finished=finished,
            seconds=(finished - started).total_seconds(),
            reason="finished",
            drift_limit=self._request.drift_limit,
        )
        finishing.count_outcomes(self._space, ranges, run, reprinted)
        skipped = (path for path in self._space.root.glob("*/*.without") if path.parent.name != "pages")
        run.internal_errors += [
            f"worker_killed: {path.parent.name}/{path.name}: a comparison ends every process, and is left out"
            for path in skipped
        ]
        self._find_lost(ranges, run)
        if self._space.ledger.exists():
            with closing(self._ledger()) as ledger:
                ledger.execute("BEGIN")
                finishing.write_text_keys(ledger, partitions)
                finishing.end_run(ledger, run, finished, exit_code(run)[0])
                ledger.execute("COMMIT")
                ledger.execute("PRAGMA journal_mode = WAL")
            self._space.ledger.replace(self._folder.ledger)
        if self._folder.ledger.exists():
            write_card(self._folder.root)
        write_run_report(self._folder.root, run)
        os.sync()
        remnant = self._folder.root / f"{FINISHED}{secrets.token_hex(4)}"
        self._space.root.rename(remnant)  # from here on the folder is complete, whatever is left of this
        shutil.rmtree(remnant)
        return run

    def _find_lost(self, ranges: PageRanges, run: Run) -> None:
        """Compares the new ledger with those of the folders that the archives belong to."""
        ledger = self._space.ledger if self._space.ledger.exists() else self._folder.ledger
        paths = [Path(path) for path in self._plan.archives]
        for old, is_complete in old_folders(self._request.archives).items():
            rejections = finishing.rejections(self._space, ranges)
            try:
                lost = lost_articles(ledger, old, paths, rejections, is_complete=is_complete)
            except (sqlite3.Error, StorageError, ValueError) as error:
                self._log(f"{old}: {error}; whether the rebuild has all of its articles is not known")
            else:
                run.lost += [lost] if lost.reasons else []

    def _ledger(self) -> sqlite3.Connection:
        """The ledger for one step, which is all or nothing."""
        return sqlite3.connect(self._space.ledger, isolation_level=None)
