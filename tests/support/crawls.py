"""Crawls by `scrapy crawl`, as a user runs it, in a process of its own; and all that they leave."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
QUICK = {
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": 0,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 8,
    "DOWNLOAD_TIMEOUT": 15,
    "GOVNEWS_RETRY_WAIT": 0.01,
    "GOVNEWS_STALE_AFTER": 0,
}


@dataclass
class Crawl:
    code: int
    out: str
    log: str
    data: Path

    @property
    def report(self) -> dict[str, Any]:
        """The newest run report."""
        newest = max((self.data / "runs").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        return json.loads(newest.read_text(encoding="utf-8"))

    @property
    def balance(self) -> dict[str, int]:
        """Its outcomes that are not 0."""
        return {name: count for name, count in self.report["balance"].items() if count}

    @property
    def rejections(self) -> list[dict[str, str]]:
        """The lines of the newest run's log of rejections."""
        path = self.data / "rejected" / f"{self.report['run_id']}.jsonl"
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []

    @property
    def posts(self) -> dict[str, bytes]:
        """Name → content of each post."""
        return {path.name: path.read_bytes() for path in (self.data / "posts").rglob("*.md")}


def command(data: Path, spider: str, *arguments: str, gateway: str | None = None, **settings: Any) -> list[str]:
    """The command line; `arguments` are `name=value` of the spider."""
    chosen = QUICK | {"GOVNEWS_DATA": data} | ({"GOVNEWS_GATEWAY": gateway} if gateway else {}) | settings
    line = [sys.executable, "-m", "scrapy", "crawl", spider]
    for argument in arguments:
        line += ["-a", argument]
    for name, value in chosen.items():
        line += ["-s", f"{name}={value}"]
    return line


def crawl(
    data: Path,
    spider: str,
    *arguments: str,
    gateway: str | None = None,
    env: dict[str, str] | None = None,
    **settings: Any,
) -> Crawl:
    """A finished crawl."""
    line = command(data, spider, *arguments, gateway=gateway, **settings)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GOVNEWS_")} | (env or {})
    done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    return Crawl(done.returncode, done.stdout, done.stderr, data)


FORBID = """
import os, sys

def forbid(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        os.write(2, f"a socket was used: {event} {arguments}".encode())
        os._exit(99)

sys.addaudithook(forbid)
"""
