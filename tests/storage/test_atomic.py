from __future__ import annotations

import os
from pathlib import Path

import pytest

from govnews_spider.storage.atomic import remove_files, replace_files


def test_a_file_that_cannot_be_finished_leaves_the_old_one_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "posts" / "a.md"
    replace_files(tmp_path, {target: "旧文".encode()})

    def full_disk(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        replace_files(tmp_path, {target: "新文".encode() * 1000})
    assert target.read_text(encoding="utf-8") == "旧文"


def test_content_is_on_disk_before_its_name_and_the_name_before_the_call_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "posts" / "a.md"
    events: list[int | str] = []
    fsync, replace = os.fsync, Path.replace

    def record_sync(descriptor: int) -> None:
        events.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    def record_replace(part: Path, target: Path) -> Path:
        events.append(f"rename to {target.name}")
        return replace(part, target)

    replace_files(tmp_path, {target: b"1"})
    monkeypatch.setattr(os, "fsync", record_sync)
    monkeypatch.setattr(Path, "replace", record_replace)
    replace_files(tmp_path, {target: b"2"})
    assert events == [target.stat().st_ino, "rename to a.md", target.parent.stat().st_ino]


def test_new_folders_are_made_durable_in_their_parents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "data" / "posts" / "2021" / "a.md"
    synced: set[int] = set()
    fsync = os.fsync

    def record(descriptor: int) -> None:
        synced.add(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    replace_files(tmp_path / "data", {target: b"1"})
    assert synced == {path.stat().st_ino for path in (target, *target.parents[:4])}


def test_removing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"1")
    remove_files([tmp_path / "a.md", tmp_path / "b.md", tmp_path / "none" / "c.md"])
    assert list(tmp_path.iterdir()) == []
