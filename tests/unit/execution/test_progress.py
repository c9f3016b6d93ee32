"""The lines that tell how a study goes, without any training."""

import re
from collections.abc import Callable

import numpy as np
import pytest

from paribus.execution import duration, show_progress
from paribus.execution.progress import Progress
from paribus.planning import Run, plan_study
from paribus.spec import StudySpec
from paribus.store import RunRecord, Status


@pytest.fixture
def cohorts(make_study: Callable[..., StudySpec]) -> tuple[tuple[Run, ...], ...]:
    """Two cohorts of two runs, of 10 epochs each."""
    factors = {"depth": {"vary": "model.depth", "levels": [1, 2]}}
    return plan_study(make_study(baseline={"epochs": 10}, seeds=2, factors=factors), "f" * 64).cohorts


def record(run: Run) -> RunRecord:
    return RunRecord(run.key, {}, run.seed, Status.FINISHED, epochs=7)


def test_runs_epochs_and_time_are_counted(
    cohorts: tuple[tuple[Run, ...], ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("paribus.execution.progress.time.monotonic", lambda: now[0])
    told: list[tuple[float, str, bool]] = []
    closed: list[str] = []
    with Progress(cohorts, 3, lambda *words: told.append(words), closed.append) as progress:
        now[0] += 2
        progress.tick(np.array([[5, 2, 0.5, 0], [0, 0, 0.9, 0]]))  # the second has not begun: its accuracy says nothing
        progress.saved([record(run) for run in cohorts[0]])
        progress.tick(np.array([[5, 2, 0.5, 0], [10, 2, 0.75, 0]]))
        progress.saved([record(run) for run in cohorts[1]])
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


def test_epochs_that_runs_go_on_from_are_not_counted(
    cohorts: tuple[tuple[Run, ...], ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("paribus.execution.progress.time.monotonic", lambda: now[0])
    told: list[str] = []
    closed: list[str] = []
    with Progress(cohorts, 0, lambda *words: told.append(words[1]), closed.append, begun=[6, 0]) as progress:
        now[0] += 2
        progress.tick(np.array([[0, 2, np.nan, 0], [5, 2, np.nan, 0]]))
        progress.tick(np.array([[8, 2, np.nan, 6], [5, 2, np.nan, 0]]))
        progress.saved([record(run) for run in cohorts[0]])
    assert told[1].startswith("0/4 runs  5.0 epochs/s")
    assert told[2].startswith("0/4 runs  7.0 epochs/s")
    assert closed == ["2 epochs in 2.0 s, 1.0 epochs/s"]  # the seventh of each


def test_nor_are_those_of_a_checkpoint(cohorts: tuple[tuple[Run, ...], ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker says with what epoch it began: of 2 times 6 and 2 times 10 epochs, 2 took 20 seconds."""
    now = [0.0]
    monkeypatch.setattr("paribus.execution.progress.time.monotonic", lambda: now[0])
    told: list[tuple[float, str, bool]] = []
    with Progress(cohorts, 0, lambda *words: told.append(words), lambda text: None) as progress:
        now[0] += 20
        progress.tick(np.array([[4, 2, np.nan, 4], [0, 2, np.nan, 0]]))
        progress.tick(np.array([[5, 2, np.nan, 4], [0, 2, np.nan, 0]]))
    assert [text for _, text, _ in told[1:]] == ["0/4 runs", "0/4 runs  10 s an epoch  5 min 0 s left"]
    assert told[2][0] == 2 / 32


def test_what_is_left_goes_by_what_epochs_take(
    cohorts: tuple[tuple[Run, ...], ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """20 epochs of 3 seconds each, 20 of 1: with the first cohort's behind it, 20 of 80 seconds are left."""
    now = [0.0]
    monkeypatch.setattr("paribus.execution.progress.time.monotonic", lambda: now[0])
    told: list[str] = []
    with Progress(cohorts, 0, lambda *words: told.append(words[1]), told.append, times_s=[60.0, 20.0]) as progress:
        now[0] += 300
        progress.tick(np.array([[10, 2, np.nan, 0], [0, 0, np.nan, 0]]))
    assert told[1] == "0/4 runs  15 s an epoch  1 min 40 s left"


def test_without_validation_no_accuracy_is_told(cohorts: tuple[tuple[Run, ...], ...]) -> None:
    told: list[str] = []
    with Progress(cohorts, 0, lambda share, text, important: told.append(text), lambda text: None) as progress:
        progress.tick(np.array([[5, 2, np.nan, 0], [0, 0, 0, 0]]))
    assert re.fullmatch(r"0/4 runs  [\d.]+ epochs/s  [\d.]+ s left", told[-1])


def test_where_there_is_no_terminal_lines_are_few(
    cohorts: tuple[tuple[Run, ...], ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with show_progress(cohorts, 0, quiet=False) as progress:
        for epoch in range(10):
            progress.tick(np.array([[epoch, 2, 0.5, 0], [0, 0, 0, 0]]))
        progress.saved([record(run) for run in cohorts[0]])
    out, err = capsys.readouterr()
    assert out == ""
    *lines, last = err.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["0 of 4 runs stored, 4 to train", "2/4 runs"]
    assert last.startswith("14 epochs in ")


@pytest.mark.parametrize("quiet", [True, False])
def test_silence(cohorts: tuple[tuple[Run, ...], ...], capsys: pytest.CaptureFixture[str], quiet: bool) -> None:
    with show_progress(cohorts if quiet else (), 4, quiet):
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
