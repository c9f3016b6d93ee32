"""What a worker is given: plain values that can be sent to another process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class RunTask:
    """One run of a cohort: its key, its seed and its recipe as JSON values."""

    key: str
    seed: int
    recipe: dict[str, Any]


@dataclass(frozen=True)
class Job:
    """One cohort, and the folder that holds the prepared data as `.npy` files."""

    runs: tuple[RunTask, ...]
    data: Path
    num_classes: int
