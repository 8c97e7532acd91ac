"""Tables of data -> blocks."""

from __future__ import annotations

from collections.abc import Callable

from selectolax.lexbor import LexborNode

from govnews_spider.html.blocks import Block, Cell, Paragraph, Picture, Table

CellReader = Callable[[LexborNode], list[Block]]


def read_table(table: LexborNode, read_cell: CellReader) -> list[Block] | None:
    """The table, before it its caption as paragraphs, after it the pictures in its cells; None where it only lays out other things.

    A table of data has at least two rows, one of them with two cells, and no table inside.
    """
    rows = table.css("tr")
    if len(rows) < 2 or table.css_first("td + td, td + th, th + td, th + th") is None or len(table.css("table")) > 1:
        return None
    pictures: list[Block] = []
    found = _without_empty([_row(row, read_cell, pictures) for row in rows])
    if len(found) < 2 or max(map(len, found)) < 2:
        return None
    title = table.css_first("caption")
    heading = read_cell(title) if title is not None else []
    return [*heading, Table(found), *pictures]


def _without_empty(rows: list[list[Cell]]) -> list[list[Cell]]:
    """The rows that say something; all of them where cells span rows, for an empty row may be covered by such a cell."""
    spans = any("rowspan" in cell.spans for row in rows for cell in row)
    return [row for row in rows if row and (spans or any(cell.lines for cell in row))]


def _row(row: LexborNode, read_cell: CellReader, pictures: list[Block]) -> list[Cell]:
    cells = []
    cell = row.first_child
    while cell is not None:
        if cell.tag in ("td", "th"):
            blocks = read_cell(cell)
            pictures.extend(block for block in blocks if isinstance(block, Picture))
            lines = [line for block in blocks if isinstance(block, Paragraph) for line in block.lines]
            cells.append(Cell(cell.tag, _spans(cell), lines))
        cell = cell.next
    return cells


def _spans(cell: LexborNode) -> str:
    attributes = cell.attributes
    found = ((name, attributes.get(name) or "") for name in ("colspan", "rowspan"))
    return "".join(
        f' {name}="{int(text)}"'
        for name, text in found
        if text.isascii() and text.isdigit() and 1 < int(text[:5]) <= 1000
    )
