"""Settings of the project (GOVNEWS_*), typed and checked in one place."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

DEFAULTS: Final = {
    "GOVNEWS_DATA": "data",
    "GOVNEWS_GATEWAY": "",
    "GOVNEWS_CONTACT": "",
    "GOVNEWS_ARCHIVE": "1",
    "GOVNEWS_REPLAY": "",
    "GOVNEWS_FLUSH_ROWS": "1000",
    "GOVNEWS_FLUSH_SECONDS": "60",
    "GOVNEWS_DRIFT_LIMIT": "0.1",
    "GOVNEWS_STALE_AFTER": "72",
    "GOVNEWS_RETRY_WAIT": "2",
    "GOVNEWS_WAIT_MAX": "120",
}
"""Setting → its value where neither the command line, a project nor the environment gives one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Values of the settings; ``settings.py`` explains each."""

    data: Path
    gateway: str | None
    """Origin without a slash at its end; None without gateway."""
    contact: str | None
    archive: bool
    replay: tuple[Path, ...]
    """Archives, or folders of them, that answer in place of the network; empty for the network."""
    flush_rows: int
    flush_seconds: float
    drift_limit: float
    """Share, 0 to 1."""
    stale_after: timedelta | None
    retry_wait: float
    """Seconds."""
    wait_max: float
    """Seconds."""

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> Self:
        """Raises ValueError that names the setting, its value and what it should be; also for a setting that does not exist."""
        _check_names(name for name in (*settings, *os.environ) if name.startswith("GOVNEWS_"))
        return cls(
            data=_checked(settings, "GOVNEWS_DATA", _folder, "a folder, or a path where one can be made"),
            gateway=_checked(settings, "GOVNEWS_GATEWAY", _origin, "an origin such as http://127.0.0.1:8155, or empty"),
            contact=_checked(settings, "GOVNEWS_CONTACT", _contact, "a URL or mail address in ASCII, or empty"),
            archive=_checked(settings, "GOVNEWS_ARCHIVE", _flag, "1 or 0"),
            replay=_checked(settings, "GOVNEWS_REPLAY", _paths, "files or folders that exist, separated by commas"),
            flush_rows=_checked(settings, "GOVNEWS_FLUSH_ROWS", _positive, "a whole number of rows, at least 1"),
            flush_seconds=_checked(settings, "GOVNEWS_FLUSH_SECONDS", _not_negative, "a number of seconds"),
            drift_limit=_checked(settings, "GOVNEWS_DRIFT_LIMIT", _share, "a share from 0 to 1"),
            stale_after=_checked(settings, "GOVNEWS_STALE_AFTER", _hours, "a number of hours, 0 for never") or None,
            retry_wait=_checked(settings, "GOVNEWS_RETRY_WAIT", _not_negative, "a number of seconds"),
            wait_max=_checked(settings, "GOVNEWS_WAIT_MAX", _not_negative, "a number of seconds"),
        )


NAMES: Final = frozenset(f"GOVNEWS_{field.name.upper()}" for field in fields(Options))
"""Names of all settings."""


def _check_names(names: Iterable[str]) -> None:
    for name in names:
        if name not in NAMES:
            near = get_close_matches(name, NAMES, n=1)
            cure = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(NAMES))}"
            raise ValueError(f"unknown_setting: {name}: no setting has this name; {cure}")


def _checked(settings: Mapping[str, Any], name: str, read: Callable[[str], T], wanted: str) -> T:
    value = settings.get(name)
    if value is None:
        value = os.environ.get(name, DEFAULTS[name])
    try:
        return read(str(value))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"bad_setting: {name}={value!r} is not {wanted}") from error


def _folder(text: str) -> Path:
    path = Path(text)
    if not text or any(part.exists() and not part.is_dir() for part in (path, *path.parents)):
        raise ValueError(text)
    return path


def _origin(text: str) -> str | None:
    if not text:
        return None
    parts = urlsplit(text)
    _ = parts.port
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError(text)
    return f"{parts.scheme}://{parts.netloc}"


def _contact(text: str) -> str | None:
    """The text, which stands inside the parentheses of a header."""
    if not (text.isascii() and text.isprintable()) or set(text) & set("() ;"):
        raise ValueError(text)
    return text or None


def _paths(text: str) -> tuple[Path, ...]:
    paths = tuple(Path(part.strip()) for part in text.split(",") if part.strip())
    if not all(path.exists() for path in paths):
        raise ValueError(text)
    return paths


def _flag(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError(text)
    return text == "1"


def _share(text: str) -> float:
    if not 0 <= (share := float(text)) <= 1:
        raise ValueError(text)
    return share


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


def _hours(text: str) -> timedelta:
    return timedelta(hours=_not_negative(text))


def _not_negative(text: str) -> float:
    number = float(text)
    if not 0 <= number < float("inf"):
        raise ValueError(text)
    return number
