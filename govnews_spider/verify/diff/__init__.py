"""Two data folders, field by field: what one reads before a dataset that was made anew takes the place of the old one.

Day by day: what stands under the same day in both folders is compared in Arrow, column by column; what does not waits in a temporary
database until all days were seen. So memory holds one day of each folder, and an article that did not change costs next to nothing.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import gettempdir

import pyarrow as pa
import pyarrow.compute as pc

from govnews_spider.storage.errors import storage_error
from govnews_spider.verify.diff.result import Change, Differences, Lone
from govnews_spider.verify.diff.side import Side
from govnews_spider.verify.diff.unmatched_rows import Leftovers

__all__ = ["Change", "Differences", "Lone", "differences"]


def differences(old: Path, new: Path, *, examples: int = 3) -> Differences:
    """What changed from one data folder to another, with so many examples of each kind.

    Compared is the newest row of each article, in ``articles/`` and ``reprints/`` together, in all columns but
    :data:`govnews_spider.verify.diff.columns.OF_THE_RUN`. Two ids are one article whose ``article_id`` changed where the address is
    the same and neither id is in the other folder.

    Raises FileNotFoundError ``no_articles`` for a folder without day files, and :class:`Fault` for a file that
    is damaged, of another schema, or not given by the system, and where there is no room for temporary files.
    """
    found = Differences(old=old, new=new, most=examples)
    try:
        with closing(Side(old)) as before, closing(Side(new)) as after, closing(Leftovers()) as leftovers:
            for day in sorted(before.days | after.days):
                _compare_day(found, leftovers, before.rows(day), after.rows(day))
            for pair in leftovers.pairs():
                found.compare(*pair)
            for rows in leftovers.lone("new"):
                found.add(rows)
            for rows in leftovers.lone("old"):
                found.lose(rows)
    except sqlite3.Error as error:
        raise storage_error(error, Path(gettempdir())) from error
    return found


def _compare_day(found: Differences, leftovers: Leftovers, old: pa.Table, new: pa.Table) -> None:
    """Counts the articles that stand under that day in both folders, and keeps the others for later."""
    places = pc.index_in(new["article_id"], old["article_id"])
    met = places.is_valid()
    found.compare(old.take(places.drop_null()), new.filter(met))
    leftovers.keep("new", new.filter(pc.invert(met)))
    leftovers.keep("old", old.filter(pc.invert(pc.is_in(old["article_id"], new["article_id"]))))
