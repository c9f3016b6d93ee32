"""Real worker processes: what one of them suffers costs its own cohort, and nothing else."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from traps import Trap

from paribus.execution import executor_of
from paribus.execution.local import Workers
from paribus.spec import StudySpec
from paribus.store import RunRecord
from paribus.training.job import Job, RunTask


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for part, rows in (("train", 90), ("test", 30)):
        np.save(tmp_path / f"x_{part}.npy", rng.normal(size=(rows, 5)).astype(np.float32))
        np.save(tmp_path / f"y_{part}.npy", np.arange(rows) % 3)
    return tmp_path


def job_of(data: Any, epochs: int = 2, width: int = 4, **options: Any) -> Job:
    model = {"kind": "mlp", "width": width, "depth": 1}
    study = StudySpec.model_validate(
        {"name": "a", "data": {"source": "none"}, "baseline": {"model": model, "epochs": epochs, **options}}
    )
    recipe = study.recipe().model_dump(mode="json")
    runs = tuple(RunTask(f"{width}-{seed}", seed, recipe) for seed in (0, 1))
    return Job(runs, data, num_classes=3, item_shape=(5,))


def finish(jobs: list[Job], workers: int = 2) -> list[list[RunRecord]]:
    """The records of each job, in the order of the jobs."""
    found: dict[str, RunRecord] = {}
    with executor_of(workers) as started:
        started.train(
            jobs, lambda records: found.update({record.key: record for record in records}), lambda board: None
        )
    return [[found[run.key] for run in job.runs] for job in jobs]


def living(descendants_of: int) -> set[int]:
    """Numbers of the processes that came from this one and have not ended."""
    text = subprocess.run(["ps", "-eo", "pid=,ppid=,stat=,comm="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=3) for line in text.splitlines()]
    parents = {int(row[0]): int(row[1]) for row in rows if row[2][0] != "Z" and row[3] != "ps"}
    found = {descendants_of}
    while more := {process for process, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {descendants_of}


def alive(process: int) -> bool:
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    return done.stdout.strip()[:1] not in ("", "Z")


def test_a_killed_worker_costs_one_retry(folder: Path) -> None:
    traps = [Trap(folder, "killed", deaths=1), Trap(folder, "other"), Trap(folder, "third")]
    results = finish([job_of(trap, width=width) for width, trap in zip((4, 5, 6), traps, strict=True)])
    assert [record.status for records in results for record in records] == ["finished"] * 6
    assert [trap.attempts for trap in traps] == [3, 1, 1]  # together, then each by itself
    undisturbed = finish([job_of(folder)])[0]
    for record, twin in zip(results[0], undisturbed, strict=True):
        assert record.metrics == twin.metrics
        np.testing.assert_array_equal(record.predictions["test_probabilities"], twin.predictions["test_probabilities"])


def test_a_worker_that_dies_twice_gives_failed_runs(folder: Path) -> None:
    trap = Trap(folder, "killed", deaths=9)
    failed, other = finish([job_of(trap, width=4), job_of(folder, width=5)])
    assert trap.attempts == 3  # together, then each by itself
    assert [(run.key, run.seed, run.status) for run in failed] == [("4-0", 0, "failed"), ("4-1", 1, "failed")]
    told = (
        "The worker process was ended by signal 9 (SIGKILL), which the system sends when memory runs out; it was tried"
    )
    assert re.fullmatch(
        re.escape(told) + r" 2 times\. It had 0\.\d GiB of memory at most, of .* GiB .*", failed[0].message
    )
    assert failed[0].recipe["model"]["width"] == 4
    assert [run.status for run in other] == ["finished", "finished"]


def test_an_exception_gives_failed_runs_with_the_traceback(folder: Path) -> None:
    trap = Trap(folder, "raises", error="no luck")
    failed, other = finish([job_of(trap, width=4), job_of(folder, width=5)], workers=1)
    assert trap.attempts == 1
    for run in failed:
        assert run.status == "failed"
        assert run.message.startswith("Traceback (most recent call last)")
        assert "in train_cohort" in run.message
        assert run.message.strip().endswith("ValueError: no luck")
        assert run.predictions == run.weights == run.history == run.metrics == {}
    assert [run.status for run in other] == ["finished", "finished"]


def test_an_error_that_cannot_be_unpickled_fails_its_own_cohort_alone(folder: Path) -> None:
    trap = Trap(folder, "raises", error="no luck", unpicklable=True)
    parts = in_two_parts(replace(job_of(folder, epochs=6), checkpoints=folder), until=3)
    failed, *others = finish([job_of(trap, width=5), *parts])
    assert trap.attempts == 1
    assert [run.status for run in failed] == ["failed"] * 2
    assert "Traceback" not in failed[0].message[1:]
    assert failed[0].message.strip().endswith("Unpicklable: no luck at 7")
    assert {run.status for records in others for run in records} == {"finished"}


def test_workers_use_one_thread(folder: Path) -> None:
    assert finish([job_of(folder)])[0][0].engine["threads"] == 1


def test_the_board_shows_epochs_and_accuracy(folder: Path) -> None:
    boards: list[np.ndarray] = []
    jobs = [job_of(folder, epochs=3), job_of(folder, epochs=5, width=5)]
    with Workers(1) as worker:
        worker.train(jobs, lambda records: None, lambda board: boards.append(board.copy()))
    epochs = np.array(boards)[:, :, 0]
    assert epochs[-1].tolist() == [3, 3, 5, 5]
    assert (np.diff(epochs, axis=0) >= 0).all()
    assert ((boards[-1][:, 1] > 0) & (boards[-1][:, 1] <= 1)).all()


def in_two_parts(job: Job, until: int) -> list[Job]:
    """The job without its first run's last epochs, and a job for those."""
    first, *others = job.runs
    return [
        replace(job, runs=(replace(first, until=until), *others)),
        replace(job, runs=(replace(first, begun=until, after=until),)),
    ]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_goes_on_in_another_worker(folder: Path, workers: int) -> None:
    job = replace(job_of(folder, epochs=6), checkpoints=folder)
    told: list[list[str]] = []
    with executor_of(workers) as started:
        started.train(
            in_two_parts(job, until=3), lambda records: told.append([run.key for run in records]), lambda board: None
        )
    assert sorted(told) == [["4-0"], ["4-1"]]
    (whole,) = finish([job_of(folder, epochs=6)])
    (_, last), (first,) = whole, finish(in_two_parts(job, until=3))[1]
    assert first.metrics == whole[0].metrics
    assert last.metrics == whole[1].metrics


