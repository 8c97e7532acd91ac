"""pywb, a replay client that others wrote and people use, over archives of ours; it lives in an environment of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from types import TracebackType
from typing import NamedTuple
from urllib.parse import quote

from tests.support.crawls import ROOT

PYTHON = ROOT / ".venv-pywb" / "bin" / "python"
SECONDS = 120
"""After which a server ends by itself, whatever has become of the test that started it."""
SERVE = f"import signal; signal.alarm({SECONDS}); from pywb.apps.cli import wayback; wayback()"


class Served(NamedTuple):
    """What the client answered; the body as it was sent."""

    status: int
    headers: dict[str, str]
    body: bytes


class Wayback:
    """Serves collections, name → folder of archives and their indexes, and those that are in ``folder``, until the `with` block ends.

    Raises RuntimeError, with what pywb said, when the server does not start.
    """

    def __init__(self, folder: Path, collections: dict[str, Path]) -> None:
        told = {name: {"index_paths": str(raw), "archive_paths": f"{raw}/"} for name, raw in collections.items()}
        (folder / "config.yaml").write_text(json.dumps({"collections": told}), "utf-8")  # JSON is YAML too
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._log = folder / "wayback.log"
        line = [PYTHON, "-c", SERVE, "--bind", "127.0.0.1", "--port", str(self.port)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(line, cwd=folder, env=environment(), stdout=log, stderr=log)

    def __enter__(self) -> Wayback:
        deadline = time.monotonic() + 30
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return self
        self.stop()
        raise RuntimeError(f"no_wayback: {self._log.read_text('utf-8', 'replace')}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def get(self, collection: str, moment: str, url: str, coding: str = "identity") -> Served:
        """What the collection has of the address at that time; ``id_`` behind the time: as it was archived."""
        path = f"/{collection}/{moment}/{quote(url, safe='/:?&=%+,;@')}"
        return asked(self.port, path, {"Accept-Encoding": coding})


def asked(port: int, path: str, headers: dict[str, str] | None = None) -> Served:
    """The answer of a server on loopback; no redirect is followed."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers=headers or {})
        answer: HTTPResponse = connection.getresponse()
        return Served(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()


def pywb(*arguments: str, folder: Path, given: str = "") -> str:
    """What pywb's Python prints; raises CalledProcessError."""
    line = [PYTHON, *arguments]
    done = subprocess.run(line, cwd=folder, env=environment(), input=given, capture_output=True, text=True, check=True)
    return done.stdout


def environment() -> dict[str, str]:
    """Ours without what would bring our own modules into another environment."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | {"PYTHONUTF8": "1"}
