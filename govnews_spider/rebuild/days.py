"""Files of one publication day, in every output format, by the writers of a crawl."""

from __future__ import annotations

from collections import defaultdict
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Final

from govnews_spider.article import Article, set_duplicate_of
from govnews_spider.core.dedup.identity import with_alias
from govnews_spider.rebuild.page_files import Shares, page_files
from govnews_spider.rebuild.work_items import finished, open_readonly, table_file
from govnews_spider.rebuild.workspace import Workspace
from govnews_spider.storage.writers import WRITERS

_ROWS: Final = """
    SELECT r.page, r.article_id, r.revision, r.also, i.first_seen, i.revision, i.day, i.duplicate_of, i.similarity, i.reason
    FROM rows r JOIN ledger.identities i USING (article_id) WHERE r.day = ? ORDER BY r.page
"""


def write_day(space: Workspace, shares: Shares, day: str, output: Path) -> None:
    """Writes all files of a day, whatever was there; ``output`` says that it is done."""
    by_revision: dict[int, list[Article]] = defaultdict(list)
    gone: list[str] = []
    with ExitStack() as stack:
        files = page_files(space, shares)
        rows = stack.enter_context(closing(open_readonly(space.rows)))
        rows.execute("ATTACH ? AS ledger", (finished(space.ledger),))
        for page, article_id, revision, also, first_seen, newest, newest_day, *marks in rows.execute(_ROWS, (day,)):
            article = replace(files.article(page), article_id=article_id, revision=revision, run_id=space.run_id)
            article.first_seen = datetime.fromisoformat(first_seen)
            for alias in also.split():
                article = with_alias(article, alias)
            if revision == newest:
                set_duplicate_of(article, *marks)
            elif newest_day != day:
                gone.append(article_id)
            by_revision[revision].append(article)
    _write(space.data, date.fromisoformat(day), by_revision, gone)
    with table_file(output, "CREATE TABLE day (day TEXT)") as done:
        done.execute("INSERT INTO day VALUES (?)", (day,))


def _write(data: Path, day: date, by_revision: dict[int, list[Article]], gone: list[str]) -> None:
    """As a crawl writes them: one revision after the other, then what has left the day."""
    for kind in WRITERS.values():
        writer = kind(data, anew=True)
        for _, articles in sorted(by_revision.items()):
            writer.write(day, articles)
        writer.remove(day, gone)
        writer.flush()
        writer.close()
