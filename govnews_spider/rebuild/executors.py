"""Executors of work items: processes of this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import gc
import os
import signal
import threading
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from importlib import import_module
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Any, Final

from govnews_spider.rebuild.page_files import close_cached
from govnews_spider.rebuild.work_items import LOST, ExecutorSpec

_COLLECT_AFTER: Final = 20_000
"""Net new objects after which Python collects its youngest generation."""
_RETRIES: Final = 3
"""Attempts of Dask at a work item that raises."""
_CONNECT_TIMEOUT: Final = 3
"""Seconds."""


def processes(count: int) -> ExecutorSpec:
    """That many processes of this machine."""
    make = partial(ProcessPoolExecutor, count, mp_context=get_context("spawn"), initializer=_begin)
    return ExecutorSpec(make, count)


def _begin() -> None:
    """Begins a worker, which ends with its parent, leaves interruptions to it, and collects garbage as rarely as a crawl."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def cluster(address: str) -> ExecutorSpec:
    """The workers of the Dask scheduler at that address; they must have this version installed, and see the same folders.

    Raises ValueError where Dask is not installed, no scheduler answers there, or it has no workers.
    """
    try:
        distributed: Any = import_module("distributed")
    except ImportError as error:
        raise ValueError("no_dask: a cluster needs the extra: pip install 'govnews-spider[scale]'") from error
    try:
        client = distributed.Client(address, timeout=_CONNECT_TIMEOUT)
    except (OSError, ValueError, TypeError) as error:  # the last by an address of TLS without its certificates
        raise ValueError(f"no_scheduler: {address}: {error}; start one, as docs/scale.md says") from error
    threads = sum(client.nthreads().values())
    if not threads:
        raise ValueError(f"no_workers: {address}: the scheduler has no workers; start some, as docs/scale.md says")

    def make() -> Executor:
        executor: Executor = client.get_executor(retries=_RETRIES, pure=False)
        return executor

    def end() -> None:
        with suppress(OSError, TimeoutError):  # the scheduler may have gone
            client.run(close_cached, on_error="ignore")
            client.close()

    lost = (*LOST, distributed.KilledWorker)
    return ExecutorSpec(make, threads, lost, end=end, tries=1)  # Dask has tried it several times by then
