"""Who trains cohorts: what every executor promises, and which one a number of workers asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

from paribus.execution.forking import number_of_workers
from paribus.store.records import RunRecord

if TYPE_CHECKING:
    from paribus.training.job import Job

OnRecords = Callable[[list[RunRecord]], None]
OnTick = Callable[[np.ndarray], None]


class Executor(Protocol):
    """What trains cohorts: `Workers` in processes, `Serial` in this one. What both train has the same bits."""

    count: int
    """Cohorts that are trained at the same time, at most."""

    def __enter__(self) -> Self:
        """Get ready."""
        ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Stop what was started: when it has done what it does, or at once where something was raised."""
        ...

    def train(self, jobs: Sequence[Job], on_records: OnRecords, on_tick: OnTick) -> None:
        """Train every cohort; a failing one gives failed records and stops nothing else.

        Args:
            jobs: the cohorts, in the order in which they begin.
            on_records: called in this process with the records of a cohort, in finishing order.
            on_tick: called several times a second with the progress board, shape (run, 2), whose rows are those of
                `board_rows`: epochs done, and validation accuracy, nan before the first.

        Raises:
            StoreError: what was trained cannot be written.
            RunError: nothing can be trained here.
        """
        ...


def executor_of(workers: int | None = None, run_timeout_s: float | None = None) -> Executor:
    """The executor that a number of workers asks for.

    Args:
        workers: see `number_of_workers`; 0 for none but this process.
        run_timeout_s: how long a run may take; by default no epoch may take for ever. Only workers can be stopped.
    """
    count = number_of_workers(workers)
    if not count:
        from paribus.execution.serial import Serial

        return Serial()
    from paribus.execution.local import Workers

    return Workers(count, run_timeout_s)
