"""Private parts of Scrapy that the package uses, each in one module. A new Scrapy may drop any of them: pyproject.toml has the bound."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import scrapy
from scrapy.commands import BaseRunSpiderCommand
from scrapy.core import downloader, scraper
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.pipelines import ItemPipelineManager

import govnews_spider

PACKAGE = Path(govnews_spider.__file__).parent
PRIVATE: list[tuple[str, type, str]] = [
    ("commands/crawl.py", AsyncCrawlerProcess, "_signal_shutdown"),
    ("commands/crawl.py", AsyncCrawlerProcess, "_signal_kill"),
    ("commands/crawl.py", BaseRunSpiderCommand, "_create_crawler"),
    ("downloads/gateway.py", downloader.Downloader, "_process_queue"),
    ("middlewares/redirects.py", RedirectMiddleware, "_engine_started"),
    ("pipelines.py", scraper.Scraper, "_check_if_closing"),
]
"""Module of ours, class of Scrapy, attribute."""
UNDOCUMENTED: list[tuple[str, type, str]] = [
    ("downloads/gateway.py", downloader.Downloader, "slots"),
    ("downloads/gateway.py", downloader.Slot, "delay"),
    ("downloads/gateway.py", downloader.Slot, "latercall"),
    ("pipelines.py", ItemPipelineManager, "process_item_async"),
    ("pipelines.py", ItemPipelineManager, "open_spider_async"),
    ("pipelines.py", ItemPipelineManager, "close_spider_async"),
    ("pipelines.py", scraper.Scraper, "slot"),
    ("pipelines.py", scraper.Slot, "closing"),
]
"""The same, of attributes without an underscore that Scrapy's documentation does not name."""


def attributes(kind: type) -> set[str]:
    """Methods of a class, and attributes that its instances set, with those of its bases."""
    names = set(dir(kind))
    for base in kind.__mro__[:-1]:
        if base.__module__.partition(".")[0] in ("scrapy", "twisted"):
            names |= set(
                re.findall(r"(?:self\.|^    )(\w+)\s*(?::[^=\n]*)?(?:=|$)", inspect.getsource(base), re.MULTILINE)
            )
    return names


def modules() -> Iterator[tuple[str, ModuleType]]:
    """The modules of the package that import Scrapy or Twisted, by their path."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if re.search(r"^ *from (scrapy|twisted)", path.read_text("utf-8"), re.MULTILINE):
            name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
            yield str(path.relative_to(PACKAGE)), importlib.import_module(name)


def private_names(source: str) -> set[str]:
    """Private attributes of other objects than ``self``, and private names that are imported."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in ("scrapy", "twisted"):
            names |= {
                part for part in (node.module or "").split(".") + [alias.name for alias in node.names] if part[0] == "_"
            }
        elif isinstance(node, ast.Attribute) and re.match(r"_[a-z]", node.attr):
            names |= {node.attr} if getattr(node.value, "id", "") not in ("self", "cls", "os") else set()
    return names


@pytest.mark.parametrize(("module", "kind", "name"), PRIVATE + UNDOCUMENTED)
def test_scrapy_still_has_what_we_use_of_its_inside(module: str, kind: type, name: str) -> None:
    assert name in attributes(kind), (
        f"Scrapy {scrapy.__version__} has no {kind.__module__}.{kind.__qualname__}.{name} any more, "
        f"which govnews_spider/{module} uses: find out what it does instead before the bound in pyproject.toml is raised"
    )
    assert re.search(rf"\b{name}\b", (PACKAGE / module).read_text("utf-8")), (
        f"{module} does not use {name}: take it out"
    )


def test_no_other_module_uses_a_private_part_of_scrapy() -> None:
    used = set()
    for path, module in modules():
        used |= {(path, name) for name in private_names(inspect.getsource(module))}
        for ours in vars(module).values():
            if inspect.isclass(ours) and ours.__module__ == module.__name__:
                bases = [base for base in ours.__mro__ if base.__module__.partition(".")[0] in ("scrapy", "twisted")]
                theirs = {name for base in bases for name in attributes(base) if re.match(r"_[a-z]", name)}
                here = set(re.findall(r"(?:def |self\.|super\(\)\.)(_[a-z]\w*)", inspect.getsource(ours)))
                used |= {(path, name) for name in theirs & here}
    assert used == {(path, name) for path, _, name in PRIVATE}


def test_scrapy_is_bound_to_the_series_that_these_tests_know() -> None:
    pyproject = (PACKAGE.parent / "pyproject.toml").read_text("utf-8")
    (low, high) = re.findall(r'"scrapy>=(\d+)\.(\d+),<\d+\.(\d+)"', pyproject)[0][1:]
    assert int(high) == int(low) + 1 == int(scrapy.__version__.split(".")[1]) + 1
