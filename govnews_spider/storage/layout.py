"""Layout of a data folder: the name of every file and folder in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from urllib.parse import quote

CURRENT: Final = ("articles", "reprints")
"""Datasets of newest revisions: each article has its row in one of them."""
DATASETS: Final = (*CURRENT, "revisions")
"""All datasets of Parquet files; ``revisions`` has the superseded rows."""
LEDGER: Final = "ledger.sqlite"
LOST: Final = "damaged/lost.jsonl"
"""Articles and revisions of which no row is left, one JSON object a line: what a repair could not bring back."""
CARD: Final = "CARD.md"
HUB_CONFIG: Final = ".huggingface.yaml"
_DAY_FILES: Final = "year=*/month=*/*-*-*.parquet"


def day_file(dataset: str, day: date) -> str:
    """File of a dataset's publication day (Asia/Shanghai), below the data folder."""
    return f"{dataset}/year={day.year}/month={day:%m}/{day}.parquet"


def day_of(path: Path | str) -> date | None:
    """The day in the name of a day's file; None where it has none."""
    with suppress(ValueError):
        return date.fromisoformat(Path(path).stem)
    return None


def post_file(day: date, article_id: str) -> str:
    """Post of an article that was published on that day, below the data folder."""
    key = quote(article_id.replace(":", "-"), safe="")  # an id is read from a page: no "/" of it may lead elsewhere
    return f"posts/{day:%Y}/{day:%m}/{day:%Y%m%d}-{key}.md"


@dataclass(frozen=True, slots=True)
class DataFolder:
    """A data folder: where each kind of file lies, and which of them exist."""

    root: Path

    @property
    def ledger(self) -> Path:
        """The SQLite state."""
        return self.root / LEDGER

    @property
    def lock(self) -> Path:
        """The lock of whoever writes to the folder."""
        return self.root / f".{LEDGER}.lock"

    @property
    def raw(self) -> Path:
        """Folder of the archives."""
        return self.root / "raw"

    @property
    def parts(self) -> Path:
        """Folder of files that are being written."""
        return self.root / ".part"

    @property
    def damaged(self) -> Path:
        """Folder of what a repair has set aside."""
        return self.root / "damaged"

    @property
    def workspace(self) -> Path:
        """Folder of a rebuild while it goes on."""
        return self.root / ".rebuild"

    @property
    def plan(self) -> Path:
        """Plan of a rebuild while it goes on."""
        return self.workspace / "plan.json"

    @property
    def report(self) -> Path:
        """The HTML page of ``scrapy report``."""
        return self.root / "report.html"

    def run_report(self, run_id: str) -> Path:
        """Report of a run."""
        return self.root / "runs" / f"{run_id}.json"

    def run_reports(self) -> list[Path]:
        """The reports of all runs, by name."""
        return sorted(self.root.glob("runs/*.json"))

    def rejection_log(self, run_id: str) -> Path:
        """Log of what a run has not stored."""
        return self.root / "rejected" / f"{run_id}.jsonl"

    def rejection_logs(self) -> list[Path]:
        """The logs of all runs, by name."""
        return sorted(self.root.glob("rejected/*.jsonl"))

    def day_file(self, dataset: str, day: date) -> Path:
        """File of a dataset's publication day."""
        return self.root / day_file(dataset, day)

    def day_files(self, *datasets: str) -> list[Path]:
        """The day files of these datasets, by dataset and day."""
        return [path for name in datasets for path in sorted(self.root.glob(f"{name}/{_DAY_FILES}"))]

    def parquet_files(self, *datasets: str) -> list[Path]:
        """Every Parquet file in these datasets, whatever its name, by dataset and path."""
        return [path for name in datasets for path in sorted(self.root.glob(f"{name}/**/*.parquet"))]

    def posts(self) -> Iterator[Path]:
        """Every post."""
        yield from self.root.glob("posts/**/*.md")

    def relative(self, path: Path) -> str:
        """The path below the data folder, with ``/``."""
        return path.relative_to(self.root).as_posix()

    @property
    def is_written(self) -> bool:
        """Whether a run has ever written here: an empty folder is nobody's data folder."""
        names = (LEDGER, *DATASETS, "posts", "rejected", "runs", "raw", "damaged")
        return any((self.root / name).exists() for name in names)
