"""Memory that is free within a process, given back to the system; and how much there is of it."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path

_TOLD = ("can't allocate memory", "not enough memory", "bad_alloc", "Cannot allocate memory")
"""What PyTorch, oneDNN and C++ say in errors of other classes than MemoryError."""


def give_back() -> None:
    """Give back what freed arrays leave behind, and allocators keep for others; nothing where there is no glibc."""
    if "pyarrow" in sys.modules:
        import pyarrow as pa

        pa.default_memory_pool().release_unused()
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)


def ran_out(error: BaseException) -> bool:
    """Whether an error says that there was not enough memory."""
    return isinstance(error, MemoryError) or any(text in str(error)[:1000] for text in _TOLD)


def machine_memory() -> int | None:
    """Bytes that this process and its workers may have at most; None where that is not known."""
    found: list[int] = []
    with suppress(OSError, ValueError, AttributeError):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    with suppress(OSError, ValueError):  # of a container
        found.append(int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="utf-8")))
    return min(found, default=None)
