"""Cost of a rebuild: ``python -m benchmarks.rebuild``, or with ``--quick`` a tenth of everything.

The archives hold generated pages of real size, as a crawl leaves them. The floor is :func:`govnews_spider.core.api.extract` over the same
pages, held in memory, and the writing of their day files and posts, in one process. In the same run: one process, two, a Dask cluster of
two workers, and one process with a quarter of the pages, for its memory.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from benchmarks.big_site import LISTS, big_page
from benchmarks.running import ROOT
from benchmarks.texts import many
from govnews_spider.archive.exchange import Exchange
from govnews_spider.archive.pages import ArchivedPage, pages
from govnews_spider.archive.writer import ArchiveWriter
from govnews_spider.article import Article
from govnews_spider.core import extract
from govnews_spider.sina.roll import PAGE_SIZE, list_url
from govnews_spider.sina.sections import find
from govnews_spider.storage.writers import WRITERS
from tests.site import Catalog, Page, roll
from tests.site.model import Block
from tests.support.dask_cluster import Cluster

PAGES, A_DAY = 20_000, 100
AT_ONCE = 1_000
"""Pages that the floor holds in memory."""
GOAL_TWO, GOAL_FLOOR, GOAL_MEMORY = 1.7, 1.3, 1.1


@dataclass(slots=True)
class Rebuilt:
    """What one rebuild took."""

    seconds: float
    memory: dict[int, float] = field(default_factory=dict)
    """The most memory that each of its processes had, MiB; the first is that which gives out the work."""


def make_archives(folder: Path, count: int) -> None:
    """Archives of a crawl over ``count`` pages, a hundred a day, with the lists that named them; a tenth are reprints."""
    days = [date(2021, 1, 1) + timedelta(days=number) for number in range(count // A_DAY)]
    catalog = Catalog.generate(seed=6, lists=list(LISTS), days=days, count=count)
    bodies = [tuple(Block("p", line) for line in text.split("\n")) for text in many(count, 6)]
    for number, article in enumerate(catalog.articles):
        catalog.articles[number] = replace(article, blocks=bodies[number - number % 10 // 9])
    with ArchiveWriter(
        folder,
        "20231231T040000Z-sina_gov-0001",
        {"software": "govnews_spider/0", "spider": "sina_gov"},
        largest=100_000_000,
    ) as made:
        for number, (url, page) in enumerate(_answers(catalog)):
            at = datetime(2023, 12, 31, 4, tzinfo=UTC) + timedelta(seconds=number)
            headers = tuple(page.headers.items())
            made.add(Exchange(url=url, at=at, status=page.status, headers=headers, body=page.body))


def _answers(catalog: Catalog) -> Iterator[tuple[str, Page]]:
    for lid in LISTS:
        rows = [roll.row(article, oid=number) for number, article in enumerate(catalog.of(lid))]
        for page in range(1, len(rows) // PAGE_SIZE + 2):
            url = list_url(find(str(lid)), page)
            yield url, roll.answer(url, {lid: rows})
    for article in catalog.articles:
        yield article.url, big_page(article)


def floor(archives: Path, data: Path) -> tuple[float, float]:
    """Seconds to extract all pages and to write their files; and those to read them out of the archives."""
    spent, found, begun = 0.0, _pages(archives), time.perf_counter()
    by_day: dict[date, list[Article]] = defaultdict(list)
    while batch := list(islice(found, AT_ONCE)):
        begin = time.perf_counter()
        for page in batch:
            article = extract(page.response.body, url=page.response.url, content_type=page.content_type)
            article.first_seen = article.fetched_at = page.response.at
            by_day[article.day].append(article)
        spent += time.perf_counter() - begin
    reading = time.perf_counter() - begun - spent
    begin = time.perf_counter()
    writers = [writer(data) for writer in WRITERS.values()]
    for day, articles in by_day.items():
        for writer in writers:
            writer.write(day, articles)
            writer.flush()
    return spent + time.perf_counter() - begin, reading


def _pages(archives: Path) -> Iterator[ArchivedPage]:
    for path in sorted(archives.glob("*.warc.gz")):
        yield from (page for page in pages(path) if isinstance(page, ArchivedPage))


def rebuild(archives: Path, data: Path, *crew: str) -> Rebuilt:
    """``scrapy rebuild`` in a process of its own; raises RuntimeError where it fails."""
    line = [sys.executable, "-m", "scrapy", "rebuild", "--from", str(archives), "--to", str(data), *crew]
    begin, log = time.perf_counter(), data.with_suffix(".log")
    with (
        log.open("w") as file,
        subprocess.Popen([*line, "-s", f"GOVNEWS_DATA={data}.old"], cwd=ROOT, stdout=file, stderr=file) as run,
    ):
        done = Rebuilt(0.0, {run.pid: 0.0})
        while run.poll() is None:
            _look(run.pid, done.memory)
            time.sleep(0.05)
        done.seconds = time.perf_counter() - begin
    if run.returncode:
        raise RuntimeError(f"rebuild_failed: exit code {run.returncode}:\n{log.read_text()[-2000:]}")
    return done


def _look(pid: int, memory: dict[int, float]) -> None:
    """Notes the most memory that a process and those under it have had until now."""
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.Error, OSError, StopIteration):
                lines = Path(f"/proc/{one.pid}/status").read_text().splitlines()
                most = next(line for line in lines if line.startswith("VmHWM:"))
                memory[one.pid] = int(most.split()[1]) / 1024


def measure(folder: Path, count: int) -> tuple[dict[str, tuple[int, Rebuilt]], tuple[float, float]]:
    """Name → pages and what their rebuild took; and the floor's seconds."""
    few, many = folder / "few", folder / "many"
    make_archives(few, count // 4)
    make_archives(many, count)
    done = {"1 process, a quarter": (count // 4, rebuild(few, folder / "quarter", "--workers", "1"))}
    done["1 process"] = (count, rebuild(many, folder / "one", "--workers", "1"))
    least = floor(many, folder / "floor")
    done["2 processes"] = (count, rebuild(many, folder / "two", "--workers", "2"))
    with Cluster(folder / "cluster") as cluster:
        done["Dask, 2 workers"] = (count, rebuild(many, folder / "dask", "--scheduler", cluster.address))
        for worker in cluster.workers:
            _look(worker, done["Dask, 2 workers"][1].memory)
    return done, least


def main() -> int:
    """1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rebuild", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the pages")
    count = PAGES // 10 if parser.parse_args().quick else PAGES
    with TemporaryDirectory(prefix="govnews-bench-") as folder:
        done, least = measure(Path(folder), count)
    one, shown = done["1 process"][1], Table("rebuild", box=MARKDOWN)
    for column in (
        "pages",
        "seconds",
        "ms a page",
        "times faster than 1",
        "memory, who gives out",
        "memory, who works",
    ):
        shown.add_column(column, justify="right")
    for name, (number, took) in done.items():
        first, *others = took.memory.values()
        faster = one.seconds / took.seconds if number == count else 0
        shown.add_row(
            *(
                name,
                f"{number:,}",
                f"{took.seconds:.1f}",
                f"{took.seconds / number * 1e3:.2f}",
                f"{faster:.2f}" if faster else "",
            ),
            *(f"{first:.0f} MiB", f"{max(others):.0f} MiB"),
        )
    for name, seconds in (("extract and write alone", least[0]), ("and read the archives", sum(least))):
        shown.add_row(name, f"{count:,}", f"{seconds:.1f}", f"{seconds / count * 1e3:.2f}", "", "", "")
    Console(width=120).print(shown)
    return int(not _goals(done, least))


def _goals(done: dict[str, tuple[int, Rebuilt]], least: tuple[float, float]) -> bool:
    quarter, one, two = (done[name][1] for name in ("1 process, a quarter", "1 process", "2 processes"))
    memory = max(one.memory.values()) / max(quarter.memory.values())
    goals = (
        (
            "2 processes, times faster than 1",
            one.seconds / two.seconds,
            GOAL_TWO,
            one.seconds / two.seconds >= GOAL_TWO,
        ),
        (
            "1 process, times extract and write",
            one.seconds / least[0],
            GOAL_FLOOR,
            one.seconds / least[0] <= GOAL_FLOOR,
        ),
        ("memory, times that of a quarter", memory, GOAL_MEMORY, memory <= GOAL_MEMORY),
    )
    for name, value, goal, is_met in goals:
        print(f"{name}: {value:.2f} (goal {goal}{'' if is_met else ', missed'})")
    return all(is_met for *_, is_met in goals)


if __name__ == "__main__":
    sys.exit(main())
