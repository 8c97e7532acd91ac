"""The whole pipeline beside a bare Scrapy spider on the same loopback pages in one run: ``python -m benchmarks.crawl``.

Both crawl the same lists and the same articles, turn by turn, each time in a new process, ours into a new folder, with the same
concurrency and without delays. A crawl lasts from the opening of its spider to its closing, so writing the files is part of
ours; what comes before is start-up. Processor time is that of the whole process. The site has a process of its own; how
fast it answers a client that does nothing else is shown, for it must not be what is measured.
"""

from __future__ import annotations

import argparse
import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from urllib.parse import urlsplit

from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from benchmarks.bare_spider import API
from benchmarks.big_site import LISTS
from benchmarks.running import ROOT, Crawl, crawl, settings

GOAL = 0.6
SAME: dict[str, object] = {
    "DOWNLOAD_DELAY": 0,
    "CONCURRENT_REQUESTS": 8,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 8,
    "AUTOTHROTTLE_ENABLED": 0,
    "LOG_LEVEL": "INFO",
}
"""Settings of all."""
OURS = "govnews_spider"
OWN: dict[str, dict[str, object]] = {OURS: {}, f"{OURS}, no archive": {"GOVNEWS_ARCHIVE": 0}}
"""Name → further settings. What is archived costs its packing, for the site sends its pages as they are."""
BARE: dict[str, dict[str, object]] = {"bare Scrapy": {}, "bare Scrapy, one item at a time": {"CONCURRENT_ITEMS": 1}}
"""Name → further settings. For each response Scrapy makes CONCURRENT_ITEMS tasks, 100 as it comes; one is its fastest."""


@contextmanager
def site(articles: int) -> Iterator[str]:
    """The origin of a site that runs meanwhile; leaving the block closes its standard input, by which it ends."""
    line = [sys.executable, "-m", "benchmarks.big_site", str(articles)]
    with subprocess.Popen(line, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # a pipe was asked for
        yield process.stdout.readline().strip()


def run(name: str, origin: str) -> Crawl:
    """One crawl of all lists of the site."""
    with TemporaryDirectory(prefix="govnews-bench-") as name_of_folder:
        folder = Path(name_of_folder)
        line, cwd = (_ours(origin, folder, OWN[name]), ROOT) if name in OWN else (_bare(origin, BARE[name]), folder)
        return crawl(line, folder / "log", cwd=cwd, counted="response_received_count")


def _ours(origin: str, folder: Path, further: dict[str, object]) -> list[str]:
    own = {"GOVNEWS_DATA": folder / "data", "GOVNEWS_GATEWAY": origin, "GOVNEWS_STALE_AFTER": 0}
    return [sys.executable, "-m", "scrapy", "crawl", "sina_gov", *settings(SAME | own | further)]


def _bare(origin: str, further: dict[str, object]) -> list[str]:
    line = [sys.executable, "-m", "scrapy", "runspider", str(ROOT / "benchmarks" / "bare_spider.py")]
    return [*line, "-a", f"gateway={origin}", "-a", f"lids={','.join(map(str, LISTS))}", *settings(SAME | further)]


def ceiling_of(origin: str, pages: int = 500) -> float:
    """Article pages a second that the site gives to one client on one connection, which reads them and no more."""
    connection = http.client.HTTPConnection(urlsplit(origin).netloc)
    connection.request("GET", "/" + API.format(lid=LISTS[0], page=1))
    urls = [row["url"] for row in json.load(connection.getresponse())["result"]["data"]]
    begin = perf_counter()
    for number in range(pages):
        connection.request("GET", f"/{urls[number % len(urls)]}")
        connection.getresponse().read()
    seconds = perf_counter() - begin
    connection.close()
    return pages / seconds


def measure(origin: str, rounds: int) -> dict[str, list[Crawl]]:
    """Name → its crawls; every round has one of each."""
    made: dict[str, list[Crawl]] = {name: [] for name in (*BARE, *OWN)}
    for _ in range(rounds):
        for name, crawls in made.items():
            crawls.append(run(name, origin))
    return made


def table(made: dict[str, list[Crawl]]) -> Table:
    """A line each; rates and costs are of the best round, and ours is so many times each of the others."""
    shown = Table(box=MARKDOWN)
    shown.add_column("crawl", no_wrap=True)
    heads = ("pages", "pages/s", "median", "ours ÷ it", "ms of processor", "it ÷ ours", "start-up, s")
    for head in heads:
        shown.add_column(head, justify="right")
    rates = {name: [crawl.count / crawl.open for crawl in crawls] for name, crawls in made.items()}
    costs = {name: min(crawl.cpu / crawl.count for crawl in crawls) * 1e3 for name, crawls in made.items()}
    for name, crawls in made.items():
        shown.add_row(
            name,
            f"{crawls[0].count:,}",
            f"{max(rates[name]):.0f}",
            f"{median(rates[name]):.0f}",
            f"{max(rates[OURS]) / max(rates[name]):.2f}",
            f"{costs[name]:.2f}",
            f"{costs[name] / costs[OURS]:.2f}",
            f"{min(crawl.wall - crawl.open for crawl in crawls):.2f}",
        )
    return shown


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crawl", description=__doc__)
    parser.add_argument("--articles", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    console = Console(width=max(120, Console().width), highlight=False)
    with site(options.articles) as origin:
        rate = ceiling_of(origin)
        made = measure(origin, options.rounds)
    console.print(f"{options.rounds} rounds; the site alone gives {rate:,.0f} pages/s. Goal: {GOAL} of bare Scrapy.")
    console.print(table(made))


if __name__ == "__main__":
    main()
