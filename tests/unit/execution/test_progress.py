"""The lines that tell how a study goes, without any training."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from paribus.execution import duration, show_progress
from paribus.execution.progress import Progress
from paribus.store import RunRecord, Status
from paribus.training.job import Job, RunTask


@pytest.fixture
def jobs() -> list[Job]:
    """Two cohorts of two runs, of 10 epochs each."""
    return [job(number) for number in range(2)]


def job(number: int, begun: int = 0, time_s: float = 0.0) -> Job:
    tasks = (RunTask(f"{number}-{seed}", seed, {"epochs": 10}, begun=begun, time_s=time_s) for seed in range(2))
    return Job(tuple(tasks), Path("data"), 2, (4,))


def records(job: Job) -> list[RunRecord]:
    return [RunRecord(run.key, {}, run.seed, Status.FINISHED, epochs=7) for run in job.runs]


def board(*cohorts: tuple[int, float]) -> np.ndarray:
    """The progress board where both runs of a cohort have come as far."""
    return np.repeat(np.array(cohorts, float), 2, axis=0)


def test_runs_epochs_and_time_are_counted(jobs: list[Job], monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("paribus.execution.progress.time.monotonic", lambda: now[0])
    told: list[tuple[float, str, bool]] = []
    closed: list[str] = []
    with Progress(jobs, 3, lambda *words: told.append(words), closed.append) as progress:
        now[0] += 2
        progress.tick(board((5, 0.5), (0, 0.9)))  # the second has not begun: its accuracy says nothing
        progress.saved(records(jobs[0]))
        progress.tick(board((5, 0.5), (10, 0.75)))
        progress.saved(records(jobs[1]))
    assert [share for share, _, _ in told] == [0.0, 0.25, 0.5, 1.0, 1.0]
    assert [important for _, _, important in told] == [True, False, True, False, True]
    assert [text for _, text, _ in told] == [
        "3 of 7 runs stored, 4 to train",
        "3/7 runs  5.0 epochs/s  6.0 s left  best validation accuracy 50.00 %",
        "5/7 runs  10.0 epochs/s  2.0 s left  best validation accuracy 50.00 %",
        "5/7 runs  20.0 epochs/s  0.0 s left  best validation accuracy 75.00 %",
        "7/7 runs  20.0 epochs/s  0.0 s left  best validation accuracy 75.00 %",
    ]
    assert closed == ["28 epochs in 2.0 s, 14.0 epochs/s"]


def test_epochs_that_were_done_before_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 2 times 6 and 2 times 10 epochs, 2 took 20 seconds."""
    now = [0.0]
    monkeypatch.setattr("paribus.execution.progress.time.monotonic", lambda: now[0])
    told: list[tuple[float, str, bool]] = []
    jobs = [job(0, begun=4), job(1)]
    with Progress(jobs, 0, lambda *words: told.append(words), lambda text: told.append((1, text, True))) as progress:
        now[0] += 20
        progress.tick(board((0, np.nan), (0, np.nan)))
        progress.tick(board((5, np.nan), (0, np.nan)))
        progress.saved(records(jobs[0]))
    assert [text for _, text, _ in told[1:3]] == ["0/4 runs", "0/4 runs  10 s an epoch  5 min 0 s left"]
    assert told[2][0] == 2 / 32
    assert told[-1][1] == "6 epochs in 20 s, 3.3 s an epoch"  # the fifth to seventh of each


def test_a_run_in_two_parts_is_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its 4 epochs here take 12 seconds, its 6 epochs there 18, as do 10 of another: 15 of 20 epochs are left."""
    now = [0.0]
    monkeypatch.setattr("paribus.execution.progress.time.monotonic", lambda: now[0])
    told: list[str] = []
    first, whole = (RunTask(key, 0, {"epochs": 10}, time_s=30.0) for key in ("cut", "whole"))
    tasks = [replace(first, until=4, time_s=12.0), whole, replace(first, begun=4, after=4, time_s=18.0)]
    jobs = [Job((task,), Path("data"), 2, (4,)) for task in tasks]
    with Progress(jobs, 0, lambda *words: told.append(words[1]), told.append) as progress:
        now[0] += 10
        progress.tick(np.array([[5, np.nan], [0, np.nan]]))
        progress.saved([RunRecord("cut", {}, 0, Status.FINISHED, epochs=10)])
    assert told == [
        "0 of 2 runs stored, 2 to train",
        "0/2 runs  2.0 s an epoch  30 s left",
        "1/2 runs  1.0 epochs/s  10 s left",
        "10 epochs in 10 s, 1.0 epochs/s",
    ]


def test_what_is_left_goes_by_what_epochs_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """20 epochs of 3 seconds each, 20 of 1: with the first cohort's behind it, 20 of 80 seconds are left."""
    now = [0.0]
    monkeypatch.setattr("paribus.execution.progress.time.monotonic", lambda: now[0])
    told: list[str] = []
    jobs = [job(0, time_s=30.0), job(1, time_s=10.0)]
    with Progress(jobs, 0, lambda *words: told.append(words[1]), told.append) as progress:
        now[0] += 300
        progress.tick(board((10, np.nan), (0, np.nan)))
    assert told[1] == "0/4 runs  15 s an epoch  1 min 40 s left"


def test_without_validation_no_accuracy_is_told(jobs: list[Job]) -> None:
    told: list[str] = []
    with Progress(jobs, 0, lambda share, text, important: told.append(text), lambda text: None) as progress:
        progress.tick(board((5, np.nan), (0, 0)))
    assert re.fullmatch(r"0/4 runs  [\d.]+ epochs/s  [\d.]+ s left", told[-1])


def test_where_there_is_no_terminal_lines_are_few(jobs: list[Job], capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress(jobs, 0, quiet=False) as progress:
        for epoch in range(10):
            progress.tick(board((epoch, 0.5), (0, 0)))
        progress.saved(records(jobs[0]))
    out, err = capsys.readouterr()
    assert out == ""
    *lines, last = err.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["0 of 4 runs stored, 4 to train", "2/4 runs"]
    assert last.startswith("14 epochs in ")


@pytest.mark.parametrize("quiet", [True, False])
def test_silence(jobs: list[Job], capsys: pytest.CaptureFixture[str], quiet: bool) -> None:
    with show_progress(jobs if quiet else [], 4, quiet):
        pass
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("time_s", "text"),
    [
        (0, "0.0 s"),
        (0.44, "0.4 s"),
        (9.94, "9.9 s"),
        (12.3, "12 s"),
        (59.4, "59 s"),
        (60, "1 min 0 s"),
        (200.4, "3 min 20 s"),
        (3599.9, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations(time_s: float, text: str) -> None:
    assert duration(time_s) == text
