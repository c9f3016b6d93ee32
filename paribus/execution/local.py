"""Cohorts on this machine: one single-threaded worker a core, each with a pipe of its own, or all in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import Self

import numpy as np

from paribus.errors import RunError
from paribus.execution.forking import number_of_workers, warm_up
from paribus.execution.memory import give_back
from paribus.execution.messages import Progressed
from paribus.execution.process import Worker
from paribus.execution.waiting import Attempt, Limits, Waiting, after, died
from paribus.store.records import RunRecord
from paribus.training.job import Job

OnRecords = Callable[[list[RunRecord]], None]
OnTick = Callable[[np.ndarray], None]
_TICK_S = 0.2
_STEP_S = 1.0
"""The most that counts between two looks at a worker: more means that this process stood still, and maybe it too."""
_STARTS = 5
"""The most times that what workers are forked from may end before it has forked any."""


class Workers:
    """Processes of one thread each that train cohorts; they start when there is something to train, and stay.

    Args:
        count: how many, at most, see `number_of_workers`; 0 to train in this process, one cohort after the other.
        run_timeout_s: how long a run may take; by default no epoch may take for ever, see `Limits`.
    """

    def __init__(self, count: int | None = None, run_timeout_s: float | None = None) -> None:
        asked = number_of_workers(count)
        self.count, self._limits = max(asked, 1), Limits(run_timeout_s)
        self._here = not asked
        self._workers: list[Worker] = []

    def __enter__(self) -> Self:
        if not self._here:
            warm_up()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.close() if kind is None else worker.kill()
        for worker in workers:
            worker.release()

    def train(self, jobs: Sequence[Job], on_records: OnRecords, on_tick: OnTick) -> None:
        """Train every cohort; a failing one gives failed records and stops nothing else.

        Args:
            jobs: the cohorts, in the order in which they begin.
            on_records: called in this process with the records of a cohort, in finishing order.
            on_tick: called several times per second with the progress board, shape (run, 2), whose rows are those of
                `board_rows`: epochs done, and validation accuracy, nan before the first.

        Raises:
            StoreError: a worker cannot write what it trained.
            RunError: no worker can be started.
        """
        if not jobs:
            return
        give_back()  # what reading the data took
        waiting = Waiting(jobs)
        if self._here:
            from paribus.execution.worker import train_here  # late, as it imports torch

            train_here(waiting, on_records, on_tick)
        else:
            _Dispatch(self._workers, self.count, self._limits, waiting, on_records, on_tick).run()


@dataclass
class _Dispatch:
    """The dispatch of jobs to workers.

    Args:
        workers: that there are; more are added up to `count`, and those that die are taken away.
        count: see `Workers`.
        limits: likewise.
        waiting: jobs that no worker was given yet.
        on_records: see `Workers.train`.
        on_tick: likewise.
    """

    workers: list[Worker]
    count: int
    limits: Limits
    waiting: Waiting
    on_records: OnRecords
    on_tick: OnTick
    _given: dict[Worker, Attempt] = field(default_factory=dict[Worker, Attempt])
    _missed: int = 0

    def run(self) -> None:
        """Have all of them trained."""
        looked = time.monotonic()
        self._give()
        while self._given:
            wait([file for worker in self.workers for file in worker.waited_for()], _TICK_S)
            records = [record for worker in list(self.workers) for record in self._news(worker)]
            looked, passed_s = time.monotonic(), time.monotonic() - looked
            for worker in list(self._given):
                records += self._limit(worker, min(passed_s, _STEP_S))
            self._give()  # before records are stored, which takes time
            if records:
                self.on_records(records)
                del records
                give_back()
            self.on_tick(self.waiting.board)

    def _give(self) -> None:
        """Give workers what can be trained now."""
        while self.waiting.attempts and (worker := self._idle()):
            attempt = self.waiting.take(given.job for given in self._given.values())
            if attempt is None:
                return
            self._given[worker] = attempt
            worker.tell(attempt.job)

    def _idle(self) -> Worker | None:
        """A worker that does nothing; a new one where there may be more."""
        for worker in self.workers:
            if worker not in self._given:
                return worker
        if len(self.workers) < self.count:
            self.workers.append(Worker())
            return self.workers[-1]
        return None

    def _news(self, worker: Worker) -> list[RunRecord]:
        """Take in what a worker tells; records of runs that are done, or have failed."""
        records: list[RunRecord] = []
        for message in worker.news():
            if isinstance(message, Progressed):
                self.waiting.progressed(message)
            elif worker in self._given:
                worker.output.end()
                records += self.waiting.ended(self._given.pop(worker), message)
        return records + self._lost(worker) if worker.gone else records

    def _lost(self, worker: Worker) -> list[RunRecord]:
        """A worker is gone."""
        attempt = self._dismiss(worker)
        if worker.process.pid is None:  # whose fault is not the job's
            self._missed += 1
            why = worker.process.why()
            if self._missed >= _STARTS * self.count or "\n" in why:
                raise RunError(f"Workers cannot be started: what they are forked from {why}")
            self.waiting.attempts[:0] = [attempt] if attempt else []
            return []
        self._missed = 0
        if attempt is None:
            return []
        message = died(worker, attempt.failed + 1)
        worker.output.end()
        return self.waiting.again(attempt, message)

    def _limit(self, worker: Worker, passed_s: float) -> list[RunRecord]:
        """Stop a worker that takes too long; records of runs that have failed by it."""
        job = self._given[worker].job
        worker.silent_s, worker.busy_s = worker.silent_s + passed_s, worker.busy_s + passed_s
        message = self.limits.passed(job, worker.silent_s, worker.busy_s)
        if not message:
            return []
        words = worker.place()
        worker.kill()
        self._dismiss(worker)
        worker.output.end()
        return self.waiting.failed(job, after(words, message))

    def _dismiss(self, worker: Worker) -> Attempt | None:
        """Have no more to do with a worker that has ended; what it was to do."""
        self.workers.remove(worker)
        worker.release()
        return self._given.pop(worker, None)
