"""Checks of the run reports, each with its log of rejections."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from govnews_spider.runs.run import OUTCOMES
from govnews_spider.storage.layout import DataFolder
from govnews_spider.verify.audit.findings import Finding


def runs(data: Path) -> Iterator[Finding]:
    """Reports and logs that cannot be read, or do not add up."""
    for path in DataFolder(data).run_reports():
        place = str(path.relative_to(data))
        try:
            yield from _run(data, place, json.loads(path.read_bytes()))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            yield Finding("unreadable_report", place, f"{type(error).__name__}: {error}")
    for path in DataFolder(data).rejection_logs():
        try:
            _slugs(path)
        except ValueError as error:
            yield Finding("unreadable_report", str(path.relative_to(data)), str(error))


def _run(data: Path, place: str, report: dict[str, Any]) -> Iterator[Finding]:
    balance, left = report["balance"], report["unaccounted"]
    outcomes = sum(balance[name] for name in OUTCOMES)
    if balance["seen"] != outcomes + left:
        yield Finding("wrong_balance", place, f"{balance['seen']} seen, {outcomes} accounted for, {left} left")
    elif left < 0 or (left and report["exit_code"] != 130 and report["reason"] == "finished"):
        yield Finding("wrong_balance", place, f"it ended by itself, and {left} articles have no outcome")
    told = Counter({slug: count for slug, count in report["slugs"].items() if slug != "off_topic" and count})
    path = DataFolder(data).rejection_log(report["run_id"])
    try:
        logged = _slugs(path)
    except ValueError:
        return  # told of the log itself
    missing, extra = told - logged, logged - told
    if extra or (missing and not report["faults"]):  # a full disk took no lines, and said so
        differ = ", ".join(f"{slug} {logged[slug]} of {told[slug]}" for slug in sorted(missing | extra))
        yield Finding(
            "rejections_differ", f"rejected/{path.name}", f"its lines against the counts of {place}: {differ}"
        )


def _slugs(path: Path) -> Counter[str]:
    """Slug → lines; empty where there is no log. Raises ValueError for a line that cannot be read.

    The last line may break off: so does the log of a run that was killed.
    """
    slugs: Counter[str] = Counter()
    if not path.exists():
        return slugs
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith(b"\n"):
                break
            try:
                slugs[json.loads(line)["slug"]] += 1
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"line {number}: {type(error).__name__}: {error}") from error
    return slugs
