"""Repair of output files: written anew from their rows, or set aside where there is no row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from govnews_spider.storage.atomic import Stage
from govnews_spider.verify.audit.files import scan
from govnews_spider.verify.audit.inventory import Inventory
from govnews_spider.verify.repair.rows import set_aside

_AT_ONCE: Final = 500
"""Files that are written together."""


def mend(inventory: Inventory) -> Iterator[str]:
    """Lists all rows, and mends the output files that do not follow from them; returns a line for each kind of repair."""
    data = inventory.folder.root
    stage = Stage(data)
    written: Counter[str] = Counter()
    aside: Counter[tuple[str, str]] = Counter()
    for finding in scan(inventory):
        noun, _, fault = finding.slug.partition("_")
        if finding.encode is not None:
            stage.put(data / finding.path, finding.encode)
            written[noun] += 1
            if written.total() % _AT_ONCE == 0:
                stage.commit()
        elif fault == "without_row":
            set_aside(data, finding.path)
            aside[noun, finding.path.partition("/")[0]] += 1
    stage.commit()
    for noun, count in written.items():
        yield f"{count} {noun}s are written anew from their rows"
    for (noun, folder), count in aside.items():
        yield f"{count} {noun}s without a row are now in damaged/{folder}/"
