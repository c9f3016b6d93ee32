"""Jobs that are still to be done: who comes next, who is tried again, and what is said of who is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from paribus.errors import StoreError
from paribus.execution.messages import Done, Failed, Progressed
from paribus.execution.process import Worker
from paribus.execution.progress import duration
from paribus.memory import machine_memory
from paribus.store.records import RunRecord, Status
from paribus.training.job import Job, RunTask, board_rows

_TRIES = 2


@dataclass(frozen=True)
class Attempt:
    """A job that is to be tried, or is being tried.

    Args:
        job: the job.
        failed: in how many attempts its runs took part that came to nothing.
    """

    job: Job
    failed: int = 0

    def parts(self) -> list[Attempt]:
        """What to try next: half of the runs at a time, as memory may have run out, and so on down to each alone.

        Whatever a run is trained with, it comes to the same bits. There is nothing of a run that was alone, and tried
        before.
        """
        runs, failed = _without_handed_over_runs(self.job), self.failed + 1
        if len(runs) < 2:
            return [Attempt(replace(self.job, runs=runs), failed)] if runs and failed < _TRIES else []
        half = (len(runs) + 1) // 2
        return [Attempt(replace(self.job, runs=part), failed) for part in (runs[:half], runs[half:])]


class Waiting:
    """Jobs that nobody does, and how far all are.

    Args:
        jobs: in the order in which they begin.
    """

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.attempts = [Attempt(job) for job in jobs]
        self._rows = board_rows(jobs)
        self.board = np.zeros((len(self._rows), 2))
        """See `Executor.train`."""

    def take(self, others: Iterable[Job]) -> Attempt | None:
        """The next job none of whose runs waits for earlier epochs that these others do; None if there is none."""
        busy = {run.key for job in others for run in job.runs}
        for place, attempt in enumerate(self.attempts):
            if all(run.key not in busy or self._epochs(run) >= run.after for run in attempt.job.runs):
                return self.attempts.pop(place)
        return None

    def _epochs(self, run: RunTask) -> float:
        return self.board[self._rows[run.key], 0]

    def progressed(self, message: Progressed) -> None:
        """Put it on the board."""
        for key, values in message.runs.items():
            self.board[self._rows[key]] = values

    def ended(self, attempt: Attempt, answer: Done | Failed) -> list[RunRecord]:
        """The records that a job came to; none if it is tried again.

        Raises:
            StoreError: what was trained cannot be written.
        """
        if isinstance(answer, Done):
            self._settle(answer.records)
            return answer.records
        if answer.kind == "store":
            raise StoreError(answer.text)
        if answer.kind == "memory":
            return self.again(attempt, _too_large(answer.text))
        return self.failed(attempt.job, answer.text)

    def again(self, attempt: Attempt, message: str) -> list[RunRecord]:
        """Try again what came to nothing, before all else; where that was done, the records of its failure."""
        parts = attempt.parts()
        self.attempts[:0] = parts
        return [] if parts else self.failed(attempt.job, message)

    def failed(self, job: Job, message: str) -> list[RunRecord]:
        """A failed record for every run of a cohort that could not be trained, and that no other job goes on with."""
        runs = _without_handed_over_runs(job)
        records = [RunRecord(run.key, run.recipe, run.seed, Status.FAILED, message=message) for run in runs]
        self._settle(records)
        return records

    def _settle(self, records: Sequence[RunRecord]) -> None:
        """A run that ended early needs nobody to go on with it."""
        ended = {record.key for record in records}
        rest = [(each, tuple(run for run in each.job.runs if run.key not in ended)) for each in self.attempts]
        self.attempts = [replace(each, job=replace(each.job, runs=runs)) for each, runs in rest if runs]


@dataclass(frozen=True)
class Limits:
    """How long a worker may take.

    Args:
        run_s: for a run. Where there is none, an epoch may take half an hour, and a hundred times what is expected.
    """

    run_s: float | None = None

    def passed(self, job: Job, silent_s: float, busy_s: float) -> str:
        """What to say of a job that takes too long; empty if it does not.

        Args:
            job: the job.
            silent_s: since the end of its last epoch.
            busy_s: since it began.
        """
        if self.run_s is not None:
            if busy_s <= self.run_s * len(job.runs):
                return ""
            return (
                f"The run was stopped after {duration(self.run_s)}, the limit that --run-timeout (run_timeout) sets. "
                "Give it more, or make it smaller; the same command goes on from its last checkpoint."
            )
        expected_s = sum(run.time_s / max((run.until or run.epochs) - run.begun, 1) for run in job.runs)
        if silent_s <= max(1800.0, 100 * expected_s):
            return ""
        return (
            f"The run was stopped, as no epoch ended for {duration(silent_s)}, where {duration(expected_s)} were "
            "expected. Does the model wait for something? If it is only slow, set --run-timeout (run_timeout)."
        )


def died(worker: Worker, tries: int) -> str:
    """What is said of a job whose last worker died, after so many tries."""
    peak = worker.process.peak
    used = f" It had {_gib(peak)} of memory at most{_of_machine()}." if peak else ""
    return after(worker.output.words(), f"The worker process {worker.ending}; it was tried {tries} times.{used}")


def after(text: str, sentence: str) -> str:
    """The sentence last, as the last line is what tables show."""
    return f"{text.strip()}\n{sentence}" if text.strip() else sentence


def _too_large(text: str) -> str:
    """What is said of a job whose error says that memory ran out."""
    hint = "Use a smaller network or batch, less data, or fewer --workers."
    return after(
        text, f"There was not enough memory{_of_machine()}, for the run alone: {text.splitlines()[-1]}. {hint}"
    )


def _without_handed_over_runs(job: Job) -> tuple[RunTask, ...]:
    """The runs of a job that no other one goes on with."""
    return tuple(run for run in job.runs if run.until is None)


def _of_machine() -> str:
    total = machine_memory()
    return f", of {_gib(total)} in this machine" if total else ""


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"
