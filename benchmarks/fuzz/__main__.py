"""Damaged pages by the hundred thousand: ``python -m benchmarks.fuzz --pages 100000 [--seed N]``, or ``--only SEED`` for one of them.

Each must give an article that satisfies :mod:`benchmarks.fuzz.invariants`, or a ``Rejected``, in less than 100 times the processor time of
an undamaged page (the median). Whatever else happens is a failure: it is saved and reported. Ends with 1 if there was one.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import monotonic

from benchmarks.fuzz.check import TIMES, Outcome, all_pages, damaged, usual_time
from benchmarks.fuzz.mutations import Draft
from benchmarks.fuzz.workers import outcomes


def report(found: Sequence[Outcome], usual: float, seconds: float) -> None:
    """Prints counts by verdict, the slowest pages and the result."""
    for verdict, count in Counter(outcome.verdict for outcome in found).most_common():
        print(f"{count:>9,}  {verdict}")
    print(
        f"\nSlowest (an undamaged page: {usual * 1e3:.2f} ms, damaged: {median(o.seconds for o in found) * 1e3:.2f} ms)"
    )
    for outcome in sorted(found, key=lambda outcome: -outcome.seconds)[:10]:
        times = f"{outcome.seconds / usual:.0f} times"
        print(
            f"{outcome.seconds * 1e3:>9.1f} ms {times:>10} {outcome.size:>11,} bytes  seed {outcome.seed} {outcome.damage}"
        )
    failed = sum(bool(outcome.failures) for outcome in found)
    for kind, count in Counter(kind for outcome in found for kind in _kinds(outcome)).most_common():
        print(f"{count:>9,}  FAILED {kind}")
    print(f"\n{len(found):,} pages in {seconds:.0f} s: {failed:,} failures")


def _kinds(outcome: Outcome) -> set[str]:
    """What failed, to be counted: an invariant's name, or an exception's."""
    exception = outcome.verdict == "exception"
    return {(failure.strip().split("\n")[-1] if exception else failure).split(":")[0] for failure in outcome.failures}


def _tell(outcome: Outcome, pages: Sequence[Draft], folder: Path) -> None:
    data, draft, _ = damaged(outcome.seed, pages)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{outcome.seed}.html"
    path.write_bytes(data)
    print(f"FAILED seed {outcome.seed} {outcome.damage}: {path} url={draft.url!r} content_type={draft.content_type!r}")
    print("\n".join(f"    {failure.strip()[:600]}" for failure in outcome.failures), flush=True)


def main() -> int:
    """1 if a page failed, else 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=100_000, help="how many (default: 100000)")
    parser.add_argument(
        "--seed", type=int, default=1, help="seed of the first page; the next ones count up (default: 1)"
    )
    parser.add_argument("--only", type=int, metavar="SEED", help="the page of this seed alone")
    parser.add_argument(
        "--folder", type=Path, default=Path("build/fuzz"), help="where failed pages go (default: build/fuzz)"
    )
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.pages) if options.only is None else [options.only]
    pages = all_pages()
    usual = usual_time(pages)
    begin = monotonic()
    found = []
    for outcome in outcomes(seeds, pages, usual * TIMES):
        found.append(outcome)
        if outcome.failures:
            _tell(outcome, pages, options.folder)
    report(found, usual, monotonic() - begin)
    return int(any(outcome.failures for outcome in found))


if __name__ == "__main__":
    sys.exit(main())
