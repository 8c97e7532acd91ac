"""Tests of the tests: what test modules share stands in tests/support."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

MODULES = sorted(Path(__file__).parent.rglob("test_*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_test_module_imports_another_one(path: Path) -> None:
    imports = [
        node.module or "" for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)
    ]
    assert [name for name in imports if name.startswith("tests.") and ".test_" in name] == []
