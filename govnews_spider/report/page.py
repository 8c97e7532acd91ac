"""The page around the chapters: one file, which a policy in its head keeps from asking for anything."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import date, datetime
from hashlib import sha256
from importlib.resources import files
from string import Template

from govnews_spider.report.html import Html, both, in_script, local
from govnews_spider.report.parts import Chapter, Chart, chart_html


def page(chapters: Sequence[Chapter], *, head: Html, days: tuple[date, date], now: datetime, library: str) -> str:
    """The HTML. ``head`` stands before the chapters; ``library`` is the script that draws, all other files are the package's own."""
    folder = files("govnews_spider.report")
    css, code = ((folder / name).read_text("utf-8") for name in ("page.css", "page.js"))
    charts = {
        part.key: part.spec for chapter in chapters for part in chapter.parts if isinstance(part, Chart) and part.spec
    }
    return Template((folder / "page.html").read_text("utf-8")).substitute(
        hashes=" ".join(map(_hash, (library, code))),
        css=css,
        period=f"{days[0]} – {days[1]}",
        made=local(now),
        made_at=now.isoformat(),
        links="".join(f'<li><a href="#{chapter.key}">{both(chapter.title)}</a></li>' for chapter in chapters),
        head=head,
        chapters="\n".join(map(_chapter, chapters)),
        charts=in_script(charts),
        library=library,
        code=code,
    )


def _chapter(chapter: Chapter) -> str:
    parts = "\n".join(chart_html(part) if isinstance(part, Chart) else part for part in chapter.parts)
    return (
        f'<section class="chapter" id="{chapter.key}" aria-labelledby="{chapter.key}-title">'
        f'<h2 id="{chapter.key}-title">{both(chapter.title)}</h2>\n<div class="cards">{parts}</div></section>'
    )


def _hash(script: str) -> str:
    """What the policy knows the script by (https://www.w3.org/TR/CSP3/#grammardef-hash-source)."""
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
