"""Files of one publication day, in every output format, by the writers of a crawl."""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Final

from govnews_spider.article import Article, set_duplicate_of
from govnews_spider.core.dedup.identity import with_alias
from govnews_spider.rebuild.page_files import PageRanges, open_page_files
from govnews_spider.rebuild.work_items import open_readonly, output_database, readonly_uri
from govnews_spider.rebuild.workspace import Workspace
from govnews_spider.storage.writers import WRITERS

_ROWS: Final = """
    SELECT r.page, r.article_id, r.revision, r.aliases, i.first_seen, i.revision, i.day, i.duplicate_of, i.similarity, i.reason
    FROM rows r JOIN ledger.identities i USING (article_id) WHERE r.day = ? ORDER BY r.page
"""


def write_day(space: Workspace, ranges: PageRanges, day: str, output: Path) -> None:
    """Writes all files of a day, whatever they held; ``output`` marks the day as finished."""
    by_revision: dict[int, list[Article]] = defaultdict(list)
    moved: list[str] = []
    files = open_page_files(space, ranges)
    with closing(open_readonly(space.rows)) as rows:
        rows.execute("ATTACH ? AS ledger", (readonly_uri(space.ledger),))
        for page, article_id, revision, aliases, first_seen, newest, newest_day, *mark in rows.execute(_ROWS, (day,)):
            article = replace(files.article(page), article_id=article_id, revision=revision, run_id=space.run_id)
            article.first_seen = datetime.fromisoformat(first_seen)
            for alias in aliases.split():
                article = with_alias(article, alias)
            if revision == newest:
                set_duplicate_of(article, *mark)
            elif newest_day != day:
                moved.append(article_id)
            by_revision[revision].append(article)
    _write(space.data, date.fromisoformat(day), by_revision, moved)
    with output_database(output, "CREATE TABLE day (day TEXT)") as done:
        done.execute("INSERT INTO day VALUES (?)", (day,))


def _write(data: Path, day: date, by_revision: dict[int, list[Article]], moved: list[str]) -> None:
    """Writes as a crawl does: one revision after the other, then removes the articles that have moved to another day."""
    for make in WRITERS.values():
        writer = make(data, anew=True)
        for _, articles in sorted(by_revision.items()):
            writer.write(day, articles)
        writer.remove(day, moved)
        writer.flush()
        writer.close()
