"""Least recently used values, up to a number of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """Values by their keys; where there are more than ``size``, the one that was not used for longest goes, and ``on_evict`` is told."""

    def __init__(self, size: int, on_evict: Callable[[V], None] = lambda value: None) -> None:
        self._size = size
        self._on_evict = on_evict
        self._values: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value of ``key``, made where it is not held; None is passed on, and asked for again the next time."""
        if key in self._values:
            self._values.move_to_end(key)
            return self._values[key]
        value = make()
        if value is not None:
            self.put(key, value)
        return value

    def put(self, key: K, value: V) -> None:
        """Holds the value from now on."""
        self._values[key] = value
        self._values.move_to_end(key)
        while len(self._values) > self._size:
            self._on_evict(self._values.popitem(last=False)[1])

    def clear(self) -> None:
        """Lets all of them go."""
        while self._values:
            self._on_evict(self._values.popitem()[1])
