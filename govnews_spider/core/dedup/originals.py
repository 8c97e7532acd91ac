"""Texts and which of them repeat each other -> the one that each goes back to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


def originals_of(order: Sequence[T], alike: Mapping[T, Collection[T]], apart: Callable[[T, T], bool]) -> dict[T, T]:
    """Each text → the one that it goes back to, which is itself where it repeats none.

    ``order`` has the texts by the time of their publication; ``alike`` names to each those that it is alike to, from either side. A
    text repeats only what was published before it, and goes back to what that went back to: so a chain ends at its first text. Of
    several the earliest counts, unless ``apart`` says that the text is no reprint of that one itself: a sibling, or a text that has
    hardly anything of it left. So a text that two others could be cut down to does not join them, and rolling reports, each like
    the one before, do not all become the first. The result depends on the texts and their times alone, not on the order in
    which they became known.
    """
    place = {text: at for at, text in enumerate(order)}
    found: dict[T, T] = {}
    for text in order:
        before = {found[other] for other in alike[text] if place.get(other, len(place)) < place[text]}
        found[text] = next((root for root in sorted(before, key=place.__getitem__) if not apart(text, root)), text)
    return found
