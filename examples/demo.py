"""The project's first five minutes: replay the seeds, crawl a small copy of the site out of an archive, look at the dataset and its report.

Run by ``make demo``; needs no network. Writes to ``data/demo``, or to the folder that it is given, anew each time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(sys.argv[1] if len(sys.argv) > 1 else "data/demo")
FILES = {
    "posts/": "one front-matter document an article",
    "articles/": "the Parquet dataset, one file a publication day",
    "rejected/": "what was refused, and why",
    "runs/": "the account of each run",
    "CARD.md": "the dataset card, as Hugging Face reads it",
    "ledger.sqlite": "what the project remembers",
}
sys.stdout.reconfigure(errors="replace")  # a terminal without Chinese shows what it can
CONSOLE = Console(highlight=False)


def scrapy(*arguments: str) -> None:
    """Runs ``scrapy <arguments>``, quietly; ends the demo with its exit code if that is not 0."""
    CONSOLE.print(f"\n$ scrapy {' '.join(arguments)}", style="bold")
    settings = ["-s", f"GOVNEWS_DATA={DATA}", "-s", "LOG_LEVEL=WARNING"]
    code = subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments, *settings], cwd=ROOT, env=os.environ, check=False
    ).returncode
    if code:
        sys.exit(code)


def show_rows() -> None:
    """The first rows of the dataset, as the analyst's one-liner loads them."""
    import pandas as pd

    CONSOLE.print(f'\n>>> pandas.read_parquet("{DATA}/articles")', style="bold")
    frame = (
        pd.read_parquet(ROOT / DATA / "articles").sort_values("published_at", ascending=False).fillna({"source": ""})
    )
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column, width in {"published": 11, "source": 10, "title": 32, "topics": 14, "chars": 5}.items():
        table.add_column(column, no_wrap=True, width=width)
    for row in frame.head(8).itertuples():
        local = row.published_at.tz_convert("Asia/Shanghai").strftime("%m-%d %H:%M")
        table.add_row(local, row.source, row.title, " ".join(row.topics), str(row.char_count))
    CONSOLE.print(table)
    CONSOLE.print(f"{len(frame)} rows, {len(frame.columns)} columns")


def main() -> None:
    """Runs the demo."""
    shutil.rmtree(ROOT / DATA, ignore_errors=True)
    scrapy("crawl", "seeds")
    scrapy("crawl", "sina_gov", "-s", "GOVNEWS_REPLAY=examples/demo.warc.gz")
    show_rows()
    scrapy("report")
    CONSOLE.print("\nWhere the files are:")
    for name, what in FILES.items():
        CONSOLE.print(f"  {DATA}/{name:<14} {what}")
    CONSOLE.print(
        f"\nOpen {DATA}/report.html in a browser: charts, tables and a search over all of this, without a network."
    )


if __name__ == "__main__":
    main()
