"""Dataset card of a data folder, in the form that the Hugging Face Hub and its ``datasets`` library read.

``CARD.md`` is for people, and goes to the Hub as ``README.md``. ``.huggingface.yaml`` has the same metadata for
``datasets.load_dataset(<the folder>)``, which does not read ``CARD.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from frontmatter.default_handlers import YAMLHandler

from govnews_spider.ledger.view import view_ledger
from govnews_spider.storage.atomic import replace_files
from govnews_spider.storage.layout import CARD, DATASETS, HUB_CONFIG, DataFolder
from govnews_spider.storage.parquet import SCHEMA

NAMES: Final = (CARD, HUB_CONFIG)
_SIZES: Final = {"n<1K": 10**3, "1K<n<10K": 10**4, "10K<n<100K": 10**5, "100K<n<1M": 10**6, "1M<n<10M": 10**7}
_LARGEST: Final = "10M<n<100M"
_ABOUT: Final[dict[str, Any]] = {
    "pretty_name": "Sina Finance: government and economy news",
    "language": ["zh"],
    "license": "other",
    "license_name": "texts-of-their-publishers",
    "task_categories": ["text-classification", "text-retrieval"],
    "tags": ["news", "economy", "public-policy", "government"],
}
_TEXT: Final = """\
# Sina Finance: government and economy news

Published from {first} to {last} (days in Asia/Shanghai).

| folder | rows | what they are |
|---|---|---|
| `articles/` | {articles:,} | each article once, in its newest revision |
| `reprints/` | {reprints:,} | texts that repeat one of them |
| `revisions/` | {revisions:,} | rows that a newer revision has replaced |

| year | articles | reprints |
|---|---|---|
{years}

## Sources

finance.sina.com.cn and its sister sites, which carry the texts of hundreds of media; `source` names the medium of each row, `section` the
list that linked it, `origin` where its bytes came from. Lists read: {lists}.

## How to read it

    datasets.load_dataset("data", "articles")  # the path of this folder, and one of: {configs}
    pandas.read_parquet("data/articles")

Every column is described in the project's `data/README.md`. `datasets` has no maps: it reads all columns but `provenance`.

## Licence and ethics

The texts and pictures belong to their publishers, and no licence to them comes with these files: use them for research, within the law
and the site's terms, quote them with their source, and do not republish them. The rows name people as the news did, in public office,
as reporters or as private persons; do not build profiles of them. A text that its publisher has withdrawn may still be here: take it
out when you are asked to.

## Known limits

- These are the articles that the lists showed and that could be read. Known spans of time of
  which some may be missing: {gaps:,}. What was refused, and why, is in `rejected/` and `runs/`.
- `section` is the first list that named an article, which may stand in several: do not count lists by it.
- Pictures are addresses, not files; comments, videos and charts are not kept.
- `topics` and `regions` are found by lexicons, reprints by shared text: all three err now and then.
- Sina edits its pages: `revision` counts only the versions that a run has met.
"""


@dataclass(slots=True)
class _Counts:
    """Counts of the rows that the ledger has accepted, and of the gaps."""

    years: list[tuple[str, int, int, int, str, str]]
    """Year, articles, reprints, former revisions, first and last day; oldest first."""
    lists: list[str]
    """Names of the lists that were read, each with the selection of the run."""
    gaps: int
    """Number of periods of which rows may be missing."""

    @property
    def rows(self) -> dict[str, int]:
        """Folder → number of rows."""
        sums = map(sum, zip(*(year[1:4] for year in self.years), strict=True))
        return dict(zip(DATASETS, sums, strict=True))


def write_card(data: Path) -> None:
    """Writes the files whose content has changed, from the ledger's counts by day.

    Writes nothing while there are no articles, or while the outbox has rows: the card would count rows that no file has yet.
    Raises OSError, :class:`StorageError`.
    """
    counts = _read_counts(DataFolder(data).ledger)
    if counts is None:
        return
    metadata = _metadata(counts.rows)
    block = YAMLHandler().export(metadata, sort_keys=False)
    card = f"---\n{block}\n---\n\n{_text(counts)}"
    contents = {data / name: text.encode() for name, text in zip(NAMES, (card, f"{block}\n"), strict=True)}
    changed = {path: text for path, text in contents.items() if not path.exists() or path.read_bytes() != text}
    if changed:
        replace_files(data, changed)


def _read_counts(ledger: Path) -> _Counts | None:
    with view_ledger(ledger) as view:
        if view is None:
            return None
        gaps, queued = view.count()
        counts = _Counts(view.years(), view.list_names(), gaps)
    return counts if counts.years and not queued else None


def _text(counts: _Counts) -> str:
    rows = counts.rows
    return _TEXT.format(
        **rows,
        first=min(year[4] for year in counts.years),
        last=max(year[5] for year in counts.years),
        years="\n".join(f"| {year} | {articles:,} | {reprints:,} |" for year, articles, reprints, *_ in counts.years),
        lists="、".join(counts.lists) or "none is recorded; documents, saved pages or archives were replayed",
        configs=", ".join(f'"{name}"' for name, count in rows.items() if count),
        gaps=counts.gaps,
    )


def _metadata(rows: dict[str, int]) -> dict[str, Any]:
    """Metadata above the card, with a configuration for each folder that has rows; the first is the default."""
    readable = [field for field in SCHEMA if not pa.types.is_map(field.type)]
    names = [name for name, count in rows.items() if count]
    configs = [
        {
            "config_name": name,
            "default": name == names[0],
            "data_files": f"{name}/**/*.parquet",
            "columns": [field.name for field in readable],
        }
        for name in names
    ]
    return _ABOUT | {
        "size_categories": [next((size for size, below in _SIZES.items() if rows["articles"] < below), _LARGEST)],
        "configs": configs,
        "dataset_info": [{"config_name": name, "features": _features(readable)} for name in names],
    }


def _features(fields: Sequence[pa.Field]) -> list[dict[str, Any]]:
    """Columns in the notation of ``datasets``."""
    return [{"name": field.name, **_feature(field.type)} for field in fields]


def _feature(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_list(kind):
        inner = _feature(kind.value_type)
        return {"list": inner.get("struct", inner.get("dtype"))}
    if pa.types.is_struct(kind):
        return {"struct": _features(list(kind))}
    return {"dtype": "float64" if pa.types.is_float64(kind) else str(kind)}
