"""How cohorts are shared out among workers."""

from __future__ import annotations

from pathlib import Path

import pytest

from paribus.planning import plan_study
from paribus.training.job import Job, RunTask
from paribus.work import Todo, shared_out


@pytest.fixture
def todo(make_study, tmp_path: Path):
    """Cohorts of as many runs as asked, each run of one second."""
    runs = plan_study(make_study(seeds=40), "f" * 64).runs

    def make(*sizes: int) -> list[Todo]:
        left, found = iter(runs), []
        for number, size in enumerate(sizes):
            cohort = tuple(next(left) for _ in range(size))
            tasks = tuple(RunTask(run.key, run.seed, {}) for run in cohort)
            checkpoint = tmp_path / f"{number}.safetensors"
            found.append(Todo(cohort, float(size), Job(tasks, tmp_path, 2, (4,), checkpoint=checkpoint)))
        return found

    return make


def keys(parts: list[Todo]) -> list[str]:
    return [run.key for part in parts for run in part.cohort]


@pytest.mark.parametrize(
    ("sizes", "workers", "expected"),
    [
        ((5,), 1, [5]),
        ((5,), 2, [3, 2]),
        ((5,), 4, [1, 1, 1, 1, 1]),
        ((1,), 8, [1]),
        ((8, 8), 2, [8, 8]),
        ((8, 2), 2, [4, 4, 2]),
        ((8, 7, 6), 2, [8, 7, 6]),
        ((), 2, []),
    ],
)
def test_a_cohort_beyond_a_workers_share_is_halved(todo, sizes, workers: int, expected: list[int]) -> None:
    before = todo(*sizes)
    parts = shared_out(before, workers)
    assert [len(part.cohort) for part in parts] == expected
    assert sum(part.time_s for part in parts) == pytest.approx(sum(sizes))
    assert sorted(keys(parts)) == sorted(keys(before))
    assert [run.key for part in parts for run in part.job.runs] == keys(parts)
    assert len({part.job.checkpoint for part in parts}) == len(parts)


def test_a_cohort_with_a_checkpoint_stays_whole(todo) -> None:
    before = todo(8)
    before[0].job.checkpoint.touch()
    assert shared_out(before, 2) == before


def test_started_again_it_is_shared_out_as_before(todo) -> None:
    parts = shared_out(todo(8), 2)
    for part in parts:
        part.job.checkpoint.touch()
    (whole,) = todo(8)
    assert shared_out([whole], 2) == parts
    assert shared_out(parts[1:], 2) == parts[1:]  # the first was stored before the kill
