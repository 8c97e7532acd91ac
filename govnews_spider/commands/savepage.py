"""``scrapy savepage``: a saved page becomes a test, with what is read from it as the expected values, for a human to check."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

if TYPE_CHECKING:
    from govnews_spider.article import Article

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]*", re.ASCII)
_TEXTLESS: Final = ("gallery", "video")
_FIELDS: Final = (
    *("article_id", "title", "original_title", "published_at", "source", "author", "editor"),
    *("keywords", "images", "kind", "text"),
)


class Command(ScrapyCommand):
    """Exit codes: 0 saved, 2 bad argument or it exists already, 3 the page is rejected, 7 saved, but a value must be wrong."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] PAGE NAME"

    def short_desc(self) -> str:
        return "Make a test of a saved page: the page, and what is read from it to be checked"

    def long_desc(self) -> str:
        return f"{self.short_desc()}. Writes FOLDER/<layout>/NAME.html, as it is, and NAME.json; overwrites nothing."

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--url", default="", help="the address that the page was asked for")
        parser.add_argument("--folder", type=Path, default=Path("tests/pages"), help="default: tests/pages")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Writes both files, says what to check and sets ``exitcode``; raises UsageError (exit code 2)."""
        # Imported here, for a module that fails to import would take every scrapy command with it.
        from govnews_spider.article import Rejected
        from govnews_spider.core import extract

        html, name = _arguments(args)
        try:
            article = extract(html, url=opts.url)
        except Rejected as rejected:
            print(f"{rejected}\nNothing was saved: tests/pages holds articles.")  # noqa: T201  # the command's answer
            self.exitcode = 3
            return
        expected = expected_of(article)
        stem = _write(opts.folder / article.layout / name, html, {"url": opts.url, "expected": expected})
        wrong = faults(expected)
        self.exitcode = 7 if wrong else 0
        print("\n".join(_advice(stem, expected, wrong)))  # noqa: T201  # the command's answer


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


def faults(expected: dict[str, Any]) -> list[str]:
    """What no golden may say, whatever the page: a line for each value that must be wrong."""
    found = []
    if "\ufffd" in json.dumps(expected, ensure_ascii=False):
        found.append("bad_sign: U+FFFD, a sign that could not be decoded; save the page's bytes as they were served")
    if "新浪网" in expected["title"]:
        found.append(f"site_in_title: {expected['title']!r}; the name of the site is no part of the headline")
    textless = expected.get("kind") in _TEXTLESS
    found += [
        f"empty_value: {field}; a missing value is null"
        for field, value in expected.items()
        if value == "" and not (field == "text" and textless)
    ]
    editor = (expected["editor"] or "").split()
    if editor and editor[0] in (expected["author"] or ""):
        found.append(f"editor_as_author: {expected['author']!r}; 责任编辑 is no reporter")
    found += [f"insecure_picture: {url}" for url, _ in expected["images"] if not url.startswith("https://")]
    return found


def _arguments(args: list[str]) -> tuple[bytes, str]:
    from govnews_spider.commands.layouts import page_bytes

    if len(args) != 2:
        raise UsageError("bad_argument: give a page and a name: scrapy savepage page.html notice", print_help=False)
    page, name = args
    if not _NAME.fullmatch(name):
        raise UsageError(f"bad_name: {name!r}; use a to z, 0 to 9, - and _ only", print_help=False)
    return page_bytes(page), name


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


def _advice(stem: Path, expected: dict[str, Any], wrong: list[str]) -> list[str]:
    missing = [name for name in ("source", "author", "editor", "keywords", "images") if not expected[name]]
    return [
        f"Saved {stem}.html and {stem}.json.",
        *(f"  wrong    {fault}" for fault in wrong),
        *([f"  missing  {', '.join(missing)}"] if missing else []),
        "Compare each value of the .json with the page in a browser: headline, time, source, reporter, editor; the first and",
        "the last line of the text; pictures and captions; no advertisement, no links to other articles. Correct what is wrong",
        "there, not in the page, then run: python -m pytest tests/core/extract/test_pages.py",
    ]
