"""The reporter, where a text itself says who that is."""

from __future__ import annotations

import re
from typing import Final

LINES: Final = 5
"""How many lines of a text are looked at; later 记者 are quoted or credited for pictures."""

_NAME: Final = r"[\u4e00-\u9fff·]{2,4}"
_NAMES: Final = rf"{_NAME}(?:[、，,\s]+{_NAME})*?"
_ROLE: Final = r"(?:(?:本报|本网|特约|见习|实习|首席|驻\S{2,6})*记者)"
_REPORTER: Final = (
    # 新京报快讯（记者 吴婷婷）; a correspondent (通讯员) after the reporters is no reporter
    re.compile(
        rf"[（(][^（()）]{{0,12}}?{_ROLE}[\s:：]*(?P<names>{_NAMES})\s*(?:[，,、；;\s]*(?:通讯员|实习生|摄影)[^（()）]*)?[)）]"
    ),
    # a line of its own: 本报记者 张三 · 文/玉浊清 · 作者：李四
    re.compile(rf"^[^\w]*(?:{_ROLE}|作者|文)\s*[\s:：/／|丨]\s*(?P<names>{_NAMES})$"),
)
_NO_NAME: Final = re.compile(r"报道|获悉|了解|从|在|采访|发现|获知|注意|日电|图片|来源|编辑")
_BETWEEN: Final = re.compile(r"[、，,\s]+")


def reporters(text: str) -> str | None:
    """The reporters that a dateline or a byline names, joined by ``、``; None where the text names none."""
    for line in text.split("\n", LINES)[:LINES]:
        for pattern in _REPORTER:
            match = pattern.search(line)
            if match and not _NO_NAME.search(match["names"]):
                return "、".join(_BETWEEN.split(match["names"]))
    return None