def test_a_run_that_ends_before_it_is_handed_over_is_trained_once(folder: Path) -> None:
    job = replace(job_of(folder, epochs=9, early_stopping={"patience": 1, "min_delta": 1.0}), checkpoints=folder)
    told: list[str] = []
    with Workers(2) as started:
        started.train(
            in_two_parts(job, until=7), lambda records: told.extend(run.key for run in records), lambda board: None
        )
    assert sorted(told) == ["4-0", "4-1"]


def test_a_killed_worker_leaves_alone_what_it_handed_over(folder: Path) -> None:
    """Its own run is trained again; both come to what they would have come to."""
    trap = Trap(folder, "killed", deaths=1)
    parts = in_two_parts(replace(job_of(folder, epochs=6), checkpoints=folder), until=3)
    records: dict[str, list[RunRecord]] = {}
    with Workers(2) as started:
        started.train(
            [replace(parts[0], data=trap), parts[1]],
            lambda found: records.update({run.key: [*records.get(run.key, []), run] for run in found}),
            lambda board: None,
        )
    (whole,) = finish([job_of(folder, epochs=6)])
    assert trap.attempts == 2
    assert {key: [run.metrics for run in found] for key, found in records.items()} == {
        run.key: [run.metrics] for run in whole
    }


@pytest.mark.slow
def test_killed_after_a_handover_each_job_is_tried_again_without_the_other(folder: Path) -> None:
    finish([job_of(folder)])  # the server that workers are forked from stays
    before = living(os.getpid())
    job, until = replace(job_of(folder, epochs=2000), checkpoints=folder), 600
    records: list[RunRecord] = []
    killed: set[int] = set()

    def kill(board: np.ndarray) -> None:
        if board[0, 0] >= until and not killed:
            assert not records
            killed.update(living(os.getpid()) - before)
            for process in killed:
                os.kill(process, signal.SIGKILL)

    with Workers(2) as workers:
        workers.train(in_two_parts(job, until), records.extend, kill)
    assert killed
    (whole,) = finish([job_of(folder, epochs=2000)])
    assert {run.key: run.metrics for run in records} == {run.key: run.metrics for run in whole}
    assert len(records) == 2


