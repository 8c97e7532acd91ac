"""Recipes of data/README.md: their code, taken from the page and run on the crawled demo."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import subprocess
import sys
import unicodedata
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from govnews_spider.archive.reader import Record, http_response, records
from govnews_spider.article import SHANGHAI
from govnews_spider.core import extract, loads, run
from govnews_spider.core.documents.format import KEYS, MANGLED
from govnews_spider.sina.roll import API, read_rows
from govnews_spider.sina.sections import DEFAULT
from tests.support.crawls import ROOT, crawl
from tests.support.data_dictionary import PAGE, table

DEMO = ROOT / "examples/demo.warc.gz"
REVISED = "sina:ktzqtyu5350372"
"""The article that gets another headline."""

Row = dict[str, Any]


def blocks(language: str) -> dict[str, str]:
    """Heading → the code of that language right below it, over the whole page."""
    sections = re.split(r"^##+ (.+)\n", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]
    found = {
        heading: re.search(rf"```{language}\n(.*?)```", below, re.DOTALL)
        for heading, below in zip(sections[::2], sections[1::2], strict=True)
    }
    return {heading: match[1] for heading, match in found.items() if match}


def values(code: str, names: dict[str, Any]) -> list[Any]:
    """What the code gives where it is typed line by line; ``names`` are those that it knows, and gains."""
    given = []
    for line in ast.parse(code).body:
        if isinstance(line, ast.Expr):
            given.append(eval(ast.unparse(line), names))
        else:
            exec(ast.unparse(line), names)
    return [value for value in given if value is not None]


def plain(value: Any) -> Any:
    """Rows as dictionaries, whatever library gave them; a missing value is None."""
    kind = type(value).__module__.partition(".")[0]
    if kind == "pandas" and hasattr(value, "columns"):
        value = value.to_dict("records")
    elif kind == "pandas":
        value = [{"source": key, "len": count} for key, count in value.items()]
    elif kind == "polars":
        value = value.to_dicts()
    elif "duckdb" in kind:
        value = value.pl().to_dicts()
    else:
        return value
    return [{name: None if one != one else one for name, one in _simple(row).items()} for row in value]


def _simple(row: Row) -> Row:
    return {name: one for name, one in row.items() if isinstance(one, str | int | float | date | None)}


def cooked(folder: Path) -> dict[str, list[Any]]:
    """Heading → what its recipe gives, typed in ``folder``, in the zone of this process; and what the traps beside them give."""
    os.chdir(folder)
    warnings.simplefilter("error")
    recipes = blocks("python")
    names: dict[str, Any] = {}
    values(recipes.pop("Recipes"), names)
    traps = """
