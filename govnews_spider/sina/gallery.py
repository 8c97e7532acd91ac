"""Picture galleries: pages of slide.*.sina.com.cn, whose content is a JavaScript object (``var slide_data = {…}``)."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from html import escape
from typing import Any, Final

from govnews_spider.html.locators import Page
from govnews_spider.html.text import squash

_SLIDES: Final = re.compile(r"slide_data(?<!\wslide_data)\s*=\s*")  # begins with a literal, which is searched for fast
_PICTURE_KEYS: Final = ("download_img", "image_url")
_TIME_KEYS: Final = ("createtime", "create_time")


@lru_cache(maxsize=1)  # the mark and every field of one page read it
def slide_data(page: Page) -> dict[str, Any] | None:
    """The object itself: ``slide`` (title, createtime, long_intro …) and ``images`` (download_img, intro …); None where it is none."""
    for script in page.tree.css("script"):
        text = script.text()
        if match := _SLIDES.search(text):
            try:
                data, _ = json.JSONDecoder(strict=False).raw_decode(text, match.end())
            except (ValueError, RecursionError):
                return None
            return data if isinstance(data, dict) and isinstance(data.get("images"), list) else None
    return None


def slide_title(page: Page) -> str | None:
    """The album's title."""
    return _of_slide(page, ("title",))


def slide_time(page: Page) -> str | None:
    """Time of the album, else of its first picture."""
    first = next(iter(_images(page)), {})
    return _of_slide(page, _TIME_KEYS) or _text(first, _TIME_KEYS)


def slide_body(page: Page) -> str | None:
    """The album as HTML: its introduction, then each picture with its text as caption."""
    pictures = []
    for image in _images(page):
        url, intro = _text(image, _PICTURE_KEYS), _text(image, ("intro", "title"))
        caption = f'<span class="img_descr">{escape(intro)}</span>' if intro else ""
        if url:
            pictures.append(f'<div class="img_wrapper"><img src="{escape(url)}">{caption}</div>')
    intro = _of_slide(page, ("long_intro", "intro"))
    return "".join([f"<p>{escape(intro)}</p>" if intro else "", *pictures]) if pictures else None


def _images(page: Page) -> list[dict[str, Any]]:
    data = slide_data(page) or {}
    return [image for image in data.get("images", []) if isinstance(image, dict)]


def _of_slide(page: Page, keys: tuple[str, ...]) -> str | None:
    slide = (slide_data(page) or {}).get("slide")
    return _text(slide, keys) if isinstance(slide, dict) else None


def _text(values: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    texts = (values.get(key) for key in keys)
    return next((squash(text) for text in texts if isinstance(text, str) and squash(text)), None)
