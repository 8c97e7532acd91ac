"""Programs of others that read what we write, Spark, datasets and Node.js, in an environment of their own, without us."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from shutil import which

from tests.support.crawls import ROOT

PYTHON = ROOT / ".venv-readers" / "bin" / "python"
SECONDS = 300
"""After which a program is ended."""


def read(code: str, *arguments: str | Path, folder: Path, **environment: str) -> str:
    """What their Python prints of that code, run in ``folder``; raises RuntimeError with all that it said where it fails."""
    assert PYTHON.exists(), f"no_readers: {PYTHON} is not there; `make test-all` sets it up"
    assert "pyspark" not in code or which("java"), (
        "no_java: Spark runs on Java 17 or newer; `make test-all` installs it"
    )
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "HF_", "SPARK_"))}
    line = [PYTHON, "-c", code, *map(str, arguments)]
    env = ours | {"PYTHONUTF8": "1"} | environment
    done = subprocess.run(
        line, cwd=folder, env=env, capture_output=True, encoding="utf-8", timeout=SECONDS, check=False
    )
    if done.returncode:
        raise RuntimeError(f"reader_failed: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout
