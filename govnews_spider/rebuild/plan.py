"""Plan of a rebuild: the decisions that are made when it begins, and kept when it is resumed."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from govnews_spider.archive.lookup import archives
from govnews_spider.rebuild.work_items import package_hash
from govnews_spider.rebuild.workspace import Workspace
from govnews_spider.storage.atomic import atomic_output
from govnews_spider.storage.errors import StorageError
from govnews_spider.storage.layout import DATASETS, DataFolder
from govnews_spider.storage.writers import derived_writers

FINISHED: Final = ".rebuilt-"
"""Prefix of the name of a workspace that is about to be deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildRequest:
    """Sources, target and selection of a rebuild."""

    archives: Sequence[Path]
    """Files, or folders of them."""
    data: Path
    """Folder that is made."""
    keyword: str | None = None
    topics: tuple[str, ...] | None = None
    pages: int = 500
    """Pages of a work item; a rebuild that is resumed keeps the number with which it began."""
    drift_limit: float = 1.0
    """Share of pages that may show signs of a changed template."""

    def as_arguments(self) -> dict[str, str]:
        """The arguments as a run report has them."""
        arguments = {
            "from": ",".join(str(path.absolute()) for path in self.archives),
            "to": str(self.data.absolute()),
            "keyword": self.keyword or "",
            "topics": ",".join(self.topics or ()),
        }
        return {name: value for name, value in arguments.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Decisions of a rebuild; ``code`` and ``arguments`` must be the same when it is resumed."""

    code: str
    arguments: dict[str, str]
    run_id: str
    started: str
    boot: str
    """Identifier of the start of the system; "" where there is none."""
    pages: int
    archives: list[str]


def load_or_create_plan(request: RebuildRequest, space: Workspace, log: Callable[[str], None]) -> Plan:
    """The plan. What another version began, or other arguments, is deleted and begun again.

    Raises StorageError: ``target_exists``, ``no_archives``, ``bad_name``.
    """
    for remnant in space.data.glob(f"{FINISHED}*"):
        shutil.rmtree(remnant)
    paths = [*{path.resolve(): str(path.absolute()) for path in archives(request.archives)}.values()]
    started = datetime.now(UTC)
    plan = Plan(
        code=package_hash(),
        arguments=request.as_arguments(),
        run_id=f"{started:%Y%m%dT%H%M%SZ}-rebuild-{secrets.token_hex(2)}",
        started=started.isoformat(),
        boot=_boot_id(),
        pages=request.pages,
        archives=paths,
    )
    if space.plan.exists():
        saved = json.loads(space.plan.read_text("ascii"))
        if (saved["code"], saved.get("arguments")) == (plan.code, plan.arguments):
            return _resume(Plan(**saved), plan, space, log)
        log(f"{saved['run_id']} was begun by another version or with other arguments: it is begun anew")
        outputs = (kind.pattern.partition("/")[0] for kind in derived_writers().values())
        for name in (*DATASETS, *outputs, "rejected", "runs", space.root.name):
            shutil.rmtree(space.data / name, ignore_errors=True)
        DataFolder(space.data).ledger.unlink(missing_ok=True)
    _check(request, space.data, paths)
    with atomic_output(space.plan) as path:
        path.write_text(json.dumps(asdict(plan), indent=1), "ascii")
    return plan


def _resume(saved: Plan, plan: Plan, space: Workspace, log: Callable[[str], None]) -> Plan:
    """The saved plan; ``plan`` is what it would be now."""
    log(f"goes on with {saved.run_id}")
    if added := set(plan.archives) - set(saved.archives):
        log(f"{len(added)} archives have come since it was begun, and are not read: rebuild once more for those")
    if saved.boot != plan.boot:  # the files of days are not made durable one by one
        shutil.rmtree(space.days, ignore_errors=True)
        space.done("days").unlink(missing_ok=True)
    return saved


def _check(request: RebuildRequest, data: Path, paths: Sequence[str]) -> None:
    if names := sorted(path.name for path in data.iterdir() if not path.name.startswith(".")):
        detail = f"{', '.join(names[:3])} is there already, perhaps of a rebuild that is finished"
        raise StorageError("target_exists", f"{data}: {detail}; name another folder, or delete it")
    if not paths:
        sources = ", ".join(map(str, request.archives))
        raise StorageError("no_archives", f"{sources}: no .warc, .warc.gz or .wacz file there")
    if bad := [path for path in paths if not path.isprintable()]:
        detail = "the archive's name is no UTF-8, and no row could name it; rename it"
        raise StorageError("bad_name", f"{bad[0]!a}: {detail}")


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""
