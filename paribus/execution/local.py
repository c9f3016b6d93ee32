"""Cohorts on this machine: one single-threaded worker a core, each cohort retried once if its worker dies."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import numpy as np
from pebble import ProcessExpired, ProcessPool

from paribus.errors import RunError, StoreError
from paribus.execution.forking import context, warm_up
from paribus.execution.memory import give_back
from paribus.store.records import RunRecord, Status
from paribus.store.writing import temporary_path
from paribus.training.job import Job, board_rows

OnRecords = Callable[[list[RunRecord]], None]
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
            jobs: the cohorts, in the order in which they begin.
            on_records: called in this process with the records of a cohort, in finishing order.
            on_tick: called several times a second with the progress board, shape (run, 2), whose rows are those of
                `board_rows`: epochs done, and validation accuracy, nan before the first.

        Raises:
            StoreError: a worker cannot write what it trained.
        """
        with tempfile.TemporaryDirectory(prefix="paribus-") as folder, _main_not_imported():
            board, rows, left = Path(folder) / "board.npy", board_rows(jobs), list(jobs)
            np.save(board, np.zeros((len(rows), 2)))
            for _ in range(_TRIES):
                if left:
                    left = _Errand(self._ready(len(left)), left, board, rows, on_records, on_tick).run()
                    if left:
                        self._end(kindly=False)
            for job in left:
                on_records(failures(job, "The worker process died twice. Is there enough memory?"))

    def _ready(self, num_jobs: int) -> ProcessPool:
        """The pool with a worker for each job, or with all that there may be."""
        wanted = min(self.count, num_jobs)
        if wanted > self._started:
            self._end(kindly=True)
        if self._pool is None:
            from paribus.execution import start

            warm_up()
            give_back()  # what reading the data took
            arguments = {"context": context(), "initializer": start.initialize}
            self._pool, self._started = ProcessPool(max_workers=wanted, **arguments), wanted
        return self._pool

    def _end(self, kindly: bool) -> None:
        pool, self._pool, self._started = self._pool, None, 0
        if pool:
            pool.close() if kindly else pool.stop()
            pool.join()


@dataclass
class _Errand:
    """Jobs on their way through the workers.

    Args:
        pool: of the workers.
        held: jobs that no worker was given yet, in the order in which they begin.
        board: file of the progress board.
        rows: of the board, by key.
        on_records: see `Workers.train`.
        on_tick: likewise.
    """

    pool: ProcessPool
    held: list[Job]
    board: Path
    rows: Mapping[str, int]
    on_records: OnRecords
    on_tick: OnTick
    _given: dict[Any, tuple[Job, Path]] = field(default_factory=dict[Any, tuple[Job, Path]])

    def run(self) -> list[Job]:
        """Have all of them trained; those whose workers died, without the runs that other jobs go on with."""
        lost: list[Job] = []
        board = np.load(self.board, mmap_mode="r")
        with _uninterrupted():  # the first starts the workers
            self._give(board)
        while self._given:
            done, _ = wait(self._given, timeout=_TICK_S, return_when=FIRST_COMPLETED)
            for future in done:
                lost += self._done(future)
                give_back()
            self._give(board)
            self.on_tick(board)
        return lost + [own for job in self.held if (own := _own(job)).runs]  # held: the pool is broken

    def _done(self, future: Any) -> list[Job]:
        """Settle a job; what is left of it if its worker died."""
        job, out = self._given.pop(future)
        own = _own(job)
        error = future.exception()
        try:
            if isinstance(error, StoreError):
                raise error
            if isinstance(error, ProcessExpired | BrokenExecutor):
                return [own] if own.runs else []
            records = failures(own, _told(error)) if error else _read(out)
        except (OSError, EOFError, pickle.UnpicklingError) as unread:
            records = failures(own, f"What the worker wrote cannot be read: {unread}")
        finally:
            out.unlink(missing_ok=True)
        self._settle(records)
        return []

    def _give(self, board: np.ndarray) -> None:
        """Give the pool what can be trained now; nothing once it is broken."""
        held, self.held = self.held, []
        for job in held:
            if not (self._can_begin(job, board) and self._schedule(job)):
                self.held.append(job)

    def _schedule(self, job: Job) -> bool:
        """Give the pool a job; whether it takes any."""
        from paribus.execution import start

        out = temporary_path(job.checkpoints or self.board.parent, uuid4().hex)
        try:
            future = self.pool.schedule(start.work, args=[job, self.board, self.rows, out])
        except RuntimeError:
            if self.pool.active:
                raise
            return False
        self._given[future] = job, out
        return True

    def _can_begin(self, job: Job, board: np.ndarray) -> bool:
        """Whether no other job is still to do earlier epochs of its runs."""
        others = {run.key for given, _ in self._given.values() for run in given.runs}
        return all(run.key not in others or board[self.rows[run.key], 0] >= run.after for run in job.runs)

    def _settle(self, records: list[RunRecord]) -> None:
        """Pass records on; a run that ended early needs nobody to go on with it."""
        ended = {record.key for record in records}
        rest = [replace(job, runs=tuple(run for run in job.runs if run.key not in ended)) for job in self.held]
        self.held = [job for job in rest if job.runs]
        self.on_records(records)


def failures(job: Job, message: str) -> list[RunRecord]:
    """A failed record for every run of a cohort that could not be trained."""
    return [RunRecord(run.key, run.recipe, run.seed, Status.FAILED, message=message) for run in job.runs]


def _own(job: Job) -> Job:
    """The job without the runs that another one goes on with."""
    return replace(job, runs=tuple(run for run in job.runs if run.until is None))


def _read(out: Path) -> list[RunRecord]:
    """The records that a worker of this process wrote."""
    with out.open("rb") as file:
        return pickle.load(file)


def _told(error: BaseException) -> str:
    """The traceback of an error in a worker, see `worker.work`, or on the way to it."""
    if isinstance(error, RunError):
        return str(error)
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
