"""Lock of a data folder: one run at a time writes to it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TextIO

from govnews_spider.storage.errors import StorageError
from govnews_spider.storage.layout import DataFolder


def hold(path: Path) -> TextIO:
    """The lock beside the ledger at ``path``, with our process id in it; the kernel frees it when its holder ends, however it ends.

    Raises :class:`StorageError` where another process holds it, or where the folder cannot be made or written.
    """
    lock = DataFolder(path.parent).lock
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("a+", encoding="ascii")
    except OSError as error:
        raise StorageError(
            "data_unusable", f"{path.parent}: {error.strerror}; choose a folder that can be written"
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise StorageError(
            "ledger_held", f"{path}: process {holder} is writing to this folder; wait for it, or choose another one"
        ) from error
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
