"""One of two data folders: the newest row of each article, day by day."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from itertools import count, repeat
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from govnews_spider.storage.parquet import read_day
from govnews_spider.verify.diff.columns import COLUMNS, PLAIN

_FOLDERS: Final = ("articles", "reprints")
_KEY: Final = ("article_id", "revision")
_ROWS: Final = """
    PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
    CREATE TABLE rows (day TEXT, place INTEGER, article_id TEXT, revision INTEGER);
    BEGIN;
"""
_OVERTAKEN: Final = """
    CREATE TABLE overtaken AS SELECT day, place FROM (
        SELECT day, place, row_number() OVER (PARTITION BY article_id ORDER BY revision DESC, day DESC, place DESC) AS age FROM rows
    ) WHERE age > 1;
    DROP TABLE rows;
    CREATE INDEX overtaken_on ON overtaken (day);
"""


class Side:
    """The day files of a data folder. Raises FileNotFoundError ``no_articles`` where there are none.

    After a run that was killed an article may stand in two files, until the next run: the higher revision is the one that counts.
    That needs all ids at once, and so a temporary database.
    """

    def __init__(self, data: Path) -> None:
        self._files: dict[str, list[Path]] = defaultdict(list)
        for path in (path for folder in _FOLDERS for path in sorted(data.glob(f"{folder}/**/*.parquet"))):
            self._files[path.stem].append(path)
        if not self._files:
            what = "there are no day files in it" if data.is_dir() else "there is no such folder"
            raise FileNotFoundError(f"no_articles: {data}: {what}; name a data folder, one with articles/ in it")
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(_ROWS)
        for day, paths in self._files.items():
            keys = pa.concat_tables([read_day(path, _KEY) for path in paths]).to_pydict()
            rows = zip(repeat(day), count(), *keys.values(), strict=False)  # the first two have no end
            self._db.executemany("INSERT INTO rows VALUES (?, ?, ?, ?)", rows)
        self._db.executescript(_OVERTAKEN)

    @property
    def days(self) -> set[str]:
        """Names of the day files: ``2021-11-25``."""
        return set(self._files)

    def close(self) -> None:
        """Deletes the temporary database."""
        self._db.close()

    def rows(self, day: str) -> pa.Table:
        """The rows of the day's files in the columns of ``PLAIN``, without those that are overtaken; raises as ``read_day``."""
        files = self._files.get(day, ())
        table = pa.concat_tables([read_day(path, COLUMNS).cast(PLAIN) for path in files] or [PLAIN.empty_table()])
        overtaken = [place for (place,) in self._db.execute("SELECT place FROM overtaken WHERE day = ?", (day,))]
        return table.filter(~np.isin(np.arange(table.num_rows), overtaken)) if overtaken else table
