"""Cohorts in this process, one after the other, to the same bits as in workers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from paribus.errors import RunError
from paribus.execution.messages import Progressed
from paribus.execution.waiting import Waiting
from paribus.memory import give_back

if TYPE_CHECKING:
    from paribus.execution.executor import OnRecords, OnTick
    from paribus.training.job import Job

_TICK_S = 0.2


class Serial:
    """The executor that starts no process, see `Executor`. A run that never ends is not stopped."""

    count = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Nothing was started."""

    def train(self, jobs: Sequence[Job], on_records: OnRecords, on_tick: OnTick) -> None:
        """Train every cohort.

        Raises:
            StoreError: what was trained cannot be written.
            RunError: the bits would be others than in a worker.
        """
        if not jobs:
            return
        give_back()  # what reading the data took
        from paribus.execution.worker import work  # late, as it imports torch
        from paribus.training.precision import products_repeat

        if not products_repeat():
            raise RunError(
                "workers: 0 cannot train here, as this process multiplied matrices before paribus was imported: runs "
                "would have other last digits than in a worker. Import paribus first, or use workers: 1."
            )
        waiting, ticked_s = Waiting(jobs), time.monotonic()

        def progress(epoch: int, accuracies: Mapping[str, float]) -> None:
            nonlocal ticked_s
            waiting.progressed(Progressed({key: (epoch, accuracy) for key, accuracy in accuracies.items()}))
            if time.monotonic() - ticked_s >= _TICK_S:
                ticked_s = time.monotonic()
                on_tick(waiting.board)

        while attempt := waiting.take(()):
            with _as_in_a_worker():
                answer = work(replace(attempt.job, own=None), progress)  # its code is known here
            on_tick(waiting.board)
            if records := waiting.ended(attempt, answer):
                on_records(records)


@contextmanager
def _as_in_a_worker() -> Iterator[None]:
    """What a worker sets for itself; then what the program had before."""
    import torch
    from threadpoolctl import threadpool_limits

    from paribus.execution.worker import prepare_torch

    threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    flushed = not torch.tensor(1e-40).mul(1).item()
    try:
        with threadpool_limits(1):
            prepare_torch()
            yield
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(flushed)
        torch.set_float32_matmul_precision(precision)
