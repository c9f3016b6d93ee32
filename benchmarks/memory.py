"""Memory of processes and of the machine; apart, because only this needs psutil."""

from __future__ import annotations

import psutil


def tree_bytes(pid: int) -> int:
    """Sum of proportional set sizes of a process and all below it, so that shared pages count once; 0 if it is gone."""
    try:
        root = psutil.Process(pid)
        return sum(_bytes(process) for process in [root, *root.children(recursive=True)])
    except psutil.Error:  # it ended between two looks
        return 0


def total_bytes() -> int:
    """Of the machine."""
    return psutil.virtual_memory().total


def _bytes(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except psutil.Error:
        return 0
