"""Balance of a run, printed for people."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.table import Table

from govnews_spider.runs.run import OUTCOMES, SAMPLED, Run, exit_code

_MARKS: Final = {
    "reprint": "moved to the reprints: what they repeat came in after them",
    "article": "moved to the articles: they are no reprints any more",
    "other_original": "reprints of another one now: an earlier one came in",
}
"""New marks of rows that were stored before, printed below the outcomes."""


def show(run: Run) -> None:
    """Prints the outcomes of all articles that were seen, the reasons, and the exit code."""
    code, reason = exit_code(run)
    table = Table()
    table.add_column("outcome")
    table.add_column("articles", justify="right")
    names = (*OUTCOMES, SAMPLED) if run.outcomes[SAMPLED] else OUTCOMES
    for name in names:
        table.add_row(name.replace("_", "-"), f"{run.outcomes[name]:,}")
    if run.unaccounted:
        table.add_row("left for the next run" if run.unaccounted > 0 else "counted twice", f"{abs(run.unaccounted):,}")
    table.add_section()
    table.add_row("seen", f"{run.seen:,}")
    console = Console(highlight=False)
    console.print(f"\nrun {run.run_id}", markup=False)
    console.print(table)
    for slug, count in run.slugs.most_common():
        console.print(f"{slug}: {count}", markup=False, soft_wrap=True)
    for name, count in run.marked.items():
        console.print(f"{count:,} {_MARKS[name]}", markup=False, soft_wrap=True)
    console.print(f"exit {code}: {reason}", markup=False, soft_wrap=True)
