"""Reprints and siblings planted into real texts, each kind by itself, so that the truth is known."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Final

from govnews_spider.core.regions.resolve import regions_of

Plant = Callable[[random.Random, str], str | None]
"""A text → the planted one; None where the text has nothing that this kind could change."""

MEDIA: Final = ("新京报", "证券时报网", "中国经济网", "第一财经", "央视新闻客户端", "21世纪经济报道")
HEADLINES: Final = (
    "记者从会上获悉了这些新变化",
    "一文看懂今天的要点",
    "这件事有了新进展 业内怎么看",
    "多部门回应社会关切",
)
CITIES: Final = {
    "北京": "110000", "上海": "310000", "天津": "120000", "重庆": "500000", "广州": "440100", "深圳": "440300", "杭州": "330100",
    "成都": "510100", "武汉": "420100", "南京": "320100", "西安": "610100", "苏州": "320500", "青岛": "370200", "厦门": "350200",
}  # fmt: skip
"""Name → GB/T 2260 code."""
WIDTHS: Final = str.maketrans("，：；！？（）", ",:;!?()")
LEFT: Final = 0.4
"""Share of a text that a cut has to leave: what is less is a quotation."""


def _source_line(rng: random.Random, text: str) -> str:
    medium = rng.choice(MEDIA)
    return rng.choice((f"{text}\n来源：{medium}", f"{medium}讯 {text}", f"{text}\n（文章来源：{medium}）"))


def _cut(first: bool, rng: random.Random, text: str) -> str | None:
    lines = text.split("\n")
    left = "\n".join(lines[1:] if first else lines[:-1])
    return left if len(left) > LEFT * len(text) else None


def _headline(rng: random.Random, text: str) -> str:
    return f"{rng.choice(HEADLINES)}\n{text}"


def _original_title(rng: random.Random, text: str) -> str:
    return f"原标题：{rng.choice(HEADLINES)}\n{text}"


def _credits(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    at = rng.randrange(len(lines)) + 1
    return "\n".join(
        (*lines[:at], "▲资料图 图片来源：视觉中国", *lines[at:], f"新华社记者 {rng.choice(MEDIA)[:2]}生 摄")
    )


def _widths(rng: random.Random, text: str) -> str:
    return text.translate(WIDTHS).replace("“", '"').replace("”", '"')


def _order(rng: random.Random, text: str) -> str | None:
    lines = text.split("\n")
    shuffled = rng.sample(lines, len(lines))
    return "\n".join(shuffled) if len(set(lines)) > 1 and shuffled != lines else None


def _noise(share: float, rng: random.Random, text: str) -> str:
    """``share`` of the characters, each replaced by one from elsewhere in the text: figures among them come and go too."""
    signs = list(text)
    for place in rng.sample(range(len(signs)), round(share * len(signs))):
        signs[place] = rng.choice(text)
    return "".join(signs)


def _redrawn(rng: random.Random, figure: str) -> str:
    drawn = "".join(str(rng.randint(1, 9)) if sign.isdigit() else sign for sign in figure)
    return drawn if drawn != figure else _redrawn(rng, figure)


def _numbers(share: float, pattern: str, rng: random.Random, text: str) -> str | None:
    """``share`` of the figures that match, three at least."""
    found = list(re.finditer(pattern, text))
    if len(found) < 3:
        return None
    chosen = set(rng.sample(range(len(found)), max(3, round(share * len(found)))))
    numbers = iter(range(len(found)))
    return re.sub(pattern, lambda match: _redrawn(rng, match[0]) if next(numbers) in chosen else match[0], text)


def _next_day(rng: random.Random, text: str) -> str | None:
    """Every day of a month moved by one, and the weekdays; half of the measures are new."""
    if not re.search(r"\d月\d+日", text):
        return None

    def later(match: re.Match[str]) -> str:
        month, day = int(match[1]), int(match[2])
        if not (1 <= month <= 12 and 1 <= day <= 28):
            return match[0]
        moved = date(2021, month, day) + timedelta(days=1)
        return f"{moved.month}月{moved.day}日"

    moved = re.sub(r"(?<!\d)(\d{1,2})月(\d{1,2})日", later, text)
    days = "一二三四五六日一"
    moved = re.sub(r"(?<=周)[一二三四五六日]", lambda match: days[days.index(match[0]) + 1], moved)
    return _numbers(0.5, r"\d+\.\d+", rng, moved)


def _other_city(rng: random.Random, text: str) -> str | None:
    """The city of the first paragraph, where the text names it three times, is another one throughout."""
    city = max(CITIES, key=text.count)
    others = [name for name in CITIES if name not in text]
    if not others or text.count(city) < 3 or CITIES[city] not in regions_of("", text.split("\n")[0]):
        return None
    return text.replace(city, rng.choice(others))


REPRINTS: Final[dict[str, Plant]] = {
    "source line added": _source_line,
    "last paragraph cut": partial(_cut, False),
    "first paragraph cut": partial(_cut, True),
    "new headline": _headline,
    "原标题 line": _original_title,
    "photo credits": _credits,
    "full- and half-width": _widths,
    "paragraph order": _order,
    "1 % changed": partial(_noise, 0.01),
    "3 % changed": partial(_noise, 0.03),
    "5 % changed": partial(_noise, 0.05),
    "10 % changed": partial(_noise, 0.10),
}
SIBLINGS: Final[dict[str, Plant]] = {
    "numbers changed": partial(_numbers, 0.3, r"\d+(?:\.\d+)?"),
    "next day's bulletin": _next_day,
    "other city": _other_city,
}
BEYOND: Final = "10 % changed"
"""The kind that the goals for recall leave out."""
