"""Checks of all run reports, each with its log of rejections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from govnews_spider.runs.rejections import read_rejections
from govnews_spider.runs.run import OUTCOMES
from govnews_spider.runs.saved_runs import read_run_report
from govnews_spider.storage.layout import DataFolder
from govnews_spider.verify.audit.findings import Finding


def runs(data: Path) -> Iterator[Finding]:
    """Reports and logs that cannot be read, or do not add up."""
    for path in DataFolder(data).run_reports():
        place = str(path.relative_to(data))
        try:
            yield from read_run_report(path, partial(_of_run, data, place))
        except ValueError as error:
            yield Finding("unreadable_report", place, str(error))
    for path in DataFolder(data).rejection_logs():
        try:
            _slugs(path)
        except ValueError as error:
            yield Finding("unreadable_report", str(path.relative_to(data)), str(error))


def _of_run(data: Path, place: str, report: dict[str, Any]) -> list[Finding]:
    findings: list[Finding] = []
    balance, left = report["balance"], report["unaccounted"]
    outcomes = sum(balance[name] for name in OUTCOMES)
    if balance["seen"] != outcomes + left:
        findings.append(
            Finding("wrong_balance", place, f"{balance['seen']} seen, {outcomes} accounted for, {left} left")
        )
    elif left < 0 or (left and report["exit_code"] != 130 and report["reason"] == "finished"):
        findings.append(Finding("wrong_balance", place, f"it ended by itself, and {left} articles have no outcome"))
    counts = Counter({slug: count for slug, count in report["slugs"].items() if slug != "off_topic" and count})
    path = DataFolder(data).rejection_log(report["run_id"])
    try:
        lines = _slugs(path)
    except ValueError:
        return findings  # the log itself has one
    missing, extra = counts - lines, lines - counts
    if extra or (missing and not report["faults"]):  # a full disk took no lines, and the report says so
        differ = ", ".join(f"{slug} {lines[slug]} of {counts[slug]}" for slug in sorted(missing | extra))
        detail = f"its lines against the counts of {place}: {differ}"
        findings.append(Finding("rejections_differ", f"rejected/{path.name}", detail))
    return findings


def _slugs(path: Path) -> Counter[str]:
    """Slug → lines of the log; raises ValueError for a line that cannot be read."""
    return Counter(slug for (slug,) in read_rejections(path, "slug"))
