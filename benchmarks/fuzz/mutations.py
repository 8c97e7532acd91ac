"""Ways to damage a page. Each is a function of a random generator and drafts; what it gives is decided by the generator alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from benchmarks.fuzz import scraps


@dataclass(frozen=True, slots=True)
class Draft:
    """A page as text, the codec that it will be encoded with, and what it was served as."""

    text: str
    encoding: str
    url: str
    content_type: str | None = None


Mutation = Callable[[Random, Draft, Draft], Draft]
"""The page, and another one to take things from -> the damaged page."""

BIG: Final = 8 * 1024 * 1024
"""Bytes of the largest body."""
DEEP: Final = 10_000
"""Elements in elements."""
_BODY: Final = re.compile(r"""(?:id|class)=["']?(?:artibody|article|txt|[\w ]*art_content)\b""")
_BLOCK: Final = re.compile(r"<(p|div|table|ul|span|script|h\d|a|img)\b.*?(?:</\1>|>)", re.DOTALL)


def _body_start(text: str) -> int:
    match = _BODY.search(text)
    return match.start() if match else 0


def _place(rng: Random, text: str) -> int:
    """Somewhere, mostly at a tag's edge and mostly in the body."""
    low = _body_start(text) if rng.random() < 0.7 else 0
    high = min(len(text), low + 12_000) if low else len(text)
    at = rng.randint(low, max(low, high))
    if rng.random() < 0.8:
        edge = text.find(">", at)
        at = edge + 1 if edge >= 0 else at
    return at


def _insert(rng: Random, draft: Draft, what: str) -> Draft:
    at = _place(rng, draft.text)
    return replace(draft, text=draft.text[:at] + what + draft.text[at:])


def cut(rng: Random, draft: Draft, _: Draft) -> Draft:
    """The end, the start or a piece of the page is missing."""
    one, two = sorted((_place(rng, draft.text), _place(rng, draft.text)))
    kept = rng.choice((draft.text[:two], draft.text[one:], draft.text[:one] + draft.text[two:]))
    return replace(draft, text=kept)


def splice(rng: Random, draft: Draft, other: Draft) -> Draft:
    """The start of one page and the end of another, or a piece of another inside."""
    if rng.random() < 0.5:
        return replace(draft, text=draft.text[: _place(rng, draft.text)] + other.text[_place(rng, other.text) :])
    at = _place(rng, other.text)
    return _insert(rng, draft, other.text[at : at + rng.choice((50, 500, 5_000))])


def shuffle(rng: Random, draft: Draft, _: Draft) -> Draft:
    """Tags dropped, doubled, renamed or swapped."""
    parts = re.split(r"(?=<)", draft.text)
    low = min(draft.text.count("<", 0, _body_start(draft.text)), len(parts) - 1)
    for _step in range(rng.choice((1, 3, 10, 50))):
        at, to = rng.randrange(low, len(parts)), rng.randrange(len(parts))
        choice = rng.randrange(4)
        if choice == 0:
            parts[at] = ""
        elif choice == 1:
            parts[at] *= 2
        elif choice == 2:
            parts[at], parts[to] = parts[to], parts[at]
        else:
            parts[at] = re.sub(r"^(</?)\w+", rf"\g<1>{rng.choice(scraps.TAGS)}", parts[at])
    return replace(draft, text="".join(parts))


def snippet(rng: Random, draft: Draft, _: Draft) -> Draft:
    """Some markup of the kinds that bodies hold, broken."""
    for _step in range(rng.choice((1, 2, 5))):
        chosen = rng.choice(scraps.SNIPPETS)
        number = str(rng.choice((0, 1, 2018, "9" * 5_000)))
        opened = rng.choice(("[", '{"a":')) * rng.choice((10, 100_000))
        draft = _insert(rng, draft, chosen.replace("@N@", number).replace("@OPEN@", opened))
    return draft


def unclosed(rng: Random, draft: Draft, _: Draft) -> Draft:
    """Something opened and never closed."""
    return _insert(rng, draft, rng.choice(scraps.OPENED))


def entities(rng: Random, draft: Draft, _: Draft) -> Draft:
    """Character references, good, bad and many."""
    for _step in range(rng.randint(1, 8)):
        draft = _insert(rng, draft, rng.choice(scraps.ENTITIES) * rng.choice((1, 1, 3, 2_000)))
    return draft


def controls(rng: Random, draft: Draft, _: Draft) -> Draft:
    """NULs and control characters, C1 ones and signs without width among them."""
    for _step in range(rng.randint(1, 30)):
        draft = _insert(rng, draft, chr(rng.choice(scraps.CONTROLS)))
    return draft


