"""What happens in a worker process: one thread, one cohort after another."""

from __future__ import annotations

import faulthandler
import gc
import math
import os
import pickle
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from paribus.errors import SpecError, StoreError
from paribus.execution.messages import Done, Failed, Progressed, Surroundings, limited, receive, send
from paribus.memory import give_back, ran_out
from paribus.spec.parts import register_own
from paribus.training.cohort import Progress, train_cohort
from paribus.training.job import Job, OwnCode
from paribus.user_code import code_hash

_QUIET_S = 0.05
"""Between two messages of how far it is, but for those that somebody waits for."""


def serve(pipe: Connection, driver_ends: Callable[[], Any]) -> None:
    """Do what comes through the pipe until it is closed.

    Args:
        pipe: to the driver.
        driver_ends: returns when the driver has ended.
    """
    initialize(driver_ends)
    here: Surroundings = receive(pipe)
    sys.path[:] = here.path
    with suppress(OSError):
        os.chdir(here.folder)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):  # the driver needs it no more
        while True:
            _answer(pipe)
            gc.collect()
            give_back()


def initialize(driver_ends: Callable[[], Any]) -> None:
    """Prepare a worker: a single thread, no part in Ctrl-C, an end when the driver is gone, and last words."""

    def follow() -> None:
        driver_ends()
        os._exit(1)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=follow, daemon=True).start()
    faulthandler.enable(all_threads=False)
    if hasattr(faulthandler, "register"):
        faulthandler.register(signal.SIGUSR1, all_threads=False)
    prepare_torch()


def prepare_torch() -> None:
    """One thread for PyTorch and NumPy, products in float32, and tiny numbers flushed to zero."""
    torch.set_float32_matmul_precision("highest")
    torch.set_num_threads(1)
    threadpool_limits(1)
    torch.set_flush_denormal(True)


def _answer(pipe: Connection) -> None:
    """Do the next job, and say what came of it.

    Raises:
        EOFError: there is none.
        OSError: the driver is gone.
    """
    told = Teller(pipe)
    try:
        job = receive(pipe)
    except (EOFError, OSError):
        raise
    except Exception:  # it names what this process cannot import
        answer = Failed(limited(traceback.format_exc()))
    else:
        told.awaited = {run.until for run in job.runs}
        answer = work(job, told)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    told.tell(answer)


def work(job: Job, progress: Progress) -> Done | Failed:
    """Train a cohort; whatever goes wrong is an answer too, but for Ctrl-C."""
    try:
        if job.own:
            _learn(job.own)
        return Done(train_cohort(job, progress))
    except StoreError as error:
        return Failed(limited(str(error)), "store")
    except (Exception, SystemExit) as error:
        return Failed(limited(traceback.format_exc()), "memory" if ran_out(error) else "else")


class Teller:
    """Tells the driver how far a job is: not often, but at once of an epoch that another job waits for."""

    def __init__(self, pipe: Connection) -> None:
        self.awaited: set[int | None] = set()
        self._pipe, self._process = pipe, os.getpid()
        self._new: dict[str, tuple[int, float]] = {}
        self._told_s = -math.inf

    def __call__(self, epoch: int, accuracies: Mapping[str, float]) -> None:
        """So many epochs are done."""
        self._new |= {key: (epoch, accuracy) for key, accuracy in accuracies.items()}
        if epoch in self.awaited or time.monotonic() - self._told_s >= _QUIET_S:
            self._tell_new()

    def tell(self, answer: Done | Failed) -> None:
        """The job has ended."""
        self._tell_new()
        send(self._pipe, answer)

    def _tell_new(self) -> None:
        if os.getpid() != self._process:  # a model forked this one, and let it go on
            os._exit(0)
        send(self._pipe, Progressed(self._new))
        self._new, self._told_s = {}, time.monotonic()


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
