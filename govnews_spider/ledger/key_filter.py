"""Bloom-like filter of the keys in a large table: a bit for each range of keys, so that hardly any key is looked up in vain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from govnews_spider.core.dedup.fingerprint import KEY_BITS

BITS_A_KEY: Final = 8
"""At least: a key that is not there is taken for one that may be in one case of eight."""
_SMALLEST: Final = 20


class KeyFilter:
    """Keys of :data:`KEY_BITS` bits, evenly spread. What was added is always found; a few others are, too."""

    def __init__(self, bits: bytes | None = None, *, keys: int = 0) -> None:
        """From saved bits, or empty for that many keys."""
        wanted = max(_SMALLEST, (keys * BITS_A_KEY - 1).bit_length()) if bits is None else len(bits).bit_length() + 2
        self._shift = np.uint64(KEY_BITS - wanted)
        self._bits: NDArray[np.uint8] = np.zeros(2**wanted // 8, np.uint8)
        if bits is not None:
            self._bits[:] = np.frombuffer(bits, np.uint8)

    @property
    def room(self) -> int:
        """Number of keys it is made for."""
        return len(self._bits) * 8 // BITS_A_KEY

    def add(self, keys: Iterable[int]) -> None:
        """Adds keys."""
        positions = np.fromiter(keys, np.uint64) >> self._shift
        np.bitwise_or.at(
            self._bits, positions >> np.uint64(3), np.uint8(1) << (positions & np.uint64(7)).astype(np.uint8)
        )

    def maybe(self, keys: Sequence[int]) -> list[int]:
        """Those of ``keys`` that may have been added."""
        given = np.array(keys, np.uint64)
        positions = given >> self._shift
        bits = self._bits[positions >> np.uint64(3)] >> (positions & np.uint64(7)).astype(np.uint8) & 1
        possible: list[int] = given[bits.astype(bool)].tolist()
        return possible

    def kept(self) -> bytes:
        """The bits, from which the filter can be made again."""
        return self._bits.tobytes()
