"""Work items: each done once however its executor ends, whatever one of them does to it."""

from __future__ import annotations

import os
import pickle
import signal
import sqlite3
import sys
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psutil
import pytest

from govnews_spider.rebuild.executors import cluster, processes
from govnews_spider.rebuild.work_items import (
    Checkpoint,
    ExecutorSpec,
    WorkerPool,
    WorkItem,
    atomic_output,
    open_readonly,
    output_database,
    quarantine,
    quarantined,
)
from govnews_spider.storage.errors import StorageError


def touch(text: str, output: Path) -> None:
    with atomic_output(output) as path:
        path.write_text(text)


def die(output: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(mark: Path, output: Path) -> None:
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    touch("at last", output)


def fail(output: Path) -> None:
    raise StorageError("disk_full", f"{output}: no room")


def items(folder: Path, count: int) -> list[WorkItem]:
    return [WorkItem(touch, (str(number),), folder / str(number)) for number in range(count)]


def test_every_item_is_done_and_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    (tmp_path / "3").write_text("from before")
    with WorkerPool(processes(2)) as workers:
        done = [(item.output.name, is_done) for item, is_done in workers.perform(items(tmp_path, 9))]
    assert sorted(done) == [(str(number), True) for number in range(9)]
    assert [(tmp_path / str(number)).read_text() for number in (2, 3, 8)] == ["2", "from before", "8"]
    assert not list(tmp_path.glob("*.part"))


def test_an_item_that_ends_its_process_stops_no_other(tmp_path: Path) -> None:
    all_of_them = items(tmp_path, 8)
    all_of_them.insert(3, WorkItem(die, (), tmp_path / "never"))
    with WorkerPool(processes(2)) as workers:
        done = {item.output.name: is_done for item, is_done in workers.perform(all_of_them)}
    assert done == {**{str(number): True for number in range(8)}, "never": False}


def test_an_item_whose_process_something_else_has_ended_is_done(tmp_path: Path) -> None:
    item = WorkItem(die_once, (tmp_path / "mark",), tmp_path / "done")
    with WorkerPool(processes(1)) as workers:
        assert [is_done for _, is_done in workers.perform([item])] == [True]
    assert (tmp_path / "done").read_text() == "at last"


def test_what_an_item_raises_is_raised_and_crosses_over_whole(tmp_path: Path) -> None:
    with WorkerPool(processes(1)) as workers, pytest.raises(StorageError, match="no room") as raised:
        list(workers.perform([WorkItem(fail, (), tmp_path / "a")]))
    assert (raised.value.slug, raised.value.stops_all) == ("disk_full", True)
    copy = pickle.loads(pickle.dumps(raised.value))
    assert (copy.slug, copy.detail, str(copy)) == (raised.value.slug, raised.value.detail, str(raised.value))


def test_where_no_process_lives_it_says_so(tmp_path: Path) -> None:
    with WorkerPool(ExecutorSpec(hopeless, 1)) as workers, pytest.raises(StorageError, match="no_workers"):
        list(workers.perform(items(tmp_path, 3)))


def hopeless() -> Executor:
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=os._exit, initargs=(1,))


def test_a_worker_of_another_version_is_refused(tmp_path: Path) -> None:
    class Other(Executor):
        def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
            future: Future[Any] = Future()
            try:
                future.set_result(function("another version", *arguments[1:]))
            except StorageError as fault:
                future.set_exception(fault)
            return future

    with WorkerPool(ExecutorSpec(Other, 1)) as workers, pytest.raises(StorageError, match="other_code"):
        list(workers.perform(items(tmp_path, 1)))
    assert not (tmp_path / "0").exists()


SLEEPER = """
import os, time
from pathlib import Path
from govnews_spider.rebuild.executors import processes
from govnews_spider.rebuild.work_items import WorkItem, WorkerPool

def sleep(output):
    output.with_suffix(".pid").write_text(str(os.getpid()))
    time.sleep(60)

if __name__ == "__main__":
    list(WorkerPool(processes(1)).perform([WorkItem(sleep, (), Path("a"))]))
"""


def test_workers_end_with_the_driver(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(SLEEPER)
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    driver = psutil.Popen([sys.executable, "main.py"], cwd=tmp_path, env=env)
    path = tmp_path / "a.pid"
    deadline = time.monotonic() + 30
    while not (path.exists() and path.read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)
    worker = psutil.Process(int(path.read_text()))
    driver.kill()
    driver.wait()
    worker.wait(10)
    assert not worker.is_running()


def test_the_part_that_was_worked_on_last_is_left_out_next_time(tmp_path: Path) -> None:
    output = tmp_path / "pages" / "item"
    assert quarantine(output) is None
    with Checkpoint(output) as checkpoint:
        assert checkpoint.enter(7)
        assert checkpoint.enter(9)
    assert quarantine(output) == 9
    with Checkpoint(output) as checkpoint:
        assert checkpoint.enter(7)
        assert not checkpoint.enter(9)
    assert quarantine(output) == 7
    assert quarantined(output) == {7, 9}
    assert quarantine(output) is None


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError), output_database(tmp_path / "a", "CREATE TABLE t (n)") as db:
        db.execute("INSERT INTO t VALUES (1), (1, 2)")
    assert list(tmp_path.iterdir()) == []
    with output_database(tmp_path / "a #?%", "CREATE TABLE t (n)") as db:
        db.execute("INSERT INTO t VALUES (1)")
    assert open_readonly(tmp_path / "a #?%").execute("SELECT n FROM t").fetchall() == [(1,)]


def test_a_cluster_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match=r"no_scheduler: tcp://127\.0\.0\.1:1: "):
        cluster("tcp://127.0.0.1:1")
