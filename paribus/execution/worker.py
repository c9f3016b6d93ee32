"""What happens in a worker process: one thread, one cohort after another."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from threadpoolctl import threadpool_limits

import paribus.models
import paribus.training.optimizers
import paribus.training.schedules  # noqa: F401  (registers what recipes name)
from paribus.errors import RunError, SpecError, StoreError
from paribus.execution.memory import give_back
from paribus.spec.parts import register_own
from paribus.training.cohort import train_cohort
from paribus.training.job import Job, OwnCode
from paribus.user_code import code_hash


def initialize() -> None:
    """Prepare a worker: a single thread, no part in Ctrl-C, and an end when the driver is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, daemon=True).start()
    prepare_torch()


def prepare_torch() -> None:
    """One thread for PyTorch and NumPy, products in float32, and tiny numbers flushed to zero."""
    torch.set_float32_matmul_precision("highest")
    torch.set_num_threads(1)
    threadpool_limits(1)
    torch.set_flush_denormal(True)


def work(job: Job, board: Path, rows: Mapping[str, int], out: Path) -> None:
    """Train a cohort, keeping its runs' rows of the progress board up to date.

    Args:
        job: the cohort.
        board: file of the progress board.
        rows: of the board, by key.
        out: file for the records; through a pipe they would be in memory four times.

    Raises:
        StoreError: the disk is full, or `out` cannot be written.
        RunError: anything else went wrong; its text is the traceback, as an error of a class that cannot be unpickled
            would break the pool.
    """
    try:
        _train(job, board, rows, out)
    except StoreError:
        raise
    except Exception:
        raise RunError(traceback.format_exc()) from None
    gc.collect()
    give_back()


def _train(job: Job, board: Path, rows: Mapping[str, int], out: Path) -> None:
    shown = np.load(board, mmap_mode="r+")

    def progress(epoch: int, accuracies: Mapping[str, float]) -> None:
        for key, accuracy in accuracies.items():
            shown[rows[key]] = epoch, accuracy

    if job.own:
        _learn(job.own)
    records = train_cohort(job, progress)
    try:
        with out.open("wb") as file:
            pickle.dump(records, file, pickle.HIGHEST_PROTOCOL)
    except OSError as error:
        raise StoreError(f"Cannot write {out}: {error}") from error


def _learn(own: OwnCode) -> None:
    """Make the user's model known in this process.

    Raises:
        SpecError: it was imported here, and computes with something else than it does in the driver.
    """
    if str(own.folder) not in sys.path:
        sys.path.insert(0, str(own.folder))
    function = pickle.loads(own.function)  # made by the driver of this study, never read from a store
    imported = getattr(sys.modules.get(function.__module__), function.__name__, None) is function
    if imported and code_hash(function) != own.code:
        raise SpecError(
            f"{own.kind} is not what it was when the study was planned: its file, or one that it imports, was changed "
            "since, or the program changed a global. Start anew, or make what changes an option of the function."
        )
    register_own("model", function, own.kind)


def _follow() -> None:
    """End with the driver: its end of a pipe is closed then, even where nobody collects its exit status."""
    driver = multiprocessing.parent_process()
    assert driver
    driver.join()
    os._exit(1)
