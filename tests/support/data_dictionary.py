"""Data dictionary: the page, and its tables."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "data" / "README.md"


def table(heading: str) -> list[list[str]]:
    """The rows of the first table under a heading: the first cell without its backticks, the others as they are."""
    _, _, below = PAGE.read_text(encoding="utf-8").partition(f"{heading}\n")
    block = re.search(r"(?:^\|.*\n)+", below, re.MULTILINE)
    assert block, f"{PAGE}: no table under {heading!r}"
    lines = [[cell.strip() for cell in line.strip("|\n").split(" | ")] for line in block[0].splitlines()[2:]]
    return [[first.strip("` |"), *(cell.strip(" |") for cell in rest)] for first, *rest in lines]
