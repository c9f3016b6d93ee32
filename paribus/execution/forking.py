"""The process that workers are forked from. It takes seconds to import PyTorch; this file imports next to nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_SIZE = 2**30
_ENVIRONMENT = {
    "GLIBC_TUNABLES": f"glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold={_SIZE}:glibc.malloc.trim_threshold={_SIZE}",
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
}
"""Memory comes in large pages and is kept, so that steps take less time, see `docs/log.md`; and no installed package is
searched for plugins, which takes a quarter of a second. Both are read at a process' start, and by nothing else."""


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
            with _environment():
                forkserver.ensure_running()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)


@contextmanager
def _environment() -> Iterator[None]:
    """Processes that start now find these variables, unless they have others of their name."""
    added = {name: value for name, value in _ENVIRONMENT.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def context() -> Any:
    """Workers are forked from a clean process that has imported torch; where that cannot be, they are spawned."""
    if not _forks():
        return multiprocessing.get_context("spawn")
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["paribus.execution.preload"])
    return found


def _forks() -> bool:
    return "forkserver" in multiprocessing.get_all_start_methods()
