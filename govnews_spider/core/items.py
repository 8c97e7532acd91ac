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
_READ_FROM: Final = "item"
"""Layout, and locator of the time, of an article that another project's spider has read."""
_TEXTS: Final = frozenset(field.name for field in fields(Article) if field.type in ("str", "str | None"))
_LISTS: Final = frozenset(field.name for field in fields(Article) if field.type == "list[str]")


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
    values = {field: adapter[field] for field in FIELD_NAMES if adapter.get(field) is not None}
    _check(values, name)
    raw = str(values["published_at"])
    values = {"published_raw": raw, "published_from": _READ_FROM, "layout": _READ_FROM, "origin": origin} | values
    values["published_at"] = _time(values["published_at"], name)
    values["images"] = [_image(image, name) for image in values.get("images", ())]
    return Article(**values)


def update_item(item: Any, before: Article, after: Article) -> None:
    """Sets the fields in which a stage has changed the article of an item, each in the kind that the item had; those that it lacks not."""
    adapter = ItemAdapter(item)
    holds = None if isinstance(item, dict) else set(adapter.field_names())
    for name in FIELD_NAMES:
        value = getattr(after, name)
        if value != getattr(before, name) and (holds is None or name in holds):
            adapter[name] = _plain(value, adapter.get(name))


def holds_all(item: Any, names: Iterable[str] = FIELD_NAMES) -> bool:
    """Whether the item can hold every field: a dict can, a class may not have declared it."""
    return isinstance(item, dict) or set(names) <= set(ItemAdapter(item).field_names())


def _check(values: dict[str, Any], name: str) -> None:
    for field, value in values.items():
        is_text = isinstance(value, str)
        is_list = isinstance(value, list | tuple) and all(isinstance(part, str) for part in value)
        if (field in _TEXTS and not is_text) or (field in _LISTS and not is_list):
            wanted = "text" if field in _TEXTS else "a list of texts"
            raise Rejected("bad_field", f"{name}: {field} is {type(value).__name__}; it should be {wanted}")
    for field in _LISTS & values.keys():
        values[field] = list(values[field])


def _time(value: Any, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        is_aware = moment.utcoffset() is not None
    except (ValueError, AttributeError) as error:
        cure = "give a datetime, or ISO 8601 such as 2021-11-25T21:30:00+08:00"
        raise Rejected("bad_field", f"{name}: published_at is {value!r}; {cure}") from error
    if not is_aware:
        raise Rejected("time_without_zone", f"{name}: published_at is {value!r}; give it its zone, such as +08:00")
    return moment.astimezone(UTC)


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
