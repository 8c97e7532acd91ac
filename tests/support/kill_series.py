"""Crawls of the loopback site that are killed again and again, until one ends by itself."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from tests.site import Catalog, SinaSite
from tests.support.crawls import ROOT, command, crawl
from tests.support.dataset_snapshot import DatasetSnapshot

LIDS = (1687, 1689)
DAYS = tuple(date(2021, 11, day) for day in range(20, 26))
NEWEST = ("sections=" + ",".join(str(lid) for lid in LIDS),)
BACKFILL = (*NEWEST, f"since={DAYS[0]}", f"until={DAYS[-1]}")
LAST_DAYS = (*NEWEST, f"since={DAYS[len(DAYS) // 2]}", f"until={DAYS[-1]}")
REVISED = (*NEWEST, "revisit=9999d")
SERIES = ("newest", "period", "grown", "revised", "widened")
PHASES = ("start-up", "lists", "fetching", "flushing", "closing")
OFTEN, SELDOM = 7, 1000
"""Rows between two flushes: in the midst of all fetching, or at the end only."""


def catalog_of(articles: int, seed: int) -> Catalog:
    """The articles of a site with two lists over six days; some stand in both lists, every fifth repeats another one."""
    return Catalog.generate(seed=seed, lists=list(LIDS), days=list(DAYS), count=articles, reprints=5)


def series_of(seed: int) -> str:
    """Of five pairs of seeds that follow each other, each has another of :data:`SERIES`."""
    return SERIES[seed // 2 % len(SERIES)]


def prepare(site: SinaSite, data: Path, series: str, catalog: Catalog) -> tuple[str, ...]:
    """Puts ``catalog`` on an empty site, and into ``data`` the result of an earlier, undisturbed crawl; returns the arguments of the next one.

    ``newest`` reads the newest rows, ``period`` a backfill; ``grown`` has crawled the oldest tenth before the rest appeared,
    ``revised`` has crawled all before every third article changed, ``widened`` the last days before it reads all of them.

    So reprints come before what they repeat within a run (``newest``, which reads the newest first), after it within a run
    (``period``, which reads earlier days first) and across runs (``grown``), and before it across runs, when their rows and posts
    have long been written (``widened``).
    """
    oldest_first = sorted(catalog.articles, key=lambda article: article.published)
    for number, article in enumerate(oldest_first):
        if series == "grown" and number == len(oldest_first) // 10:
            assert crawl(data, "sina_gov", *NEWEST, gateway=site.url).code == 0
        site.publish(article)
    if series == "revised":
        assert crawl(data, "sina_gov", *NEWEST, gateway=site.url).code == 0
        for article in oldest_first[::3]:
            site.publish(replace(article, title=f"{article.title}（更新）", original_title=None))
        return REVISED
    if series == "widened":
        assert crawl(data, "sina_gov", *LAST_DAYS, gateway=site.url).code == 0
    return BACKFILL if series in ("period", "widened") else NEWEST


class CrawlKiller:
    """Crawls a site on which :func:`prepare` has put ``catalog`` and kills each run at a moment that ``seed`` draws.

    Odd seeds flush often.
    """

    def __init__(self, site: SinaSite, data: Path, seed: int, catalog: Catalog) -> None:
        self.kills: Counter[str] = Counter()
        """By the phase of the run in which they were meant to fall."""
        self.torn = 0
        """Kills that left an export half done: posts without their rows."""
        self.vanished: set[str] = set()
        """Articles that were stored after one kill and missing after a later one."""
        self._site, self._data, self._articles = site, data, len(catalog.articles)
        self._draw = random.Random(seed)
        arguments = prepare(site, data, series_of(seed), catalog)
        flush_rows = OFTEN if seed % 2 else SELDOM
        self._line = command(data, "sina_gov", *arguments, gateway=site.url, GOVNEWS_FLUSH_ROWS=flush_rows)
        self._log = data.with_suffix(".log")

    def crawl(self, most: int = 1000) -> None:
        """Until a run ends by itself; after ``most`` kills none is killed any more.

        Raises AssertionError for a run that ends by itself with another exit code than 0, or not at all.
        """
        present: set[str] = set()
        while self._is_killed(undisturbed=self.kills.total() >= most):
            snapshot = DatasetSnapshot.read(self._data)
            before, present = present, {row["article_id"] for row in snapshot.rows}
            self.vanished |= before - present
            self.torn += len(snapshot.posts) != snapshot.keys("articles").total()

    def _is_killed(self, *, undisturbed: bool) -> bool:
        phase = self._draw.choice(PHASES)
        due, delay = self._moment(phase)
        with self._log.open("wb") as log, subprocess.Popen(self._line, cwd=ROOT, stdout=log, stderr=log) as run:
            deadline = time.monotonic() + 60
            while run.poll() is None and (undisturbed or not due()) and time.monotonic() < deadline:
                time.sleep(0.002)
            time.sleep(delay)
            run.kill()  # SIGKILL, to the whole of it: a crawl is one process
            code = run.wait()
        assert time.monotonic() < deadline, f"the run does not end: {self._tail()}"
        assert code in (0, -signal.SIGKILL), f"exit code {code}: {self._tail()}"
        self.kills[phase] += code != 0
        return code != 0

    def _moment(self, phase: str) -> tuple[Callable[[], bool], float]:
        """The condition to wait for, and the seconds to wait after it."""
        draw, requests, parts = self._draw, len(self._site.requests), _ChangeCounter(self._data / ".part")
        if phase == "start-up":
            return (lambda: True), draw.uniform(0, 0.6)
        if phase == "lists":
            return (lambda: len(self._site.requests) > requests), draw.uniform(0, 0.06)
        if phase == "fetching":
            wanted = draw.randint(5, self._articles)
            return (lambda: len(self._site.requests) >= requests + wanted), draw.uniform(0, 0.02)
        if phase == "flushing":
            wanted = draw.randint(1, 8)
            return (lambda: parts.seen() >= wanted), draw.uniform(0, 0.02)
        return (lambda: b"Closing spider" in self._log.read_bytes()), draw.uniform(0, 0.2)

    def _tail(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")[-2000:]


class _ChangeCounter:
    """Counter of a folder's changes, as far as its time of modification shows them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last, self._count = self._stamp(), 0

    def seen(self) -> int:
        before, self._last = self._last, self._stamp()
        self._count += self._last != before
        return self._count

    def _stamp(self) -> int:
        return self._folder.stat().st_mtime_ns if self._folder.exists() else 0