def signs(rng: Random, draft: Draft, _: Draft) -> Draft:
    """Random signs of the whole of Unicode."""
    for _step in range(rng.randint(1, 5)):
        signs_ = (chr(rng.randint(*rng.choice(scraps.RANGES))) for _ in range(rng.choice((1, 10, 300))))
        draft = _insert(rng, draft, "".join(signs_))
    return draft


def values(rng: Random, draft: Draft, _: Draft) -> Draft:
    """Times, addresses and numbers with other values."""
    text = draft.text
    found = list(re.finditer(rng.choice(scraps.PLACES), text))
    for match in sorted(rng.sample(found, min(len(found), rng.randint(1, 20))), key=lambda match: -match.start()):
        text = text[: match.start()] + rng.choice(scraps.VALUES) + text[match.end() :]
    return replace(draft, text=text)


def double(rng: Random, draft: Draft, _: Draft) -> Draft:
    """One block some thousand times."""
    block = _BLOCK.search(draft.text, _place(rng, draft.text))
    if block is None:
        return draft
    copies = block[0] * min(rng.choice((2, 100, 5_000)), 1_000_000 // len(block[0]) + 1)
    return replace(draft, text=draft.text[: block.start()] + copies + draft.text[block.end() :])


def nest(rng: Random, draft: Draft, _: Draft) -> Draft:
    """Elements in elements, ten thousand deep, of one kind or mixed with another, closed or not."""
    tag = rng.choice((*scraps.TAGS, "table><tr><td"))
    other = rng.choice((tag, tag, *scraps.TAGS))
    closed = f"</{tag.split('>')[0]}>" * DEEP if rng.random() < 0.5 else ""
    opened = "".join(f"<{rng.choice((tag, other))}>" for _step in range(DEEP))
    return _insert(rng, draft, f"{opened}深处{closed}")


def attribute(rng: Random, draft: Draft, _: Draft) -> Draft:
    """An attribute of one megabyte."""
    name = rng.choice(("class", "style", "id", "href", "src", "alt", "colspan", "content", "x", "name"))
    value = rng.choice(("a", "1", "a ", "中", "&amp;", "text-align:", "/", "https://a/", "\n")) * 1_000_000
    tag = rng.choice(("td", "p", "img", "a", "div", "meta", "span"))
    return _insert(rng, draft, f"<{tag} {name}='{value[:1_000_000]}'>")


def huge(rng: Random, draft: Draft, _: Draft) -> Draft:
    """A body of eight megabytes."""
    unit = rng.choice(scraps.UNITS)
    return _insert(rng, draft, rng.choice(("", "", "<table>", "<p>")) + unit * (BIG // len(unit.encode())))


def recode(rng: Random, draft: Draft, _: Draft) -> Draft:
    """Another encoding, with the meta and the header right, wrong or missing."""
    text = draft.text
    if rng.random() < 0.5:
        text = re.sub(r"""(charset\s*=\s*["']?)[\w-]+""", rf"\g<1>{rng.choice(scraps.CLAIMS)}", text)
    return replace(draft, text=text, encoding=rng.choice(scraps.CODECS), content_type=rng.choice(scraps.HEADERS))


def nameless(rng: Random, draft: Draft, _: Draft) -> Draft:
    """Nobody knows the address, or it is none."""
    return replace(draft, url=rng.choice(scraps.URLS))


LIGHT: Final[tuple[Mutation, ...]] = (
    *(cut, splice, shuffle, snippet, snippet, unclosed, entities, controls, signs, values, recode, nameless),
)
HEAVY: Final[tuple[Mutation, ...]] = (double, nest, attribute)


def mutated(rng: Random, draft: Draft, other: Draft) -> tuple[bytes, Draft, str]:
    """The page's bytes, its draft and the names of what was done to it."""
    chosen = list(rng.choices(LIGHT, k=rng.choice((1, 1, 2, 3))))
    chance = rng.random()
    if chance < 0.001:
        chosen = [huge]
    elif chance < 0.04:
        chosen.append(rng.choice(HEAVY))
    for mutation in chosen:
        draft = mutation(rng, draft, other)
    data = draft.text.encode(draft.encoding, "replace" if rng.random() < 0.5 else "ignore")
    names = [mutation.__name__ for mutation in chosen]
    if rng.random() < 0.2 and data:
        data = flipped(rng, data)
        names.append("flipped")
    return data, draft, "+".join(names)


def flipped(rng: Random, data: bytes) -> bytes:
    """Some bytes changed, added or missing."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 5, 200))):
        at = rng.randrange(len(changed))
        changed[at : at + rng.randint(0, 2)] = rng.randbytes(rng.randint(0, 2)) or b" "
    return bytes(changed)
