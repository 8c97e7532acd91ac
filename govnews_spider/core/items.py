"""Items of any kind <-> articles, by itemadapter: dicts, dataclasses, attrs, pydantic models and Scrapy's own items."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any, Final

from itemadapter import ItemAdapter

from govnews_spider.article import FIELD_NAMES, Article, Image, Rejected

MANDATORY: Final = ("title", "body_html", "published_at")
"""Fields that an item must have, beside ``url`` or ``origin``."""
_ORIGIN: Final = "item"
"""Layout, and locator of the time, of an article that another project's spider has read."""
_TEXTS: Final = frozenset(field.name for field in fields(Article) if field.type in ("str", "str | None"))
_LISTS: Final = frozenset(field.name for field in fields(Article) if field.type == "list[str]")
_READ: Final = _TEXTS | _LISTS | {"published_at", "images", "provenance", "char_count", "fetched_at"}
"""Fields that are taken from an item; the others are set by the store."""


def to_article(item: Any) -> Article:
    """The article of an item whose fields have the names of :class:`Article`; other fields are left alone.

    ``published_at`` is a datetime or ISO 8601, with its zone; ``images`` are :class:`Image` or dicts with ``url`` and ``caption``.
    Raises :class:`Rejected`: ``missing_field``, ``bad_field``, or ``time_without_zone``.
    """
    adapter = ItemAdapter(item)
    origin = adapter.get("origin") or adapter.get("url") or ""
    name = f"{type(item).__name__} {origin or str(adapter.get('title'))[:60]}".strip()
    missing = [field for field in MANDATORY if not adapter.get(field)] + ([] if origin else ["url or origin"])
    if missing:
        raise Rejected("missing_field", f"{name}: it has no {', '.join(missing)}; let the spider fill in that field")
    values = {field: adapter[field] for field in _READ if adapter.get(field) is not None}
    _check(values, name)
    raw = str(values["published_at"])
    values = {"published_raw": raw, "published_from": _ORIGIN, "layout": _ORIGIN, "origin": origin} | values
    values["published_at"] = _time(values["published_at"], name)
    values["images"] = [_image(image, name) for image in values.get("images", ())]
    return Article(**values)


def update_item(item: Any, after: Article, before: Article | None = None) -> None:
    """Sets the fields in which ``after`` differs from ``before``, or all of them, each in the kind that the item has for it.

    A class keeps to the fields that it has declared.
    """
    adapter = ItemAdapter(item)
    holds = None if isinstance(item, dict) else set(adapter.field_names())
    for name in FIELD_NAMES:
        value = getattr(after, name)
        # A time is set in any case: it was brought to UTC when the item was read.
        is_changed = before is None or name == "published_at" or value != getattr(before, name)
        if is_changed and (holds is None or name in holds):
            adapter[name] = _plain(value, adapter.get(name))


def holds_all(item: Any, names: Iterable[str] = FIELD_NAMES) -> bool:
    """Whether the item can hold every field: a dict can, a class may not have declared it."""
    return isinstance(item, dict) or set(names) <= set(ItemAdapter(item).field_names())


def _check(values: dict[str, Any], name: str) -> None:
    """Brings lists and dicts of texts to their own kind; raises Rejected for fields of another kind."""
    for field, value in values.items():
        is_right, wanted = True, "text"
        if field in _TEXTS:
            is_right = isinstance(value, str)
        elif field in _LISTS:
            is_right, wanted = isinstance(value, list | tuple) and _are_texts(value), "a list of texts"
            values[field] = list(value) if is_right else value
        elif field == "provenance":
            is_right, wanted = isinstance(value, dict) and _are_texts((*value, *value.values())), "a dict of texts"
        elif field == "char_count":
            is_right, wanted = isinstance(value, int), "a number"
        elif field == "fetched_at":
            is_right, wanted = isinstance(value, datetime) and value.utcoffset() is not None, "a datetime with its zone"
        if not is_right:
            raise Rejected("bad_field", f"{name}: {field} is {type(value).__name__}; it should be {wanted}")


def _are_texts(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _time(value: Any, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        is_aware = moment.utcoffset() is not None
    except (ValueError, AttributeError) as error:
        cure = "give a datetime, or ISO 8601 such as 2021-11-25T21:30:00+08:00"
        raise Rejected("bad_field", f"{name}: published_at is {value!r}; {cure}") from error
    if not is_aware:
        raise Rejected("time_without_zone", f"{name}: published_at is {value!r}; give it its zone, such as +08:00")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise Rejected("bad_field", f"{name}: published_at is {value!r}; no such time can be") from error


def _image(value: Any, name: str) -> Image:
    if isinstance(value, Image):
        return value
    try:
        return Image(**value)
    except TypeError as error:
        raise Rejected("bad_field", f"{name}: images has {value!r}; give url and caption") from error


def _plain(value: Any, former: Any) -> Any:
    """The value as the item has its like: text for a time that was text, dicts for pictures unless they were :class:`Image`."""
    if isinstance(value, datetime) and isinstance(former, str):
        return value.isoformat()
    if isinstance(value, list) and value and isinstance(value[0], Image):
        is_ours = isinstance(former, list) and former and isinstance(former[0], Image)
        return value if is_ours else [asdict(image) for image in value]
    return value
