"""Text -> what is compared of it -> a sketch -> the keys by which near-duplicates find each other.

The sketch holds minima of hashed runs of characters (MinHash, Broder 1997), one for each of many hash functions; texts that share a
key have agreed in all minima of one band. What the numbers below find and cost is measured by benchmarks/dedup.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from govnews_spider.html.text import nfkc
from govnews_spider.sina import furniture

Hashes = NDArray[np.uint64]
Sketch = NDArray[np.uint64]

GRAM: Final = 5
"""Characters in a row that are hashed as one. Articles on other events share 0.02 % of them in the median (of runs of three 0.4 %),
so bands may be short; a character in ten changed still leaves 0.4 of them shared."""
ROWS: Final = 2
"""Minima that a band compares."""
BANDS: Final = 20
"""1 - (1 - J²)²⁰: of texts that share 0.4 of their runs 97 in 100 have a key in common, of those that share half all but 3 in 1,000.
More bands cost disk and time with each article: every key is written to another page of the table."""
SHORTEST: Final = 60
"""Letters and figures that a text needs to be sketched; shorter ones are compared whole."""
LIKELY: Final = 0.15
"""Share of runs in common, told by the digests, from which two texts are worth reading: 0.4 less three standard deviations."""
KEY_BITS: Final = 48
"""SQLite stores an integer of 48 bits in six bytes; among 20 million of them one more is met by chance with one article in 700."""

_WORDS: Final = re.compile(r"[^\W_]+")
_SPACE: Final = re.compile(r"(?<![0-9])\s+|\s+(?![0-9])")
_ASIDE: Final = re.compile(
    r"\W{0,3}(?:"
    r"原\s*标题|(?:图片?|配图|题图|封面图?|资料图片?|视频|文章|稿件|信息|本文)?来源|(?:资料)?图片?\s*[：:/]|图源|摄影"
    r"|(?:责任|文字|新媒体|本期|值班|微信|每经)?编辑|责编|校对|审核|监制|统筹|作\s*者|原创|记者\s*[：:/|]|实习生|免责声明|声明\s*[：:]|版权"
    r")[^。！？!?]{0,60}"
    r"|.{0,20}(?:资料图片?|视觉中国|图虫创意|摄图网|东方\s*IC|新华社发|记者\s*\S{2,4}\s*摄)\W{0,3}"
)
"""A whole line that credits, labels or disclaims; what else Sina's pages carry is in :mod:`govnews_spider.sina.furniture`."""
_ASIDE_LENGTH: Final = 80
"""Characters; a longer line is a paragraph."""


def normalized_text(text: str) -> str:
    """Compared form of ``text``: its lines in one width and case, without spaces except between figures, furniture and credits left out."""
    text = "\n".join(line for line in map(str.strip, text.split("\n")) if line and not _is_furniture(line))
    lines = nfkc(text).lower().split("\n")
    return "\n".join(_tight(line) for line in lines if len(line) > _ASIDE_LENGTH or not _ASIDE.fullmatch(line))


def _tight(line: str) -> str:
    return line if len(line.split(None, 1)) < 2 else _SPACE.sub("", line.strip())


def _is_furniture(line: str) -> bool:
    return len(line) <= furniture.LINE_LENGTH and furniture.PROMOTION.fullmatch(line) is not None


def letters(text: str) -> str:
    """``text`` without any sign that is no letter and no figure: punctuation is what reprints change most freely."""
    return "".join(_WORDS.findall(text))


def grams(text: str, length: int) -> Hashes:
    """A 64-bit hash of every run of ``length`` characters of ``text``, in their order; empty where the text is shorter."""
    count = len(text) - length + 1
    if count < 1:
        return np.empty(0, np.uint64)
    signs = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    hashes = signs[:count].copy()
    for shift in range(1, length):
        hashes *= _PRIME
        hashes += signs[shift : shift + count]
    return _mixed(hashes)


def _mixed(hashes: Hashes) -> Hashes:
    """The finalizer of SplitMix64 (Steele, Lea, Flood 2014): every bit of the argument moves every bit of the result."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return hashes ^ (hashes >> np.uint64(31))


_PRIME: Final = np.uint64(0x9E3779B97F4A7C15)
_FACTORS: Final = (_mixed(np.arange(1, BANDS * ROWS + 1, dtype=np.uint64) * _PRIME) | np.uint64(1))[:, None]
_BAND_SALTS: Final = _mixed(np.arange(1, BANDS + 1, dtype=np.uint64))


def sketch(text: str) -> Sketch | None:
    """The minima of ``text``, which :func:`normalized_text` has made; None where it is too short for more than an exact comparison."""
    compared = letters(text)
    if len(compared) < SHORTEST:
        return None
    minima: Sketch = (grams(compared, GRAM)[None, :] * _FACTORS).min(axis=1)
    return minima


def band_keys(minima: Sketch) -> list[int]:
    """:data:`BANDS` numbers from 0 below 2⁴⁸, the band's own number mixed in; texts with one in common may be near-duplicates."""
    keys = _mixed(minima.reshape(BANDS, ROWS) @ np.array([_PRIME, 1], np.uint64) ^ _BAND_SALTS)
    found: list[int] = (keys >> np.uint64(64 - KEY_BITS)).tolist()
    return found


def digest(minima: Sketch) -> bytes:
    """One byte of each minimum: what is left of a sketch once its keys are stored, enough to say how alike two texts are."""
    return minima.astype(np.uint8).tobytes()


def likeness(one: bytes, others: Sequence[bytes]) -> list[float]:
    """The share of runs that ``one`` has in common with each of the others, as far as digests tell: right to 0.08 in two cases of three.

    What is below :data:`LIKELY` need not be read: among many texts keys are shared by chance more often than by reprints.
    """
    table = np.frombuffer(b"".join(others), np.uint8).reshape(len(others), len(one))
    found: list[float] = likenesses(np.frombuffer(one, np.uint8), table).tolist()
    return found


def likenesses(digests: NDArray[np.uint8], others: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The same of digests that are the rows of two tables, each with that of the same number."""
    equal = np.count_nonzero(digests == others, axis=1) / others.shape[1]
    shares: NDArray[np.float64] = np.maximum(0, (equal - 1 / 256) * 256 / 255)
    return shares
