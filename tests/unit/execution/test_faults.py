"""What a model may do to its worker, and what is then said; the others' runs never suffer."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_workers import alive, finish, folder, job_of, living
from traps import (
    Full,
    Misdeed,
    Trap,
    close_files,
    end_server,
    end_server_and_itself,
    exit_program,
    fault,
    go_twice,
    interrupt,
    leave,
    need_memory,
    print_much,
    raise_much,
    wait_for_ever,
)

from paribus.errors import RunError, StoreError
from paribus.execution import forking, process, waiting
from paribus.execution.local import Workers
from paribus.execution.messages import LIMIT, limited
from paribus.execution.process import Output, Worker
from paribus.store import RunRecord
from paribus.training.job import Job

__all__ = ["folder"]


def last_line(records: list[RunRecord]) -> str:
    return records[0].message.splitlines()[-1]


def doing(folder: Path, do: Callable[[], Any], width: int = 4) -> Job:
    """A job of one run."""
    job = job_of(Misdeed(folder, do), width=width)
    return replace(job, runs=job.runs[:1])


def statuses(results: list[list[RunRecord]]) -> list[str]:
    return ["".join({str(record.status) for record in records}) for records in results]


@pytest.mark.slow
def test_whatever_models_do_the_study_ends_and_others_finish(folder: Path) -> None:
    deeds = [leave, fault, raise_much, close_files]
    jobs = [doing(folder, do, width) for width, do in enumerate(deeds, start=4)]
    results = finish([job_of(folder, width=2), *jobs, job_of(folder, width=3)])
    assert statuses(results) == ["finished", "failed", "failed", "failed", "failed", "finished"]
    left, faulted, raised, closed = results[1:-1]
    assert last_line(left).startswith("The worker process ended with exit code 3; it was tried 2 times. It had 0.")
    assert "The worker process was ended by signal 11 (SIGSEGV), which the system sends when" in last_line(faulted)
    assert "Fatal Python error: Segmentation fault" in faulted[0].message
    assert " in fault\n" in faulted[0].message  # where in the program it was
    assert "Extension modules" not in faulted[0].message
    assert len(raised[0].message) <= LIMIT
    assert "characters are left out" in raised[0].message
    assert raised[0].message.strip().endswith("xends")
    assert "closed its pipe to this program" in last_line(closed)


def test_exit_of_the_program_is_an_error_like_others(folder: Path) -> None:
    ((first,),) = finish([doing(folder, exit_program)], workers=1)
    assert first.message.startswith("Traceback")
    assert first.message.strip().endswith("SystemExit: enough")


def test_where_the_server_is_killed_healthy_runs_finish(folder: Path) -> None:
    jobs = [doing(folder, end_server, width=4), doing(folder, end_server_and_itself, width=5)]
    results = finish([job_of(folder, width=2), *jobs, job_of(folder, width=3), job_of(folder, width=6)])
    assert statuses(results) == ["finished", "finished", "failed", "finished", "finished"]
    assert "it was tried 2 times" in last_line(results[2])


def test_a_process_that_a_model_forks_goes_no_further(folder: Path) -> None:
    finish([job_of(folder)])  # what workers are forked from stays
    before = living(os.getpid())
    assert statuses(finish([doing(folder, go_twice)], workers=1)) == ["finished"]
    deadline = time.monotonic() + 10
    while living(os.getpid()) > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert living(os.getpid()) == before


def four(data: Any) -> Job:
    """A job of four runs."""
    job = job_of(data)
    runs = tuple(replace(job.runs[0], key=f"4-{seed}", seed=seed) for seed in range(4))
    return replace(job, runs=runs)


@pytest.mark.parametrize("trap", [Trap, Full], ids=["killed by the system", "an error says so"])
def test_where_memory_runs_out_half_of_the_runs_are_tried(folder: Path, trap: Any) -> None:
    """All four, a pair, each of that alone, and the other pair."""
    data = Trap(folder, "killed", deaths=2) if trap is Trap else Full(folder, "full", times=2)
    (records,) = finish([four(data)], workers=1)
    assert data.attempts == 5
    (twins,) = finish([four(folder)], workers=1)
    assert [run.status for run in records] == ["finished"] * 4
    for run, twin in zip(records, twins, strict=True):
        assert run.metrics == twin.metrics
        for name, values in twin.weights.items():
            np.testing.assert_array_equal(run.weights[name], values)


def test_a_run_without_enough_memory_alone_says_what_it_needed(folder: Path) -> None:
    failed, other = finish([doing(folder, need_memory), job_of(folder, width=5)])
    assert {run.status for run in failed} == {"failed"}
    assert "There was not enough memory, of " in last_line(failed)
    assert "Unable to allocate 8.00 PiB" in last_line(failed)
    assert {run.status for run in other} == {"finished"}


def test_a_stuck_model_is_stopped_and_others_finish(folder: Path) -> None:
    with Workers(2, run_timeout_s=3.0) as workers:
        records: list[RunRecord] = []
        workers.train([doing(folder, wait_for_ever), job_of(folder, width=5)], records.extend, lambda board: None)
    failed = [run for run in records if run.status == "failed"]
    assert [run.key for run in failed] == ["4-0"]
    assert len(records) == 3
    assert "The run was stopped after 3.0 s, the limit that --run-timeout (run_timeout) sets." in last_line(failed)
    assert " in wait_for_ever\n" in failed[0].message  # where it is stuck


def test_no_epoch_takes_for_ever(folder: Path) -> None:
    job, limits = replace(job_of(folder, epochs=10)), waiting.Limits()
    slow = replace(job, runs=tuple(replace(run, time_s=1000.0) for run in job.runs))
    assert not limits.passed(job, silent_s=1800, busy_s=1e6)
    assert "no epoch ended for 30 min 1 s, where 0.0 s were expected" in limits.passed(job, 1801, 1801)
    assert not limits.passed(slow, silent_s=20_000, busy_s=1e6)  # 2 * 100 s an epoch are expected
    assert limits.passed(slow, silent_s=20_001, busy_s=1e6)


def test_what_a_worker_prints_is_shown_up_to_a_limit(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (records,) = finish([doing(folder, print_much)], workers=1)
    assert {run.status for run in records} == {"finished"}
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("y" * 1000 + "\n")
    assert err.endswith(f"[{1001 * 1000 + 8 - LIMIT:,} more bytes were printed]\n")
    assert len(err) < LIMIT + 100


def test_what_is_printed_is_shown_by_lines(capsys: pytest.CaptureFixture[str]) -> None:
    said = Output()
    for part in ("caf\N{LATIN SMALL LETTER E WITH ACUTE}".encode()[:4], b"\xa9 a", b"b\nc"):
        said.take(part)
    assert capsys.readouterr().err == "caf\N{LATIN SMALL LETTER E WITH ACUTE} ab\n"
    said.end()
    assert capsys.readouterr().err == "c\n"
    said.take(b"anew\n")
    assert capsys.readouterr().err == "anew\n"


def test_long_texts_keep_their_beginning_and_end() -> None:
    assert limited("x" * LIMIT) == "x" * LIMIT
    text = limited("a" + "x" * 100_000 + "z")
    assert len(text) <= LIMIT
    assert text[0] + text[-1] == "az"
    assert f"[{100_002 - 2 * (LIMIT // 2 - 50):,} characters are left out]" in text


def test_idle_workers_that_die_are_replaced(folder: Path) -> None:
    finish([job_of(folder)])  # what workers are forked from stays
    before = living(os.getpid())
    records: list[RunRecord] = []
    with Workers(1) as workers:
        for width in (4, 5):
            workers.train([job_of(folder, width=width)], records.extend, lambda board: None)
            for number in living(os.getpid()) - before:
                os.kill(number, signal.SIGKILL)
    assert {run.status for run in records} == {"finished"}
    assert len(records) == 4


def test_a_full_disk_ends_the_study(folder: Path) -> None:
    job = replace(job_of(folder, epochs=6), checkpoints=folder / "x_train.npy")
    parts = replace(job, runs=(replace(job.runs[0], until=3),))
    with pytest.raises(StoreError, match=r"Cannot write .*x_train.npy/4-0"), Workers(1) as workers:
        workers.train([parts], lambda _: None, lambda _: None)


def test_a_server_that_is_killed_while_it_imports_is_started_again(folder: Path) -> None:
    """Each takes with it what two workers were to be."""
    forking._end()
    before, kills = living(os.getpid()), 0

    def kill(board: np.ndarray) -> None:
        nonlocal kills
        if kills < 2 and (servers := living(os.getpid()) - before):
            kills += 1
            for server in servers:
                os.kill(server, signal.SIGKILL)

    records: list[RunRecord] = []
    with Workers(2) as workers:
        workers.train([job_of(folder), job_of(folder, width=5)], records.extend, kill)
    assert kills == 2
    assert [run.status for run in records] == ["finished"] * 4


def test_what_cannot_be_imported_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "torch.py").write_text("raise ImportError('no such luck')")
    forking._end()
    monkeypatch.syspath_prepend(folder)
    with pytest.raises(RunError, match=r"Workers cannot be started: .* failed:\n(.|\n)*no such luck"):
        finish([job_of(folder)])
    forking._end()


@pytest.mark.slow
def test_where_processes_cannot_be_forked_they_are_spawned(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "_forks", lambda: False)
    trap = Trap(folder, "killed", deaths=1)
    job = job_of(trap)
    assert statuses(finish([replace(job, runs=job.runs[:1])], workers=1)) == ["finished"]
    assert trap.attempts == 2


def test_in_this_process_the_bits_are_the_same(folder: Path) -> None:
    import torch

    before = torch.get_num_threads(), torch.get_float32_matmul_precision()
    jobs = [job_of(folder, epochs=3, width=width) for width in (4, 5)]
    here, there = finish(jobs, workers=0), finish(jobs, workers=2)
    for run, twin in zip(sum(here, []), sum(there, []), strict=True):
        assert run.metrics == twin.metrics
        assert run.engine == twin.engine
        for name, values in twin.weights.items():
            np.testing.assert_array_equal(run.weights[name], values)
    assert before == (torch.get_num_threads(), torch.get_float32_matmul_precision())


def test_in_this_process_an_error_fails_its_cohort_alone(folder: Path) -> None:
    before = living(os.getpid())
    results = finish(
        [doing(folder, raise_much), doing(folder, need_memory, width=5), job_of(folder, width=6)], workers=0
    )
    assert statuses(results) == ["failed", "failed", "finished"]
    assert "Unable to allocate 8.00 PiB" in last_line(results[1])
    assert living(os.getpid()) == before


def test_where_bits_would_be_others_nothing_trains(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paribus.training.precision._bits", lambda *size: [b"one", b"other"])
    with pytest.raises(RunError, match=r"workers: 0 cannot train here, .* Import paribus first, or use workers: 1"):
        finish([job_of(folder)], workers=0)


def test_in_this_process_control_c_ends_all(folder: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        finish([doing(folder, interrupt)], workers=0)


def test_a_worker_that_stops_in_a_message_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_PATIENCE_S", 1)
    worker = Worker()
    try:
        with pytest.raises(BlockingIOError):
            worker._pipe.recv()
    finally:
        worker.kill()
        worker.release()


DRIVER = """
import os, resource, sys
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 2000), most))
files = [open(os.devnull) for _ in range(min(most, 2000) - 900)]  # numbers from 1024 on, which `select` does not take
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import paribus.study  # registers what recipes name
from test_workers import finish, job_of
print([run.status.value for run in finish([job_of(Path())], workers=1)[0]])
"""


@pytest.mark.slow
def test_a_deep_temporary_directory_is_no_matter_and_stays_empty(folder: Path) -> None:
    deep = folder / ("d" * 120) / ("e" * 120)
    deep.mkdir(parents=True)
    words = [sys.executable, "-c", DRIVER, str(Path(__file__).parent)]
    done = subprocess.run(
        words, cwd=folder, env={**os.environ, "TMPDIR": str(deep)}, capture_output=True, text=True, check=False
    )
    assert done.stdout == "['finished', 'finished']\n", done.stderr
    assert not list(deep.iterdir())


def test_the_server_holds_no_output_and_ends_while_it_imports(folder: Path) -> None:
    code = "from paribus.execution.forking import warm_up; warm_up(); print(flush=True); input()"
    pipe: Any = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, stderr=pipe, text=True) as driver:
        assert driver.stdout
        driver.stdout.readline()
        (server,) = living(driver.pid)
        driver.kill()
        begun = time.monotonic()
        driver.communicate()  # until nobody holds them
    while alive(server) and time.monotonic() < begun + 10:
        time.sleep(0.02)
    assert not alive(server)
    assert time.monotonic() - begun < 1.0  # importing takes longer
