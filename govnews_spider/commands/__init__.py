"""Commands of ``scrapy`` in this project. Keep imports light: a broken module breaks every command."""

from __future__ import annotations

import io
import sys


def print_what_can_be() -> None:
    """From here on standard output replaces what it cannot encode: a terminal without Chinese is no reason to fail."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
