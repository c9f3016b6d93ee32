"""Where cohorts are trained: a pool of processes on this machine, and the display of how they get on.

What is asked for is imported then, so that `forking` can be used before anything else is there.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paribus.execution.forking import warm_up
    from paribus.execution.local import Workers, default_workers
    from paribus.execution.packing import pack
    from paribus.execution.progress import duration, show_progress

__all__ = ["Workers", "default_workers", "duration", "pack", "show_progress", "warm_up"]

_FILES = {"warm_up": "forking", "pack": "packing", "duration": "progress", "show_progress": "progress"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'paribus.execution' has no attribute {name!r}")
    return getattr(import_module(f"paribus.execution.{_FILES.get(name, 'local')}"), name)
