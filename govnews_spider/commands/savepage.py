"""Command ``scrapy savepage``: a saved page becomes a test, with the fields that are read from it as expected values to be checked."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from govnews_spider.commands import ProjectCommand
from govnews_spider.commands.layouts import page_bytes

if TYPE_CHECKING:
    from govnews_spider.article import Article

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]*", re.ASCII)
_TEXTLESS: Final = ("gallery", "video")
_FIELDS: Final = (
    *("article_id", "title", "original_title", "published_at", "source", "author", "editor"),
    *("keywords", "images", "kind", "text"),
)


class Command(ProjectCommand, ScrapyCommand):
    """Exit codes: 0 saved, 2 bad argument or it exists already, 3 the page is rejected, 7 saved, but a value must be wrong."""

    usage = "[options] PAGE NAME"
    summary = "Make a test of a saved page: the page, and what is read from it to be checked"
    details = ". Writes FOLDER/<layout>/NAME.html, as it is, and NAME.json; overwrites nothing."
    positional = (2,)
    cure = "give a page and a name: scrapy savepage page.html notice"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--url", default="", help="the address that the page was asked for")
        parser.add_argument("--folder", type=Path, default=Path("tests/pages"), help="default: tests/pages")

    def prepare(self, args: list[str], opts: argparse.Namespace) -> Callable[[], int]:
        page, name = args
        if not _NAME.fullmatch(name):
            raise ValueError(f"bad_name: {name!r}; use a to z, 0 to 9, - and _ only")
        return partial(_save, page_bytes(page), name, opts.url, opts.folder)


def _save(html: bytes, name: str, url: str, folder: Path) -> int:
    """Writes both files and prints what to check."""
    from govnews_spider.article import Rejected
    from govnews_spider.core import extract

    try:
        article = extract(html, url=url)
    except Rejected as rejected:
        print(f"{rejected}\nNothing was saved: tests/pages holds articles.")  # noqa: T201  # the command's answer
        return 3
    expected = expected_of(article)
    stem = _write(folder / article.layout / name, html, {"url": url, "expected": expected})
    problems = golden_problems(expected)
    print("\n".join(_advice(stem, expected, problems)))  # noqa: T201  # the command's answer
    return 7 if problems else 0


def expected_of(article: Article) -> dict[str, Any]:
    """The values of a golden file: what the page decides, times in Sina's zone, pictures as pairs of address and caption.

    ``kind`` is left out of an article, and ``original_title`` where there is none.
    """
    from govnews_spider.article import SHANGHAI

    values = {name: getattr(article, name) for name in _FIELDS}
    values["published_at"] = article.published_at.astimezone(SHANGHAI).isoformat()
    values["images"] = [[image.url, image.caption] for image in article.images]
    usual = {"kind": "article", "original_title": None}
    return {name: value for name, value in values.items() if name not in usual or value != usual[name]}


def golden_problems(expected: dict[str, Any]) -> list[str]:
    """Values that no golden file may have, whatever the page: a line for each."""
    problems = []
    if "\ufffd" in json.dumps(expected, ensure_ascii=False):
        problems.append("bad_sign: U+FFFD, a sign that could not be decoded; save the page's bytes as they were served")
    if "新浪网" in expected["title"]:
        problems.append(f"site_in_title: {expected['title']!r}; the name of the site is no part of the headline")
    textless = expected.get("kind") in _TEXTLESS
    problems += [
        f"empty_value: {field}; a missing value is null"
        for field, value in expected.items()
        if value == "" and not (field == "text" and textless)
    ]
    editor = (expected["editor"] or "").split()
    if editor and editor[0] in (expected["author"] or ""):
        problems.append(f"editor_as_author: {expected['author']!r}; 责任编辑 is no reporter")
    problems += [f"insecure_picture: {url}" for url, _ in expected["images"] if not url.startswith("https://")]
    return problems


def _write(stem: Path, html: bytes, golden: dict[str, Any]) -> Path:
    """``stem`` with both files beside it; raises UsageError: ``page_exists`` before either is written, ``cannot_save``."""
    page, values = stem.with_suffix(".html"), stem.with_suffix(".json")
    for path in (page, values):
        if path.exists():
            raise UsageError(f"page_exists: {path}; take another name", print_help=False)
    try:
        stem.parent.mkdir(parents=True, exist_ok=True)
        page.write_bytes(html)
        values.write_text(json.dumps(golden, ensure_ascii=False, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot_save: {error}; name a folder that can be written by --folder", print_help=False
        ) from error
    return stem


def _advice(stem: Path, expected: dict[str, Any], problems: list[str]) -> list[str]:
    missing = [name for name in ("source", "author", "editor", "keywords", "images") if not expected[name]]
    return [
        f"Saved {stem}.html and {stem}.json.",
        *(f"  wrong    {problem}" for problem in problems),
        *([f"  missing  {', '.join(missing)}"] if missing else []),
        "Compare each value of the .json with the page in a browser: headline, time, source, reporter, editor; the first and",
        "the last line of the text; pictures and captions; no advertisement, no links to other articles. Correct what is wrong",
        "there, not in the page, then run: python -m pytest tests/core/extract/test_pages.py",
    ]
