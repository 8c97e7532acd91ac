"""The body of a generated article."""

from __future__ import annotations

from datetime import date

from tests.site import stock
from tests.site.model import Block
from tests.site.words import Words


def blocks(words: Words, docid: str, day: date, dateline: str) -> tuple[Block, ...]:
    """Three to eight paragraphs, with images, subheads and a table between them now and then."""
    rng = words.rng
    paragraphs = [dateline + words.sentence(stock.LEADS) + words.sentence(stock.FACTS)]
    for _ in range(rng.randint(1, 6)):
        sentences = [words.sentence(stock.FACTS) for _ in range(rng.randint(2, 3))]
        if rng.random() < 0.4:
            sentences.append(words.sentence(stock.VOICES))
        if rng.random() < 0.12:
            sentences.append(words.sentence(stock.STOCK_SENTENCES))
        paragraphs.append("".join(sentences))
    paragraphs.append(words.sentence(stock.FACTS) + words.sentence(stock.CLOSES))
    made = [Block("p", paragraphs[0])]
    for number, paragraph in enumerate(paragraphs[1:]):
        if rng.random() < 0.22:
            made.append(_image(words, docid, day, number))
        if number and rng.random() < 0.15:
            made.append(Block("subhead", words.draw("subhead", stock.SUBHEADS)))
        made.append(Block("p", paragraph))
    if rng.random() < 0.1:
        made.insert(rng.randint(2, len(made)), _table(words))
    return tuple(made)


def _image(words: Words, docid: str, day: date, number: int) -> Block:
    name = f"{words.rng.randrange(16**4):04x}-{docid}{number}"
    url = f"https://n.sinaimg.cn/spider{day:%Y%m%d}/{words.rng.randint(1, 800)}/w640h400/{day:%Y%m%d}/{name}.jpg"
    return Block("image", words.fill(words.rng.choice((*stock.CAPTIONS, ""))), url)


def _table(words: Words) -> Block:
    rows = [tuple(words.fill(cell) for cell in ("{indicator}", "{figure}", "{percent}")) for _ in range(3)]
    return Block("table", rows=(("指标", "数值", "同比"), *rows))
