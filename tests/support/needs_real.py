"""The real material, and the mark of the tests that need it: they skip where it is absent."""

from __future__ import annotations

import pytest

from tests.support.real_paths import REAL

needs_real = pytest.mark.skipif(
    not REAL.is_dir(), reason="no ../shared/real beside the project: real pages are not part of it"
)
