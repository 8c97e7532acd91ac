"""Errors of the data folder, by name: disks that are full or read-only, damaged files."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path
from typing import Final, Self


class StorageError(Exception):
    """The data folder cannot be written or trusted. Nothing that was committed is lost; the message says where and what helps."""

    def __init__(self, slug: str, detail: str) -> None:
        super().__init__(f"{slug}: {detail}")
        self.slug = slug
        self.detail = detail

    def __reduce__(self) -> tuple[type[Self], tuple[str, str]]:
        """Faults cross from one process to another."""
        return type(self), (self.slug, self.detail)

    @property
    def stops_all(self) -> bool:
        """Whether the disk takes nothing at all; else it is one file that cannot be written."""
        return self.slug in _STOPS_ALL

    @property
    def breaks_data(self) -> bool:
        """Whether what is on disk is wrong; else the disk only takes nothing for now."""
        return self.slug in BROKEN_DATA


BROKEN_DATA: Final = frozenset(
    {"ledger_damaged", "ledger_behind", "damaged_day_file", "other_schema", "row_missing", "unreadable_report"}
)
"""Slugs of faults that are broken invariants of the data: ``scrapy verify`` finds them too; ``--repair`` mends them or sets them aside."""

_STOPS_ALL: Final = frozenset({"disk_full", "read_only", "disk_failed", "too_many_files", "cannot_open"})
_CURES: Final = {
    "disk_full": "make room; what was committed is written by the next run",
    "read_only": "make it writable, or name another folder by GOVNEWS_DATA",
    "in_the_way": "a file stands where a folder should be made, or the other way round; move it away",
    "cannot_open": "let a file be made and written there, or name another folder by GOVNEWS_DATA",
    "disk_failed": "the disk does not answer as it should; look at it before anything else",
    "too_many_files": "raise the limit of open files (ulimit -n)",
    "ledger_damaged": "`scrapy verify --repair` makes it anew from the Parquet files",
    "ledger_locked": "another program holds the file open for writing; end it",
    "ledger_failed": "run `scrapy verify`",
}
_ERRNOS: Final = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EFBIG: "disk_full",
    errno.EROFS: "read_only",
    errno.EACCES: "read_only",
    errno.EPERM: "read_only",
    errno.EEXIST: "in_the_way",
    errno.ENOTDIR: "in_the_way",
    errno.EISDIR: "in_the_way",
    errno.EMFILE: "too_many_files",
    errno.ENFILE: "too_many_files",
}
_SQLITE: Final = {
    sqlite3.SQLITE_FULL: "disk_full",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_CANTOPEN: "cannot_open",
    sqlite3.SQLITE_CORRUPT: "ledger_damaged",
    sqlite3.SQLITE_NOTADB: "ledger_damaged",
    sqlite3.SQLITE_IOERR: "disk_failed",
    sqlite3.SQLITE_BUSY: "ledger_locked",
    sqlite3.SQLITE_LOCKED: "ledger_locked",
}


def storage_error(error: OSError | sqlite3.Error, path: Path) -> StorageError:
    """The named form of an error of the system or of SQLite while ``path`` was used."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
        slug, what = _SQLITE.get(code, "ledger_failed"), str(error)
    else:
        slug, what = _ERRNOS.get(error.errno or 0, "disk_failed"), error.strerror or str(error)
        culprit = error.filename2 or error.filename  # of a rename, what is in the way is the second
        path = Path(os.fsdecode(culprit)) if isinstance(culprit, (str, bytes, os.PathLike)) else path
    return StorageError(slug, f"{path}: {what}; {_CURES[slug]}")
