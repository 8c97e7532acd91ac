"""One damaged page: made from its seed, read, and judged."""

from __future__ import annotations

import json
import signal
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median
from time import process_time
from types import FrameType
from typing import Final

from benchmarks.fuzz.invariants import broken, broken_rejection
from benchmarks.fuzz.mutations import Draft, mutated
from govnews_spider.article import Article, Rejected
from govnews_spider.core import extract
from govnews_spider.html.encoding import decode
from tests.support.real_paths import REAL

ROOT: Final = Path(__file__).parents[2]
TIMES: Final = 100
"""Times the usual that a page may take."""
PATIENCE: Final = 60
"""Seconds after which a page is given up."""


class TooSlow(BaseException):
    """Beyond any ``except Exception`` that it may be raised in."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the page of a seed; ``failures`` is empty for a good one, ``seconds`` is processor time."""

    seed: int
    damage: str
    verdict: str
    failures: tuple[str, ...]
    seconds: float
    size: int


def own_pages() -> list[Draft]:
    """The pages of the tests."""
    pages = sorted((ROOT / "tests/pages").glob("*/*.html"))
    return [_draft(page, json.loads(page.with_suffix(".json").read_text("utf-8"))["url"]) for page in pages]


def all_pages() -> list[Draft]:
    """Those and, where they lie beside the project, real ones."""
    real = sorted(REAL.glob("html/*.html"))
    golds = (json.loads((REAL / "gold" / f"{page.stem}.json").read_text("utf-8")) for page in real)
    return own_pages() + [_draft(page, gold["url"] or "") for page, gold in zip(real, golds, strict=True)]


def _draft(page: Path, url: str) -> Draft:
    decoded = decode(page.read_bytes())
    return Draft(decoded.text, decoded.encoding, url)


def damaged(seed: int, pages: Sequence[Draft]) -> tuple[bytes, Draft, str]:
    """The page of a seed: its bytes, what it is served as, and what was done to it."""
    rng = Random(seed)
    return mutated(rng, rng.choice(pages), rng.choice(pages))


def check(seed: int, pages: Sequence[Draft], limit: float) -> Outcome:
    """What becomes of the page of a seed; ``limit`` is the seconds that it may take."""
    data, draft, damage = damaged(seed, pages)
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(PATIENCE)
    try:
        result, seconds = _timed(data, draft, limit)
        verdict = result.slug if isinstance(result, Rejected) else "article"
        failures = broken_rejection(result) if isinstance(result, Rejected) else broken(result)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  # whatever it is, a panic in Rust too, it is what we look for
        verdict, failures, seconds = "exception", [traceback.format_exc(limit=-2)], 0.0
    finally:
        signal.alarm(0)
    if seconds > limit:
        failures.append(
            f"slow: {seconds * 1e3:.0f} ms, {seconds / limit * TIMES:.0f} times the median, for {len(data):,} bytes"
        )
    return Outcome(seed, damage, verdict, tuple(failures), seconds, len(data))


def _timed(data: bytes, draft: Draft, limit: float) -> tuple[Article | Rejected, float]:
    """The result and its time; a page over the limit is measured once more, for the collector of garbage may have been at work."""
    best = float("inf")
    for _ in range(2):
        begin = process_time()
        try:
            result: Article | Rejected = extract(data, url=draft.url, content_type=draft.content_type)
        except Rejected as rejected:
            result = rejected
        best = min(best, process_time() - begin)
        if best <= limit:
            break
    return result, best


def _give_up(_: int, frame: FrameType | None) -> None:
    raise TooSlow(f"{PATIENCE} s")


def usual_time(pages: Sequence[Draft]) -> float:
    """Median of the seconds that the undamaged pages take, each the best of three."""
    return median(min(_timed(page.text.encode(page.encoding), page, 60)[1] for _ in range(3)) for page in pages)
