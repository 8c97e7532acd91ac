"""Days, weeks, months and years as bars of a chart: as fine as can still be told apart."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

Unit: TypeAlias = Literal["day", "week", "month", "year"]

UNIT_NAMES: Final[dict[Unit, tuple[str, str]]] = {
    "day": ("日", "day"),
    "week": ("周", "week"),
    "month": ("月", "month"),
    "year": ("年", "year"),
}
"""What a unit is called in Chinese and in English."""
_DAYS_AT_MOST: Final = 100
_WEEKS_AT_MOST: Final = 160
_MONTHS_AT_MOST: Final = 240
_COLUMNS_AT_MOST: Final = 120


def unit_of(first: date, last: date) -> Unit:
    """The finest unit of which not too many lie between the two days."""
    days = (last - first).days + 1
    if days <= _DAYS_AT_MOST:
        return "day"
    if days <= _WEEKS_AT_MOST * 7:
        return "week"
    return "month" if days <= _MONTHS_AT_MOST * 30.4 else "year"


def month_or_year(first: date, last: date) -> Unit:
    """Months, but years where there are too many months."""
    return "month" if (last - first).days <= _COLUMNS_AT_MOST * 30.4 else "year"


def start_of(day: date, unit: Unit) -> date:
    """The first day of the unit that ``day`` lies in; weeks begin on Monday."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day if unit == "day" else day.replace(day=1) if unit == "month" else day.replace(month=1, day=1)


def after(start: date, unit: Unit) -> date:
    """The first day of the next unit."""
    return start_of(start + timedelta(days={"day": 1, "week": 7, "month": 31, "year": 366}[unit]), unit)


def between(first: date, last: date, unit: Unit) -> list[date]:
    """The first days of all units from that of ``first`` to that of ``last``."""
    starts = [start_of(first, unit)]
    while (following := after(starts[-1], unit)) <= last:
        starts.append(following)
    return starts


def label(start: date, unit: Unit) -> str:
    """``2021-11-25`` for a day or a week, ``2021-11``, ``2021``."""
    return start.isoformat()[: {"day": 10, "week": 10, "month": 7, "year": 4}[unit]]
