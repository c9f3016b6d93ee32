"""Cohorts in this process, one after the other: no process is started, and what breaks one breaks all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from paribus.errors import RunError
from paribus.execution.messages import Progressed
from paribus.execution.waiting import Waiting
from paribus.execution.worker import prepare_torch, work
from paribus.store.records import RunRecord
from paribus.training.precision import products_repeat

_TICK_S = 0.2


def train_here(
    waiting: Waiting, on_records: Callable[[list[RunRecord]], None], on_tick: Callable[[np.ndarray], None]
) -> None:
    """Train every cohort, to the same bits as workers do; arguments and errors as of `Workers.train`.

    Raises:
        RunError: the bits would be others.
    """
    if not products_repeat():
        raise RunError(
            "workers: 0 cannot train here, as this process multiplied matrices before paribus was imported: runs would "
            "have other last digits than in a worker. Import paribus first, or use workers: 1."
        )
    told = time.monotonic()

    def progress(epoch: int, accuracies: Mapping[str, float]) -> None:
        nonlocal told
        waiting.progressed(Progressed({key: (epoch, accuracy) for key, accuracy in accuracies.items()}))
        if time.monotonic() - told >= _TICK_S:
            told = time.monotonic()
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
