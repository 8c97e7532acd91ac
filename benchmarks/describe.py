"""What topics and regions cost beside the length of the text: ``python -m benchmarks.describe``.

The texts are the seeds' own, joined and cut to length; the first call, which reads the lexicons, is measured apart.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from govnews_spider.core.clean import clean
from govnews_spider.core.documents import loads
from govnews_spider.core.regions import regions_of
from govnews_spider.core.topics import topics_of

SEEDS = Path(__file__).parents[1] / "seeds"
LENGTHS = (300, 1_500, 6_000)
CALLS = 200
ROUNDS = 5


def microseconds(work: Callable[[str, str], list[str]], title: str, text: str) -> float:
    """The best of some rounds, a call."""
    best = float("inf")
    for _ in range(ROUNDS):
        begin = perf_counter()
        for _ in range(CALLS):
            work(title, text)
        best = min(best, perf_counter() - begin)
    return best / CALLS * 1e6


def main() -> None:
    """Print the table."""
    articles = [clean(loads(path.read_text("utf-8"), name=path.name)) for path in sorted(SEEDS.glob("*.txt"))]
    title, text = articles[0].title, "\n".join(article.text for article in articles) * 8
    print(f"{'part':<10}{'characters':>12}{'µs a text':>12}{'first call, ms':>16}")
    for name, work in (("topics", topics_of), ("regions", regions_of)):
        begin = perf_counter()
        work(title, "")
        first = f"{(perf_counter() - begin) * 1e3:.0f}"
        for length in LENGTHS:
            print(f"{name:<10}{length:>12,}{microseconds(work, title, text[:length]):>12.0f}{first:>16}")


if __name__ == "__main__":
    main()
