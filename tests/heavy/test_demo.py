"""The demo, as `make demo` runs it."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.support.crawls import ROOT


def test_the_picture_of_the_demo_shows_what_it_prints(tmp_path: Path) -> None:
    """But for the name of the run and what was left out, for which it has an ellipsis."""
    line = [sys.executable, ROOT / "examples/demo.py", tmp_path / "demo"]
    done = subprocess.run(
        line, capture_output=True, encoding="utf-8", timeout=120, check=False, env=os.environ | {"COLUMNS": "400"}
    )
    assert done.returncode == 0, done.stderr
    printed = done.stdout.replace(str(tmp_path), "data")
    assert printed.rstrip().splitlines()[-1].startswith("Open data/demo/report.html in a browser")
    shown = html.unescape(
        " ".join(re.findall(r"<text[^>]*>([^<]+)</text>", (ROOT / "docs/demo.svg").read_text("utf-8")))
    )
    nameless = [Counter(re.sub(r"\d{8}T\w+-\w+-\w+", "", text).split()) for text in (shown, printed)]
    assert set(nameless[0] - nameless[1]) <= {"$", "make", "demo", "…"}
    assert nameless[0].total() > 90
