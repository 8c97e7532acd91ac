"""Text into HTML: what stands in the data is escaped here, once, and nowhere else."""

from __future__ import annotations

import html
import json
import re
from datetime import datetime
from typing import Any, Final, TypeAlias

from govnews_spider.article import SHANGHAI

Label: TypeAlias = tuple[str, str]
"""The same in Chinese and in English."""


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


_UNSEEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
"""Signs that HTML forbids in text."""
_IN_SCRIPT: Final = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def text(value: object) -> Html:
    """Any value as text between tags or in an attribute."""
    return Html(html.escape(_UNSEEN.sub("\ufffd", str(value))))


def both(label: Label) -> Html:
    """A label in both languages; the page is in Chinese."""
    english = f' <span lang="en">{text(label[1])}</span>' if label[1] else ""
    return Html(f"{text(label[0])}{english}")


def local(moment: datetime) -> str:
    """A time as Sina's clocks show it, to the minute."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def time_tag(moment: datetime | None) -> Html:
    """The same, for machines too; a dash for none."""
    return Html("—" if moment is None else f'<time datetime="{moment.isoformat()}">{local(moment)}</time>')


def link(title: str, url: str | None) -> Html:
    """The title, which leads to the address where that is one of the web. Its own direction does not turn what stands beside it."""
    shown = f"<bdi>{text(title)}</bdi>"
    if url is None or not url.startswith(("https://", "http://")):
        return Html(shown)
    return Html(f'<a href="{text(url)}" rel="noopener noreferrer" target="_blank">{shown}</a>')


def in_script(value: Any) -> str:
    """JSON that ends no script element, whatever it holds."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_IN_SCRIPT)
