"""Which worker trains what: cohorts, and parts of them, so that all workers end together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from paribus.training.job import Job, RunTask

_MIN_HANDOVER_SHARE = 0.05
"""Smallest share of a worker's time worth handing over."""
_ALONE_COST = 1.4
"""Time of an epoch of a run by itself over its time beside others, see `docs/log.md`."""


def pack(jobs: Sequence[Job], workers: int) -> list[Job]:
    """The jobs in parts, in the order in which they should begin for all workers to end together.

    Worker after worker is given cohorts until it has its share of all the time. A run across the border is cut in two:
    its first epochs come first of what the next worker does, together with the rest of its cohort, its last epochs
    last of what this one does. What a run comes to is the same bits, whatever it is trained with, and where.

    Args:
        jobs: with times of their runs.
        workers: how many there are.

    Source: McNaughton (1959), the wrap-around rule, which gives the shortest time where jobs may be interrupted.
    """
    longest_s = max((run.time_s for job in jobs for run in job.runs), default=0.0)
    packed = _Packed(sum(job.time_s for job in jobs), longest_s, workers)
    for job in sorted(jobs, key=lambda job: -job.time_s):
        packed.add(job)
    return [part for _, part in sorted(packed.parts, key=lambda part: part[0])]


@dataclass
class _Packed:
    """What the workers have been given so far.

    Args:
        left_s: time of what nobody has been given.
        longest_s: time of the longest run, which no worker can share.
        workers: that have no share yet, and one more that is being given jobs.
        parts: jobs, with the seconds after which they begin.
        taken_s: time of what that one has been given.
    """

    left_s: float
    longest_s: float
    workers: int
    parts: list[tuple[float, Job]] = field(default_factory=list[tuple[float, Job]])
    taken_s: float = 0.0

    @property
    def share_s(self) -> float:
        """What the worker should be given in all."""
        return max((self.taken_s + self.left_s) / self.workers, self.longest_s)

    def add(self, job: Job) -> None:
        """Give a job to the worker; what it has no time for goes to the next."""
        runs = list(job.runs)
        while runs:
            fitting = self._fitting(runs)
            self._give(job, runs[:fitting])
            runs = runs[fitting:]
            if runs:
                runs[0] = self._cut(job, runs[0])
                self.workers, self.taken_s = self.workers - 1, 0.0

    def _fitting(self, runs: Sequence[RunTask]) -> int:
        """How many of the runs the worker has time for, but for next to nothing; the last worker takes all."""
        if self.workers == 1:
            return len(runs)
        left_s = self.share_s * (1 + _MIN_HANDOVER_SHARE) - self.taken_s
        fitting = 0
        while fitting < len(runs) and runs[fitting].time_s <= left_s:
            left_s -= runs[fitting].time_s
            fitting += 1
        return fitting

    def _cut(self, job: Job, run: RunTask) -> RunTask:
        """Give the worker the last epochs of a run, as many as it has time for; what is left of the run."""
        num = run.epochs - run.begun
        slower = _ALONE_COST if len(job.runs) > 1 else 1.0
        late = round((self.share_s - self.taken_s) / (run.time_s * slower) * num)
        late_s = run.time_s * late / num
        if late in (0, num) or late_s < _MIN_HANDOVER_SHARE * self.share_s:
            return run
        border = run.epochs - late
        last = replace(run, begun=border, after=border, time_s=late_s)
        self.parts.append((self.share_s - late_s, replace(job, runs=(last,))))
        self.left_s -= late_s
        return replace(run, until=border, time_s=run.time_s - late_s)

    def _give(self, job: Job, runs: Sequence[RunTask]) -> None:
        if runs:
            self.parts.append((self.taken_s, replace(job, runs=tuple(runs))))
            time_s = sum(run.time_s for run in runs)
            self.taken_s, self.left_s = self.taken_s + time_s, self.left_s - time_s