def test_where_the_first_part_fails_the_second_is_tried(folder: Path) -> None:
    trap = Trap(folder, "raises", error="no luck")
    parts = in_two_parts(replace(job_of(folder, epochs=6), checkpoints=folder), until=3)
    found: dict[str, RunRecord] = {}
    with Workers(2) as started:
        started.train(
            [replace(parts[0], data=trap), parts[1]],
            lambda records: found.update({run.key: run for run in records}),
            lambda board: None,
        )
    assert {key: str(run.status) for key, run in found.items()} == {"4-0": "finished", "4-1": "failed"}
    assert found["4-0"].epochs == 6


def test_nothing_to_do_starts_nothing() -> None:
    def never(*_: Any) -> None:
        raise AssertionError

    with Workers(2) as workers:
        workers.train([], never, never)


def test_workers_stay_until_they_are_not_needed(folder: Path) -> None:
    finish([job_of(folder)])  # the server that workers are forked from stays
    before = living(os.getpid())
    with Workers(2) as workers:
        seen: list[set[int]] = []
        for jobs in ([job_of(folder)], [job_of(folder, width=5)], [job_of(folder), job_of(folder, width=5)]):
            workers.train(jobs, lambda records: None, lambda board: None)
            seen.append(living(os.getpid()) - before)
    assert seen[0] == seen[1]
    assert [len(one) for one in seen] == [1, 1, 2]
    assert living(os.getpid()) == before


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_an_error_while_storing_stops_all_workers(folder: Path, error: type[BaseException]) -> None:
    finish([job_of(folder)])  # the server that workers are forked from stays
    before = living(os.getpid())

    def full(records: list[RunRecord]) -> None:
        raise error

    with pytest.raises(error), Workers(2) as workers:
        workers.train([job_of(folder), job_of(folder, epochs=1_000_000)], full, lambda board: None)
    assert living(os.getpid()) <= before


SCRIPT = """
import numpy as np
from pathlib import Path
from paribus import Study

def data():
    rng = np.random.default_rng(0)
    return {"x": rng.normal(size=(60, 4)), "y": np.arange(60) % 2}

print("begun")
study = Study(name="script", data={"source": data}, baseline={"epochs": 1}, seeds=2)
result = study.run("home", workers=2)
print(list(result.runs["status"]), Path(__file__).name)
"""


@pytest.mark.slow
def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    """Workers do not run the user's script again."""
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "begun\n['finished', 'finished'] script.py\n", done.stderr


DRIVER = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import paribus.study  # registers what recipes name
from paribus.execution.local import Workers
from test_workers import job_of

def tick(board):
    if board[0, 0] > 0:
        print("trains", flush=True)

with Workers(1) as worker:
    worker.train([job_of(Path(), epochs=10**6)], print, tick)
"""


@pytest.mark.slow
def test_workers_end_with_their_driver(folder: Path) -> None:
    words = [sys.executable, "-c", DRIVER, str(Path(__file__).parent)]
    driver = subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, text=True)
    assert driver.stdout
    assert driver.stdout.readline() == "trains\n"
    workers = living(driver.pid)
    assert len(workers) == 2  # the worker, and what it was forked from
    driver.kill()  # and remains, as a zombie, until its status is read
    deadline = time.monotonic() + 60  # a busy machine takes its time to end the server that has imported torch
    while any(map(alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.1)
    left = [process for process in workers if alive(process)]
    for process in left:
        os.kill(process, signal.SIGKILL)
    driver.wait()
    driver.stdout.close()
    assert left == []
