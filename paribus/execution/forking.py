"""The process that workers are forked from. It takes seconds to import PyTorch; this file imports next to nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_TUNABLES = "GLIBC_TUNABLES"


def warm_up() -> None:
    """Begin importing what workers need, in the background; worth calling before the data are read.

    Ctrl-C reaches neither the process that imports nor the workers that are forked from it.
    """
    if _forks():
        from multiprocessing import forkserver, resource_tracker

        context()
        resource_tracker.ensure_running()  # before, because it lets Ctrl-C through again
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            with _large_pages():
                forkserver.ensure_running()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)


@contextmanager
def _large_pages() -> Iterator[None]:
    """Processes that start now get their memory in large pages, and keep it: steps take less time, see `docs/log.md`.

    glibc reads this at a process' start, and nothing else does.
    """
    if _TUNABLES in os.environ:
        yield
        return
    size = 2**30
    os.environ[_TUNABLES] = (
        f"glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold={size}:glibc.malloc.trim_threshold={size}"
    )
    try:
        yield
    finally:
        del os.environ[_TUNABLES]


def context() -> Any:
    """Workers are forked from a clean process that has imported torch; where that cannot be, they are spawned."""
    if not _forks():
        return multiprocessing.get_context("spawn")
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["paribus.execution.worker"])
    return found


def _forks() -> bool:
    return "forkserver" in multiprocessing.get_all_start_methods()
