"""README: its commands, arguments, settings and exit codes, compared with the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from govnews_spider import settings
from govnews_spider.runs.run import EXIT_CODES
from govnews_spider.spiders.arguments import KNOWN

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under the header row that begins with ``heading``."""
    lines = README[README.index(f"| {heading}") :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_setting_is_described_with_its_default() -> None:
    described = {name.strip("`"): default for name, _, default in rows("setting")}
    ours = {name: str(value) for name, value in vars(settings).items() if name.startswith("GOVNEWS_")}
    assert described.keys() == ours.keys()
    for name, default in described.items():
        assert default.strip("`") == (ours[name] or "none")


def test_every_exit_code_is_described() -> None:
    described = {int(code): meaning for code, meaning in rows("code")}
    assert described.keys() == EXIT_CODES.keys()
    for code, meaning in described.items():
        assert meaning.startswith(EXIT_CODES[code].split(":")[0])


def test_every_argument_is_described() -> None:
    assert {name for cell, _, _ in rows("`sina_gov -a`") for name in re.findall(r"`(\w+)`", cell)} == set(KNOWN)


@pytest.mark.parametrize("link", re.findall(r"\]\((?!http)([^)#]+)", README))
def test_every_link_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


@pytest.mark.parametrize("goal", re.findall(r"\$ make ([\w./]+)", README))
def test_every_make_goal_exists(goal: str) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for name, value in re.findall(r"^(\w+) :?= (\S+)$", makefile, re.MULTILINE):
        makefile = makefile.replace(f"$({name})", value)
    assert re.search(rf"^{re.escape(goal)}:", makefile, re.MULTILINE)
