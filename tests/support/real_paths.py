"""Paths of the real material: pages, documents and notes that are no part of the project, in a folder beside it or absent."""

from __future__ import annotations

from pathlib import Path

SHARED = Path(__file__).parents[3] / "shared"
REAL = SHARED / "real"