duckdb.sql("SELECT published_at::date AS day, count(*) AS articles FROM 'data/articles/**/*.parquet' GROUP BY ALL")
int((articles["topics"].str.contains("跨省通办") == True).sum())
"""
    given = {"traps": [plain(value) for value in values(traps, names)]}
    questions = (heading for heading in recipes if heading.endswith("?"))
    return given | {heading: [plain(value) for value in values(recipes[heading], names)] for heading in questions}


@dataclass
class Dataset:
    data: Path
    answers: dict[str, list[Any]]

    def rows(self, *folders: str) -> list[Row]:
        files = [path for folder in folders for path in sorted((self.data / folder).rglob("*.parquet"))]
        return [row for path in files for row in pq.ParquetFile(path).read().to_pylist()]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """What the demo crawls, and a page of it with a new headline; the recipes are followed in New York."""
    data = tmp_path_factory.mktemp("recipes") / "data"
    assert crawl(data, "seeds", f"path={ROOT / 'seeds'}").code == 0
    assert crawl(data, "sina_gov", GOVNEWS_REPLAY=DEMO).code == 0
    html = next(body for body in _bodies() if REVISED.removeprefix("sina:").encode() in body)
    (page := data.parent / "page.html").write_bytes(html.replace("企业开办最快".encode(), "企业开办现在".encode()))
    assert crawl(data, "seeds", f"path={page}").balance == {"seen": 1, "revised": 1}
    (data / "raw").mkdir()
    (data / "raw" / DEMO.name).symlink_to(DEMO)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:
            return Dataset(data, elsewhere.submit(cooked, data.parent).result(timeout=120))


def _bodies() -> list[bytes]:
    found = [http_response(one.parsed(), unpacked=True) for one in records(DEMO) if isinstance(one, Record)]
    return [told.body for told in found if told is not None and "/doc-i" in told.url]


def three(dataset: Dataset, beginning: str) -> list[list[Row]]:
    """What pandas, Polars and DuckDB give to the question that begins so."""
    (given,) = (given for heading, given in dataset.answers.items() if heading.startswith(beginning))
    given = [rows for rows in given if rows != []]  # what a SET gives
    assert len(given) == 3
    return given


def ids(rows: list[Row]) -> list[str]:
    return sorted(row["article_id"] for row in rows)


def test_articles_are_counted_by_day_in_shanghai_and_by_source(dataset: Dataset) -> None:
    expected = Counter(
        (row["published_at"].astimezone(SHANGHAI).date(), row["source"]) for row in dataset.rows("articles")
    )
    for given in three(dataset, "How many articles a day"):
        assert {(row["day"], row["source"]): row["n"] for row in given} == expected
    days = Counter(day for day, _ in expected.elements())
    assert [days[date(2021, 11, day)] for day in (23, 24, 25)] == [8, 8, 9]
    assert (date(2021, 11, 25), None) in expected, "one names no source"


def test_articles_are_chosen_by_topic(dataset: Dataset) -> None:
    expected = ids([row for row in dataset.rows("articles") if "跨省通办" in row["topics"]])
    assert len(expected) == 8
    for given in three(dataset, "Which articles have a topic"):
        assert ids(given) == expected


def test_articles_are_chosen_by_province_with_its_cities(dataset: Dataset) -> None:
    named = {row["article_id"]: [code[:2] for code in row["regions"]] for row in dataset.rows("articles")}
    expected = sorted(article_id for article_id, provinces in named.items() if "36" in provinces)
    assert len(expected) == 3
    for given in three(dataset, "Which are about a city"):
        assert ids(given) == expected
    assert {tuple(row["regions"]) for row in dataset.rows("articles") if "南昌推行" in row["title"]} == {("360100",)}


def test_reprints_stand_beside_their_firsts(dataset: Dataset) -> None:
    titles = {row["article_id"]: row["title"] for row in dataset.rows("articles")}
    expected = sorted(
        (row["article_id"], row["title"], titles[row["duplicate_of"]]) for row in dataset.rows("reprints")
    )
    assert len(expected) == 11
    for given in three(dataset, "Which reprints"):
        assert sorted((row["article_id"], row["title"], row["title_of_first"]) for row in given) == expected


def test_all_revisions_of_an_article_come_in_their_order(dataset: Dataset) -> None:
    for given in three(dataset, "How did an article change"):
        assert [(row["article_id"], row["revision"]) for row in given] == [(REVISED, 1), (REVISED, 2)]
        assert ["最快" in row["title"] for row in given] == [True, False]


def test_a_field_is_traced_to_what_it_came_from(dataset: Dataset) -> None:
    expected = Counter(dict(row["provenance"]).get("source") for row in dataset.rows("articles"))
    assert len(expected) == 3
    for given in three(dataset, "What did a field come from"):
        assert dict(tuple(row.values()) for row in given) == expected


def test_an_origin_leads_back_to_the_page(dataset: Dataset) -> None:
    (page,) = dataset.answers["What did the page look like?"]
    row = dataset.rows("articles")[-1]
    assert row["origin"].startswith("warc:")
    assert extract(page, url=row["url"]).text == row["text"]
    file, _, offset = row["origin"].removeprefix("warc:").partition("#")
    line = blocks("console")["What did the page look like?"].removeprefix("$ warcio ").partition("  #")[0]
    line = line.replace("<file>", file).replace("<offset>", offset)
    command = [sys.executable, "-m", "warcio.cli", *line.split()]
    assert subprocess.run(command, cwd=dataset.data.parent, capture_output=True, check=True).stdout == page


def test_the_traps_are_where_the_page_says(dataset: Dataset) -> None:
    """Else what it warns of is over, and may go."""
    days, found = dataset.answers["traps"]
    counted = {row["day"]: row["articles"] for row in days}
    assert [counted.get(date(2021, 11, day)) for day in (23, 24, 25)] != [8, 8, 9]
    assert found == 0
    topics = {row["article_id"]: set(row["topics"]) for row in dataset.rows("articles")}
    assert any(not topics[row["duplicate_of"]] <= set(row["topics"]) for row in dataset.rows("reprints"))


def test_a_recipe_is_short() -> None:
    recipes = [code for heading, code in blocks("python").items() if heading.endswith("?")]
    assert len(recipes) == 7
    assert max(code.count("\n") for code in recipes) < 8


def test_the_hash_is_made_as_the_page_says(dataset: Dataset) -> None:
    code = blocks("python")["Columns of `articles/`, `reprints/` and `revisions/`"]
    for row in dataset.rows("articles", "reprints", "revisions"):
        words = ["".join(unicodedata.normalize("NFKC", row[name]).split()) for name in ("title", "text")]
        assert row["content_hash"] == hashlib.sha256("\n".join(words).encode()).hexdigest()
        assert values(code, {"title": row["title"], "text": row["text"]}) == [row["content_hash"]]


def test_a_section_is_the_first_asked_for_of_the_lists_that_have_the_article(dataset: Dataset) -> None:
    lists: dict[str, list[str]] = {}
    names = {f"lid={section.lid}&": section.name for section in DEFAULT}
    for one in records(DEMO):
        told = http_response(one.parsed(), unpacked=True) if isinstance(one, Record) else None
        if told is not None and told.url.startswith(API):
            (name,) = (name for lid, name in names.items() if lid in told.url)
            for row in read_rows(told.body, url=told.url).rows:
                lists.setdefault(row.url, []).append(name)
    several = sum(len(named) > 1 for named in lists.values())
    assert f"{several} of the {len(lists)} addresses" in PAGE.read_text("utf-8")
    listed = [row for row in dataset.rows("articles", "reprints", "revisions") if row["spider"] == "sina_gov"]
    assert len(listed) == 40
    for row in listed:
        assert row["section"] == min(lists[row["url"]], key=list(names.values()).index)


def test_a_post_has_the_keys_of_the_page_with_what_it_says_of_them(dataset: Dataset) -> None:
    keys = table("## Front matter of `posts/`")
    assert [row[0] for row in keys] == list(KEYS)
    mangled = re.findall(r"`(.)`", keys[0][1].partition(" are `_`")[0])
    assert {*mangled, "|"} == MANGLED
    for row in dataset.rows("articles"):
        (path,) = (dataset.data / "posts").rglob(f"*-{row['article_id'].replace(':', '-')}.md")
        post = path.read_text("utf-8")
        lines = post.split("---\n")[1].splitlines()
        title = "".join("_" if sign in MANGLED else sign for sign in row["title"])
        picture = f"'{row['headimg'] or ''}'"
        assert lines == [
            f"title: '{title}'",
            "categories: ",
            *(f" - {name}" for name in row["categories"]),
            f"headimg: {picture}",
            f"author: {row['categories'][1]}",
            "comments: false",
            f"date: {row['published_at']:%a, %d %b %Y %H:%M:%S} GMT",
            f"thumbnail: {picture}",
        ]
        assert row["body_html"].replace("{", "&#123;").replace("}", "&#125;") in post


def test_replaying_posts_does_not_give_the_rows_back(dataset: Dataset) -> None:
    rows = {row["article_id"]: row for row in dataset.rows("articles")}
    posts = sorted((dataset.data / "posts").rglob("*.md"))
    read = list(run((loads(path.read_text("utf-8"), name=path.name) for path in posts), on_reject=pytest.fail))
    assert len(read) == len(rows)
    assert not {one.article_id for one in read} & rows.keys()
    assert {(one.url, one.editor, one.section) for one in read} == {(None, None, None)}
    assert any("_" in one.title for one in read)
