"""Where cohorts are trained: processes on this machine, or this one, and the display of how they get on.

What is asked for is imported then, so that `forking` can be used before anything else is there.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paribus.execution.executor import Executor, executor_of
    from paribus.execution.forking import number_of_workers
    from paribus.execution.packing import pack
    from paribus.execution.progress import duration, show_progress

__all__ = ["Executor", "duration", "executor_of", "number_of_workers", "pack", "show_progress"]

_FILES = {"number_of_workers": "forking", "pack": "packing", "duration": "progress", "show_progress": "progress"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'paribus.execution' has no attribute {name!r}")
    return getattr(import_module(f"paribus.execution.{_FILES.get(name, 'executor')}"), name)
