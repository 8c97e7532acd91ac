"""Archives -> a dataset, by today's stages, in work items on any executor.

Every archived page is read again, then identities, revisions and reprints are found over the whole corpus, then each day is written.
What comes out is what the crawls themselves would have stored: each step calls the functions that they call. Each step leaves files
in ``.rebuild``, so a rebuild that was interrupted, however, goes on where it was when it is called again.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Final

from govnews_spider.archive.lookup import archives
from govnews_spider.ledger.lock import hold
from govnews_spider.rebuild import candidates, finishing, identities, reprints
from govnews_spider.rebuild.days import write_day
from govnews_spider.rebuild.indexing import index_archive, merge, unreadable
from govnews_spider.rebuild.page_files import Shares
from govnews_spider.rebuild.pages import Wanted, read_pages
from govnews_spider.rebuild.work_items import (
    ExecutorSpec,
    Item,
    WorkerPool,
    atomic_output,
    code,
    open_readonly,
    quarantine,
)
from govnews_spider.rebuild.workspace import Workspace
from govnews_spider.runs.dataset_card import write_card
from govnews_spider.runs.run import Run, exit_code
from govnews_spider.runs.saved_runs import write_run_report
from govnews_spider.storage.atomic import clear_parts
from govnews_spider.storage.errors import StorageError, storage_error
from govnews_spider.storage.layout import DATASETS, DataFolder
from govnews_spider.storage.writers import derived_writers

__all__ = ["Order", "rebuild"]

logger = logging.getLogger(__name__)

PAIRS_AN_ITEM: Final = 2_000
TEXTS_AN_ITEM: Final = 2_000
KEYS_A_PART: Final = 1_000_000
"""Keys of texts that one work item sorts, in 16 bytes each."""
LEAST_BITS: Final = 2
DONE: Final = ".rebuilt-"
"""With what the name of a workspace begins that is about to be deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildRequest:
    """What is to be rebuilt."""

    archives: Sequence[Path]
    """Files, or folders of them."""
    data: Path
    """The folder that is made."""
    keyword: str | None = None
    topics: tuple[str, ...] | None = None
    pages: int = 500
    """Pages of a work item; a rebuild that goes on keeps to what it was begun with."""
    drift_limit: float = 1.0
    """Share of pages that may show signs of a changed template."""

    def told(self) -> dict[str, str]:
        """As a run report names it."""
        told = {"from": ",".join(str(path.absolute()) for path in self.archives), "to": str(self.data.absolute())}
        told |= {"keyword": self.keyword or "", "topics": ",".join(self.topics or ())}
        return {name: value for name, value in told.items() if value}


def rebuild(
    order: RebuildRequest,
    crew: ExecutorSpec,
    say: Callable[[str], None] = logger.info,
    progress: Callable[[str, int, int], None] = lambda step, done, of: None,
) -> Run:
    """Makes the dataset, or goes on making it; returns the run's account.

    ``say`` is told what was done, a line a step; ``progress`` how many work items of a step are done, and how many there are.

    Raises Fault: ``target_exists`` for a folder that has other data, ``no_archives``, ``ledger_held`` where another one works on it,
    ``no_workers``, ``work_failed`` where a day or the like could not be made, and what keeps files from being written.
    """
    data = order.data.absolute()
    try:
        with hold(DataFolder(data).ledger), WorkerPool(crew) as hands:
            return _Rebuild(order, Workspace(data), hands, say, progress).run()
    except (OSError, sqlite3.Error) as error:
        raise storage_error(error, data) from error


