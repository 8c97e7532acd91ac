"""Sentences out of the stock, each slot filled anew."""

from __future__ import annotations

import random
import re
from datetime import date

from tests.site import stock


class Words:
    """Fills the slots of the stock's sentences for one article; within it no measure and no sentence comes twice."""

    def __init__(self, rng: random.Random, day: date) -> None:
        self.rng = rng
        self.day = day
        self.theme = rng.choice(stock.THEMES)
        self._pools: dict[str, list[str]] = {}

    def fill(self, pattern: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda slot: self._value(slot[1]), pattern)

    def sentence(self, patterns: tuple[str, ...]) -> str:
        return self.fill(self.draw(repr(patterns[0]), patterns))

    def draw(self, name: str, values: tuple[str, ...]) -> str:
        """A value at random, none twice before all have come."""
        pool = self._pools.get(name)
        if not pool:
            pool = self._pools[name] = self.rng.sample(values, len(values))
        return pool.pop()

    def person(self) -> str:
        return self.rng.choice(stock.SURNAMES) + self.rng.choice(stock.GIVEN)

    def _value(self, slot: str) -> str:
        rng, theme = self.rng, self.theme
        drawn = {
            "city": stock.CITIES, "organ": theme.organs, "document": theme.documents, "measure": theme.measures,
            "indicator": theme.indicators, "slogan": theme.slogans, "stock": tuple(stock.STOCKS),
        }  # fmt: skip
        if slot in drawn:
            return self.draw(slot, drawn[slot])
        numbers = {
            "n": f"{rng.randint(11, 980)}", "digit": f"{rng.randint(2, 9)}", "hours": f"{rng.randint(2, 23)}",
            "pct": f"{rng.uniform(0.1, 9.9):.1f}", "percent": f"{rng.uniform(1, 99):.1f}%",
            "figure": f"{rng.uniform(10, 9900):.2f}", "money": f"{rng.uniform(1.1, 640):.2f}{rng.choice('亿万')}元",
            "year": f"{self.day.year + rng.randint(1, 4)}", "month": f"{rng.randint(1, 12)}",
            "day": f"{rng.randint(1, 28)}",
        }  # fmt: skip
        return numbers[slot] if slot in numbers else self.person()
