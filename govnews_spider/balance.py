"""The balance of a run, as people read it."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from govnews_spider.runs import OUTCOMES, SAMPLED, Run, exit_code


def show(run: Run) -> None:
    """Prints what became of everything that was seen, the reasons, and the exit code."""
    code, why = exit_code(run)
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
    console.print(f"exit {code}: {why}", markup=False, soft_wrap=True)
