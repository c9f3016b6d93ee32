"""The doors into a worker, importable without torch: the driver names them, the worker opens them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from paribus.training.job import Job


def initialize() -> None:
    """Prepare a worker process; see `worker.initialize`."""
    from paribus.execution import worker

    worker.initialize()


def work(job: Job, board: Path, rows: Mapping[str, int], out: Path) -> None:
    """Train a cohort; see `worker.work`."""
    from paribus.execution import worker

    worker.work(job, board, rows, out)
