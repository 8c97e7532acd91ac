"""Cost of topics and regions by the length of the text, and their share of a page's time: ``python -m benchmarks.describe``.

The texts of the table are the seeds' own, joined and cut to length; the first call, which reads the lexicons, is measured apart. The share
is that of ``describe`` in all that ``extract`` does with a page, each page at its best round.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from statistics import fmean
from time import perf_counter

from benchmarks import pages
from govnews_spider.core import Rejected, extract
from govnews_spider.core.documents.front_matter import loads
from govnews_spider.core.regions.resolve import regions_of
from govnews_spider.core.stages.clean import clean
from govnews_spider.core.stages.describe import describe
from govnews_spider.core.stages.topics import topics_of

SEEDS = Path(__file__).parents[1] / "seeds"
LENGTHS = (300, 1_500, 6_000)
CALLS = 200
ROUNDS = 5


def microseconds(work: Callable[[], object], calls: int = CALLS) -> float:
    """The best of some rounds, a call."""
    best = float("inf")
    for _ in range(ROUNDS):
        begin = perf_counter()
        for _ in range(calls):
            work()
        best = min(best, perf_counter() - begin)
    return best / calls * 1e6


def show_share() -> None:
    """Print what a page takes in all, and what of that topics and regions do."""
    which, found = pages.load()
    whole, part = [], []
    for page in found:
        with suppress(Rejected):
            article = extract(page.data, url=page.url)
            whole.append(microseconds(lambda data=page.data, url=page.url: extract(data, url=url), 5))
            part.append(microseconds(lambda article=article: describe(article), 5))
    share, most = fmean(part) / fmean(whole), max(map(float.__truediv__, part, whole))
    print(f"\n{len(whole)} {which}: {fmean(whole):.0f} µs a page, of which topics and regions {fmean(part):.0f} µs")
    print(f"{share:.1%} of a page's time, {most:.1%} of the page where it is most")


def main() -> None:
    """Print the table, then the share: what is called first reads the lexicons."""
    articles = [clean(loads(path.read_text("utf-8"), name=path.name)) for path in sorted(SEEDS.glob("*.txt"))]
    title, text = articles[0].title, "\n".join(article.text for article in articles) * 8
    print(f"{'part':<10}{'characters':>12}{'µs a text':>12}{'first call, ms':>16}")
    for name, work in (("topics", topics_of), ("regions", regions_of)):
        begin = perf_counter()
        work(title, "")
        first = f"{(perf_counter() - begin) * 1e3:.0f}"
        for length in LENGTHS:
            print(f"{name:<10}{length:>12,}{microseconds(partial(work, title, text[:length])):>12.0f}{first:>16}")
    show_share()


if __name__ == "__main__":
    main()
