"""Tables of data -> blocks, with BeautifulSoup: rows, cells and spans of markup that is seldom what it should be."""

from __future__ import annotations

from collections.abc import Callable

from bs4 import BeautifulSoup, Tag

from govnews_spider.core.blocks import Block, Cell, Paragraph, Picture, Table

CellReader = Callable[[str], list[Block]]


def read_table(html: str, read_cell: CellReader) -> list[Block] | None:
    """The table and, after it, the pictures in its cells; None where it only lays out other things.

    ``html`` is one ``<table>`` element. A table of data has at least two rows, one of them with two cells, and no table inside.
    """
    soup = BeautifulSoup(html, "lxml")
    table = soup.find("table")
    if not isinstance(table, Tag) or table.find("table") is not None:
        return None
    pictures: list[Block] = []
    rows = [row for tr in table.find_all("tr") if (row := _row(tr, read_cell, pictures))]
    if len(rows) < 2 or max(map(len, rows)) < 2:
        return None
    return [Table(rows), *pictures]


def _row(tr: Tag, read_cell: CellReader, pictures: list[Block]) -> list[Cell]:
    cells = []
    for cell in tr.find_all(("td", "th"), recursive=False):
        blocks = read_cell(cell.decode_contents())
        pictures.extend(block for block in blocks if isinstance(block, Picture))
        lines = [line for block in blocks if isinstance(block, Paragraph) for line in block.lines]
        cells.append(Cell(cell.name, _spans(cell), lines))
    return cells if any(cell.lines for cell in cells) else []


def _spans(cell: Tag) -> str:
    found = ((name, str(cell.get(name) or "")) for name in ("colspan", "rowspan"))
    return "".join(
        f' {name}="{int(value)}"'
        for name, value in found
        if value.isascii() and value.isdigit() and 1 < int(value) <= 1000
    )
