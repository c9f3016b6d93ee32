"""Cohorts on this machine: one single-threaded worker a core, each cohort retried once if its worker dies."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
from pebble import ProcessExpired, ProcessPool

from paribus.execution.forking import context, warm_up
from paribus.store.records import RunRecord, Status
from paribus.training.job import Job

OnRecords = Callable[[Job, list[RunRecord]], None]
OnTick = Callable[[np.ndarray], None]
_TICK_S = 0.2
_TRIES = 2


def default_workers() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Workers:
    """Processes of one thread each that train cohorts; they start when there is something to train, and stay.

    Args:
        count: how many, at most.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._pool: ProcessPool | None = None
        self._started = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._end(kindly=kind is None)

    def train(self, jobs: Sequence[Job], on_records: OnRecords, on_tick: OnTick) -> None:
        """Train every cohort; a failing one gives failed records and stops nothing else.

        Args:
            jobs: the cohorts, the longest first.
            on_records: called in this process with each cohort and its records, in finishing order.
            on_tick: called several times a second with the progress board, shape (job, 4): epochs done, runs still
                training, best validation accuracy, epochs that were done before.
        """
        with tempfile.TemporaryDirectory(prefix="paribus-") as folder, _main_not_imported():
            path = Path(folder) / "board.npy"
            np.save(path, np.zeros((len(jobs), 4)))
            board = np.load(path, mmap_mode="r")
            left = dict(enumerate(jobs))
            for _ in range(_TRIES):
                if left:
                    pool = self._ready(len(left))
                    lost = _drive(pool, left, path, on_records, lambda: on_tick(board))
                    left = {row: left[row] for row in lost}
                    if lost:
                        self._end(kindly=False)
            for job in left.values():
                on_records(job, failures(job, "The worker process died twice. Is there enough memory?"))

    def _ready(self, num_jobs: int) -> ProcessPool:
        """The pool with a worker for each job, or with all that there may be."""
        wanted = min(self.count, num_jobs)
        if wanted > self._started:
            self._end(kindly=True)
        if self._pool is None:
            from paribus.execution import start

            warm_up()
            arguments = {"context": context(), "initializer": start.initialize, "initargs": [os.getpid()]}
            self._pool, self._started = ProcessPool(max_workers=wanted, **arguments), wanted
        return self._pool

    def _end(self, kindly: bool) -> None:
        pool, self._pool, self._started = self._pool, None, 0
        if pool:
            pool.close() if kindly else pool.stop()
            pool.join()


def _drive(
    pool: ProcessPool, jobs: dict[int, Job], board: Path, on_records: OnRecords, tick: Callable[[], None]
) -> list[int]:
    from paribus.execution import start

    with _uninterrupted():  # the first starts the workers
        waiting: dict[Any, int] = {pool.schedule(start.work, args=[job, board, row]): row for row, job in jobs.items()}
    lost: list[int] = []
    while waiting:
        done, _ = wait(waiting, timeout=_TICK_S, return_when=FIRST_COMPLETED)
        for future in done:
            row = waiting.pop(future)
            error = future.exception()
            if isinstance(error, ProcessExpired | BrokenExecutor):
                lost.append(row)
            else:
                on_records(jobs[row], failures(jobs[row], _told(error)) if error else future.result())
        tick()
    return lost


def failures(job: Job, message: str) -> list[RunRecord]:
    """A failed record for every run of a cohort that could not be trained."""
    return [RunRecord(run.key, run.recipe, run.seed, Status.FAILED, message=message) for run in job.runs]


def _told(error: BaseException) -> str:
    """The traceback of an error in a worker."""
    return str(getattr(error, "traceback", "")) or "".join(traceback.format_exception(error))


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back: a worker that is only half started would be unknown to its pool, and never be stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: held.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if held:
        raise KeyboardInterrupt


@contextmanager
def _main_not_imported() -> Iterator[None]:
    """Keep new workers from importing the user's script, so that it needs no `if __name__ == "__main__"` guard."""
    main = sys.modules["__main__"]
    saved = {name: getattr(main, name) for name in ("__file__", "__spec__") if hasattr(main, name)}
    if "__file__" in saved:
        del main.__file__
    main.__spec__ = None
    try:
        yield
    finally:
        for name, value in saved.items():
            setattr(main, name, value)
