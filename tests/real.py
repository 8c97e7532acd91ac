"""Where the real material lies: pages, documents and notes that are no part of the project. Tests that need it skip where it is absent."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "shared"
REAL = ROOT / "real"
needs_real = pytest.mark.skipif(
    not REAL.is_dir(), reason="no ../shared/real beside the project: real pages are not part of it"
)
