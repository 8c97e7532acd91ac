"""The pages that extractors are measured on: real ones beside the project where they are at hand, else its own fixtures."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.scoring import Gold
from govnews_spider.html.encoding import decode
from tests.support.real_paths import REAL

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "tests" / "pages"
UNKNOWN = "https://finance.sina.com.cn/"
"""Stands for the address of a page that does not show its own."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page as served, the same page rightly decoded, its address and its gold."""

    name: str
    data: bytes
    text: str
    url: str
    gold: Gold


def load() -> tuple[str, list[Page]]:
    """What the pages are, in words, and the pages in the order of their names."""
    if REAL.is_dir():
        golds = sorted(REAL.glob("gold/*.json"))
        return "real pages", [_page(REAL / "html" / f"{path.stem}.html", path, _real) for path in golds]
    golds = sorted(FIXTURES.glob("*/*.json"))
    return "fixtures of tests/pages (no real ones are at hand)", [
        _page(path.with_suffix(".html"), path, _fixture) for path in golds
    ]


def _page(path: Path, gold: Path, read: Callable[[dict[str, Any]], Gold]) -> Page:
    truth = json.loads(gold.read_text("utf-8"))
    data = path.read_bytes()
    return Page(f"{path.parent.name}/{path.stem}", data, decode(data).text, truth["url"] or UNKNOWN, read(truth))


def _real(truth: dict[str, Any]) -> Gold:
    return Gold(
        title=truth["title"],
        published_at=datetime.fromisoformat(truth["published_at"]),
        source=truth["source"],
        editor=truth["editor"],
        keywords=tuple(truth["keywords"] or ()),
        images=tuple(truth["images"]),
        text=truth["body_text"],
        optional=tuple(truth.get("optional_lines", ())),
        excluded=tuple(truth.get("excluded_lines", ())),
    )


def _fixture(truth: dict[str, Any]) -> Gold:
    expected = truth["expected"]
    return Gold(
        title=expected["title"],
        published_at=datetime.fromisoformat(expected["published_at"]),
        source=expected["source"],
        editor=expected["editor"],
        keywords=tuple(expected["keywords"]),
        images=tuple(url for url, _ in expected["images"]),
        text=expected["text"],
    )
