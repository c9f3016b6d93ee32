"""How cohorts, and parts of them, are shared out among workers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from paribus.execution import pack
from paribus.training.job import Job, RunTask

SHAPES = [
    ((5,), 2),
    ((5,), 4),
    ((5,), 3),
    ((8, 8), 2),
    ((8, 7, 6), 2),
    ((1, 1, 1, 1, 1), 2),
    ((1, 1, 1), 2),
    ((5, 5, 5), 4),
    ((3, 1, 1), 8),
    ((40,), 3),
]


def cohorts(*sizes: int, epochs: int = 100, time_s: float = 1.0) -> list[Job]:
    """Cohorts of so many runs, each of so many epochs and seconds."""
    return [
        Job(
            tuple(RunTask(f"{number}-{seed}", seed, {"epochs": epochs}, time_s=time_s) for seed in range(size)),
            Path("data"),
            2,
            (4,),
        )
        for number, size in enumerate(sizes)
    ]


def pieces(jobs: Sequence[Job]) -> list[list[tuple[str, int, int | None]]]:
    return [[(run.key, run.after, run.until) for run in job.runs] for job in jobs]


def finish_s(jobs: Sequence[Job], workers: int) -> float:
    """When the last worker is done, if each takes the next job whose earlier epochs are done when it has time.

    A cohort's runs get on side by side, so that one that leaves at a part of its epochs is free at that part of the
    time that all of them need. One whose last epochs are done alone, beside nothing of its cohort, takes longer.
    """
    company = {run.key for job in jobs if len(job.runs) > 1 for run in job.runs}
    free, left, free_at = [0.0] * workers, list(jobs), dict[str, float]()
    while left:
        worker = free.index(min(free))
        ready = [
            job for job in left if all(not run.after or free_at.get(run.key, 9e9) <= free[worker] for run in job.runs)
        ]
        if not ready:
            free[worker] = min(time_s for time_s in [*free_at.values(), *free] if time_s > free[worker])
            continue
        job = ready[0]
        left.remove(job)
        for run in job.runs:
            if run.until:
                free_at[run.key] = free[worker] + run.time_s * len(job.runs)
        free[worker] += job.time_s * (1.4 if job.runs[0].after and job.runs[0].key in company else 1)
    return max(free)


def test_five_seeds_on_two_workers() -> None:
    """Two and a half each, but what is left of the third run is slower alone: 36 epochs take as long as 50."""
    assert pieces(pack(cohorts(5), 2)) == [
        [("0-0", 0, None), ("0-1", 0, None)],
        [("0-2", 0, 64), ("0-3", 0, None), ("0-4", 0, None)],
        [("0-2", 64, None)],
    ]


def test_runs_that_are_alone_anyway_are_cut_in_the_middle() -> None:
    assert pieces(pack(cohorts(1, 1, 1), 2)) == [
        [("0-0", 0, None)],
        [("1-0", 0, 50)],
        [("2-0", 0, None)],
        [("1-0", 50, None)],
    ]


@pytest.mark.parametrize(("sizes", "workers"), SHAPES)
def test_every_epoch_is_trained_once(sizes: Sequence[int], workers: int) -> None:
    before = cohorts(*sizes)
    parts = pack(before, workers)
    trained: dict[str, list[int]] = {}
    for run in (run for job in parts for run in job.runs):
        trained.setdefault(run.key, []).extend(range(run.after, run.epochs if run.until is None else run.until))
    assert {key: sorted(epochs) for key, epochs in trained.items()} == {
        run.key: list(range(100)) for job in before for run in job.runs
    }
    assert sum(job.time_s for job in parts) == pytest.approx(sum(sizes))
    assert all(run.key.startswith(job.runs[0].key.split("-")[0] + "-") for job in parts for run in job.runs)


@pytest.mark.parametrize(("sizes", "workers"), SHAPES)
def test_workers_end_together(sizes: Sequence[int], workers: int) -> None:
    """Two at the time that no order could better, but for what is slower alone; more not after whole runs would."""
    runs = sum(sizes)
    latest_s = max(runs / workers, 1) * 1.06 if workers == 2 else -(-runs // workers)
    assert finish_s(pack(cohorts(*sizes), workers), workers) <= latest_s


def test_runs_of_few_epochs_are_cut_between_two() -> None:
    assert pieces(pack(cohorts(5, epochs=2), 2))[-1] == [("0-2", 1, None)]
    assert pieces(pack(cohorts(5, epochs=1), 2)) == [
        [("0-0", 0, None), ("0-1", 0, None)],
        [("0-2", 0, None), ("0-3", 0, None), ("0-4", 0, None)],
    ]


def test_next_to_nothing_is_not_handed_over() -> None:
    """Times that are nearly the same are taken for the same."""
    first, second = cohorts(4)[0], cohorts(4, time_s=1.02)[0]
    assert [len(job.runs) for job in pack([first, second], 2)] == [4, 4]
    assert all(run.until is None for job in pack([first, second], 2) for run in job.runs)


def test_a_run_that_goes_on_is_cut_where_half_of_the_rest_is_done() -> None:
    (job,) = cohorts(1)
    (run,) = job.runs
    begun = Job((RunTask(run.key, 0, {"epochs": 100}, begun=60, time_s=0.4),), job.data, 2, (4,))
    others = cohorts(1, 1, time_s=0.4)
    parts = pack([others[0], begun, others[1]], 2)
    assert [(run.begun, run.until) for part in parts for run in part.runs if run.key == "0-0" and run.begun] == [
        (60, 80),
        (80, None),
    ]


def test_without_jobs_or_times() -> None:
    assert pack([], 2) == []
    assert len(pack(cohorts(3, 2, time_s=0.0), 2)) == 2
