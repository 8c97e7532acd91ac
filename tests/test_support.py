"""Shared parts of the tests: they stand in tests/support, and a test module is imported by nothing."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
IMPORT = re.compile(r"\b(?:from|import) tests\.(?:\w+\.)*test_\w+")
"""In code, and in the scripts that tests give to other processes."""


def test_no_module_imports_a_test_module() -> None:
    modules = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    imports = {str(path.relative_to(ROOT)): IMPORT.findall(path.read_text("utf-8")) for path in modules}
    assert {path: lines for path, lines in imports.items() if lines} == {}