class _Rebuild:
    def __init__(
        self,
        order: RebuildRequest,
        space: Workspace,
        hands: WorkerPool,
        say: Callable[[str], None],
        progress: Callable[[str, int, int], None],
    ) -> None:
        self._order, self._space, self._hands, self._say, self._progress = order, space, hands, say, progress
        self._plan = self._planned()
        self._space = replace(space, run_id=self._plan["run_id"])

    def run(self) -> Run:
        """Step by step."""
        count = self._once("archives", self._index)
        shares = Shares(count, self._plan["pages"])
        bits = max(LEAST_BITS, (count * 20 // KEYS_A_PART).bit_length())
        self._once("pages", lambda: self._read(shares, bits))
        self._once("identities", lambda: identities.identify(self._space, shares))
        self._once("candidates", lambda: self._find_pairs(shares, bits))
        self._once("pairs", lambda: self._judge(shares))
        reprinted = self._once("reprints", lambda: self._mark(shares))
        self._once("days", lambda: self._write(shares))
        return self._finish(shares, bits, reprinted)

    def _planned(self) -> dict[str, Any]:
        """What is rebuilt, as it was decided when the rebuild was begun; one that was begun by another version is begun anew."""
        for remnant in self._space.data.glob(f"{DONE}*"):
            shutil.rmtree(remnant)
        wanted = {"code": code(), "told": self._order.told()}
        found = [*{path.resolve(): str(path.absolute()) for path in archives(self._order.archives)}.values()]
        if self._space.plan.exists():
            plan: dict[str, Any] = json.loads(self._space.plan.read_text("ascii"))
            if {name: plan[name] for name in wanted} == wanted:
                return self._gone_on(plan, found)
            self._say(f"{plan['run_id']} was begun by another version or with other arguments: it is begun anew")
            outputs = (kind.pattern.partition("/")[0] for kind in derived_writers().values())
            for name in (*DATASETS, *outputs, "rejected", "runs", self._space.root.name):
                shutil.rmtree(self._space.data / name, ignore_errors=True)
            DataFolder(self._space.data).ledger.unlink(missing_ok=True)
        if there := [path.name for path in self._space.data.iterdir() if not path.name.startswith(".")]:
            told = f"{self._space.data}: {', '.join(sorted(there)[:3])} is there already, perhaps of a rebuild that is finished"
            raise StorageError("target_exists", f"{told}; name another folder, or delete it")
        if not found:
            names = ", ".join(map(str, self._order.archives))
            raise StorageError("no_archives", f"{names}: no .warc, .warc.gz or .wacz file there")
        if odd := [name for name in found if not name.isprintable()]:
            raise StorageError(
                "bad_name", f"{odd[0]!a}: the archive's name is no UTF-8, and no row could name it; rename it"
            )
        started = datetime.now(UTC)
        run_id = f"{started:%Y%m%dT%H%M%SZ}-rebuild-{secrets.token_hex(2)}"
        begun = {"run_id": run_id, "started": started.isoformat(), "boot": _boot(), "pages": self._order.pages}
        plan = {**wanted, **begun, "archives": found}
        with atomic_output(self._space.plan) as path:
            path.write_text(json.dumps(plan, indent=1), "ascii")
        return plan

    def _gone_on(self, plan: dict[str, Any], found: list[str]) -> dict[str, Any]:
        """The plan, which is kept to."""
        self._say(f"goes on with {plan['run_id']}")
        if more := set(found) - set(plan["archives"]):
            self._say(
                f"{len(more)} archives have come since it was begun, and are not read: rebuild once more for those"
            )
        if plan["boot"] != _boot():  # the files of days are not made durable one by one
            shutil.rmtree(self._space.root / "days", ignore_errors=True)
            (self._space.root / "done" / "days").unlink(missing_ok=True)
        return plan

    def _once(self, name: str, step: Callable[[], int]) -> int:
        """What the step counts; a step that was done before is not done again."""
        done = self._space.root / "done" / name
        if not done.exists():
            begun = monotonic()
            count = step()
            if self._space.ledger.exists():
                with self._space.ledger.open("rb") as file:
                    os.fsync(file.fileno())
            with atomic_output(done) as path:
                path.write_text(str(count), "ascii")
            self._say(f"{name}: {count:,} in {monotonic() - begun:.1f} s")
        return int(done.read_text("ascii"))

    def _index(self) -> int:
        paths = [Path(path) for path in self._plan["archives"]]
        parts = [self._space.indexed(number) for number in range(len(paths))]
        items = [Item(index_archive, (str(path),), part) for path, part in zip(paths, parts, strict=True)]
        for number, (item, is_done) in enumerate(self._hands.perform(items), 1):
            self._progress("archives", number, len(items))
            if not is_done:
                logger.error(
                    "worker_killed: %s ends every process that reads it; all of it is left out", item.arguments[0]
                )
                unreadable(Path(item.arguments[0]), item.output)
        return merge(paths, parts, self._space.index)

    def _read(self, shares: Shares, bits: int) -> int:
        wanted = Wanted(self._order.keyword, self._order.topics, bits)
        items = (
            Item(read_pages, (self._space, begin, end, wanted), self._space.pages(begin, end)) for begin, end in shares
        )
        self._perform("pages", items, len(range(0, shares.count, shares.size)))
        return shares.count

    def _find_pairs(self, shares: Shares, bits: int) -> int:
        parts = [self._space.item("candidates", part) for part in range(2**bits)]
        items = (Item(candidates.find_pairs, (self._space, shares, number), part) for number, part in enumerate(parts))
        self._perform("candidates", items, len(parts))
        return candidates.gather(parts, self._space.pairs)

    def _judge(self, shares: Shares) -> int:
        with closing(open_readonly(self._space.pairs)) as db:
            counts = db.execute("SELECT text, count(*) FROM pairs GROUP BY text ORDER BY text")
            items = list(self._shares("pairs", reprints.judge_pairs, shares, counts, PAIRS_AN_ITEM))
        self._perform("pairs", items, len(items))
        with closing(self._ledger()) as ledger:
            count = reprints.gather_pairs(ledger, [item.output for item in items])
            (texts,) = ledger.execute("SELECT coalesce(max(number), 0) FROM texts").fetchone()
            reprints.group(ledger, texts, self._space.groups)
        return count

    def _mark(self, shares: Shares) -> int:
        with closing(open_readonly(self._space.groups)) as db:
            counts = db.execute("SELECT root, count(*) FROM groups GROUP BY root ORDER BY root")
            items = list(self._shares("marks", reprints.mark_groups, shares, counts, TEXTS_AN_ITEM))
        self._perform("reprints", items, len(items))
        with closing(self._ledger()) as ledger:
            return reprints.gather_marks(ledger, [item.output for item in items])

    def _shares(
        self, kind: str, function: Callable[..., None], shares: Shares, counts: Iterator[tuple[int, int]], most: int
    ) -> Iterator[Item]:
        """Work items of about so many things each, over numbers that come with how many there are of each."""
        begin = number = held = 0
        for key, count in counts:
            if held and held + count > most:
                yield Item(function, (self._space, shares, begin, key), self._space.item(kind, number))
                begin, number, held = key, number + 1, 0
            held += count
        if held:
            yield Item(function, (self._space, shares, begin, 2**62), self._space.item(kind, number))

    def _write(self, shares: Shares) -> int:
        with closing(open_readonly(self._space.rows)) as db:
            days = [day for (day,) in db.execute("SELECT DISTINCT day FROM rows ORDER BY day")]
        items = (Item(write_day, (self._space, shares, day), self._space.root / "days" / day) for day in days)
        self._perform("days", items, len(days))
        clear_parts(self._space.data)
        os.sync()
        return len(days)

    def _perform(self, step: str, items: Iterable[Item], count: int) -> None:
        """All items of a step; a part of one that ends every process is left out of it. Raises Fault where no such part can be told."""
        failed: list[Item] = []
        for number, (item, is_done) in enumerate(self._hands.perform(items), 1):
            self._progress(step, number, count)
            while not is_done and (part := quarantine(item.output)) is not None:
                logger.error(
                    "worker_killed: %s %d ends every process that works on it; it is left out",
                    item.function.__name__,
                    part,
                )
                ((_, is_done),) = self._hands.perform([item])
            failed += [] if is_done else [item]
        if failed:
            names = ", ".join(item.output.name for item in failed[:5])
            raise StorageError(
                "work_failed",
                f"{failed[0].function.__name__} of {names} ends every process; all else is done, and stays done",
            )

    def _finish(self, shares: Shares, bits: int, reprinted: int) -> Run:
        started, finished = (datetime.fromisoformat(self._plan["started"]), datetime.now(UTC))
        run = Run(
            run_id=self._plan["run_id"],
            spider="rebuild",
            arguments=self._plan["told"],
            started=started,
            finished=finished,
            seconds=(finished - started).total_seconds(),
            reason="finished",
            drift_limit=self._order.drift_limit,
        )
        finishing.account(self._space, shares, run, reprinted)
        skipped = [
            f"{path.parent.name}/{path.name}"
            for path in self._space.root.glob("*/*.without")
            if path.parent.name != "pages"
        ]
        run.internal_errors += [
            f"worker_killed: {name}: a comparison ends every process, and is left out" for name in skipped
        ]
        if self._space.ledger.exists():
            with closing(self._ledger()) as ledger:
                ledger.execute("BEGIN")
                finishing.finish_texts(ledger, [self._space.item("candidates", part) for part in range(2**bits)])
                finishing.end_run(ledger, run, finished, exit_code(run)[0])
                ledger.execute("COMMIT")
                ledger.execute("PRAGMA journal_mode = WAL")
            self._space.ledger.replace(DataFolder(self._space.data).ledger)
        if DataFolder(self._space.data).ledger.exists():
            write_card(self._space.data)
        write_run_report(self._space.data, run)
        os.sync()
        gone = self._space.data / f"{DONE}{secrets.token_hex(4)}"
        self._space.root.rename(gone)  # from here on the folder is whole, whatever is still left of this
        shutil.rmtree(gone)
        return run

    def _ledger(self) -> sqlite3.Connection:
        """For one step, which is all or nothing."""
        return sqlite3.connect(self._space.ledger, isolation_level=None)


def _boot() -> str:
    """Which start of the system this is; "" where it does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""
