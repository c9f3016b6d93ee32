"""Whatever the number of workers, and however often it is killed: the same numbers, to the last bit."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from paribus import Study

SETTINGS = ["baseline.epochs=400", "factors.depth.levels=[1, 2, 3, 4]"]
WORDS = ["run", "tiny.yaml", *(word for setting in SETTINGS for word in ("--set", setting))]
NUM_RUNS = 10


def begin(folder: Path, *words: str) -> subprocess.Popen[str]:
    """Start a run in a process group of its own, as a terminal does, and wait until it trains."""
    program = Path(sys.executable).with_name("paribus")
    pipe: Any = subprocess.PIPE
    driver = subprocess.Popen(
        [program, *WORDS, *words], cwd=folder, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )
    assert driver.stderr
    assert driver.stderr.readline().endswith("to train\n")
    return driver


def wait_for_workers(driver: subprocess.Popen[str]) -> None:
    """Until one has been started and so trains."""
    while driver.poll() is None and not grandchildren(driver.pid):
        time.sleep(0.05)


def grandchildren(process: int) -> list[int]:
    """The workers: processes that the driver's server has forked."""
    text = subprocess.run(["ps", "-eo", "pid=,ppid=,comm="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=2) for line in text.splitlines()]
    children = [child for child, parent, _ in rows if parent == str(process)]
    return [int(child) for child, parent, name in rows if parent in children and name.startswith("python")]


def shown(cli, home: str) -> str:
    """`paribus show --json`."""
    done = cli("show", "tiny", "--json", "--home", home)
    assert done.code == 0
    return timeless(done.out)


def timeless(text: str) -> str:
    """Without the only numbers that may differ."""
    text, count = re.subn(r'"seconds": [0-9.e-]+', '"seconds": 0', text)
    assert count == NUM_RUNS
    return text


def stored(text: str) -> int:
    return text.count('"status": "finished",\n   "epochs"')


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, tiny: str) -> str:
    """What one worker comes to that nobody disturbs."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "tiny.yaml").write_text(tiny)
    result = Study.open(str(folder / "tiny.yaml"), SETTINGS).run(folder / "home", workers=1, quiet=True)
    text = timeless(json.dumps(result.summary, indent=1) + "\n")
    assert stored(text) == NUM_RUNS
    return text


@pytest.mark.slow
def test_killed_and_started_again(cli, folder: Path, undisturbed: str) -> None:
    moments = random.Random(20240501)
    seen = [0]
    for _ in range(2):
        driver = begin(folder, "--home", "killed", "--workers", "2")
        wait_for_workers(driver)
        time.sleep(moments.uniform(0.1, 0.8))
        driver.kill()
        driver.communicate()
        seen.append(stored(shown(cli, "killed")))
    assert seen == sorted(seen)  # nothing that was stored is lost
    assert seen[-1] < NUM_RUNS
    assert cli(*WORDS, "--home", "killed", "--workers", "2").code == 0
    assert shown(cli, "killed") == undisturbed
    assert not list((folder / "killed" / "runs").glob(".writing-*"))


@pytest.mark.slow
def test_workers_killed(cli, folder: Path, undisturbed: str) -> None:
    """A worker that is killed is replaced, and its cohort trained once more: nobody need start anything again."""
    driver = begin(folder, "--home", "killed", "--workers", "1")
    wait_for_workers(driver)
    time.sleep(random.Random(7).uniform(0.2, 0.7))
    for worker in grandchildren(driver.pid):
        os.kill(worker, signal.SIGKILL)
    out, _ = driver.communicate(timeout=60)
    assert driver.returncode == 0
    assert f"tiny: {NUM_RUNS} runs, {NUM_RUNS} finished" in out
    assert shown(cli, "killed") == undisturbed


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before workers are there", "in training"])
def test_control_c(cli, folder: Path, undisturbed: str, moment: str) -> None:
    driver = begin(folder, "--home", "stopped", "--workers", "2")
    if moment == "in training":
        wait_for_workers(driver)
        time.sleep(0.3)
    os.killpg(driver.pid, signal.SIGINT)  # a terminal sends it to the workers too
    out, err = driver.communicate(timeout=20)
    assert driver.returncode == 130, err
    assert out == ""
    assert err.endswith("\nInterrupted. What finished is stored; the same command goes on from there.\n")
    assert "Traceback" not in err
    text = shown(cli, "stopped")
    assert '"status": "interrupted"' in text
    assert "Not all runs are stored" in cli("show", "tiny", "--home", "stopped").out
    done = cli(*WORDS, "--home", "stopped", "--workers", "2")
    assert done.code == 0
    assert done.err.startswith(f"{stored(text)} of {NUM_RUNS} runs stored")
    assert shown(cli, "stopped") == undisturbed


@pytest.mark.slow
def test_two_drivers_of_one_study(cli, folder: Path, undisturbed: str) -> None:
    """The second says who runs it, waits, and finds everything stored; meanwhile all verbs say that it runs."""
    first = begin(folder, "--home", "shared", "--workers", "1")
    who = rf"tiny is being run by process {first.pid} on \S+ since \d{{4}}-\d\d-\d\d \d\d:\d\d"
    assert json.loads(cli("list", "--home", "shared", "--json").out)[0]["status"] == "running"
    assert json.loads(cli("show", "tiny", "--home", "shared", "--json").out)["status"] == "running"
    assert re.search(rf"\n{who}\.\n", cli("show", "tiny", "--home", "shared").out)
    second = cli(*WORDS, "--home", "shared", "--workers", "1")
    assert second.code == 0
    assert re.match(rf"{who}: this waits for its end, then goes on from there. Ctrl-C leaves.\n", second.err)
    assert "to train" not in second.err
    first.communicate()
    assert first.returncode == 0
    assert shown(cli, "shared") == undisturbed
    assert json.loads(cli("list", "--home", "shared", "--json").out)[0]["status"] == "finished"


LISTENS = """
import paribus.cli.main as main
listen = main._Signals.listen
main._Signals.listen = lambda self: (listen(self), print("listens", flush=True))
main.main()
"""


@pytest.mark.parametrize(("name", "after_s"), [("INT", 0.0), ("INT", 0.3), ("HUP", 0.6), ("TERM", 1.5)])
def test_a_signal_before_anything_is_there(folder: Path, name: str, after_s: float) -> None:
    """While the command and what workers are forked from still import: no traceback, and the output is let go."""
    number, pipe = getattr(signal, f"SIG{name}"), subprocess.PIPE
    words = [sys.executable, "-c", LISTENS, *WORDS]
    with subprocess.Popen(words, cwd=folder, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as driver:
        assert driver.stdout
        assert driver.stdout.readline() == "listens\n"
        time.sleep(after_s)
        os.killpg(driver.pid, number)
        out, err = driver.communicate(timeout=20)
    what = "Interrupted." if name == "INT" else f"Ended by SIG{name}."
    begun = f"0 of {NUM_RUNS} runs stored, {NUM_RUNS} to train\n"  # on a fast machine it has come that far
    assert err.removeprefix(begun) == f"\n{what} What finished is stored; the same command goes on from there.\n"
    assert out == ""
    assert driver.returncode == 128 + number


@pytest.mark.slow
def test_ended_by_the_system_in_training_it_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(folder / "temporary"))
    driver = begin(folder, "--home", "stopped", "--workers", "2")
    wait_for_workers(driver)
    workers = grandchildren(driver.pid)
    driver.terminate()
    _, err = driver.communicate(timeout=20)
    assert err.endswith("\nEnded by SIGTERM. What finished is stored; the same command goes on from there.\n")
    assert driver.returncode == 143
    assert not list((folder / "temporary").iterdir())
    assert not (folder / "stopped" / "running").exists()
    for worker in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)


SWALLOWED = """
import os, signal, time
from paribus.cli.main import _Signals, _Stopped

class Finalized:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGHUP)
        time.sleep(0.05)

_Signals().listen()
try:
    Finalized()
    time.sleep(5)
except _Stopped:
    signal.setitimer(signal.ITIMER_REAL, 0)
    print("stopped")
"""


def test_a_signal_that_a_finalizer_swallows_comes_again() -> None:
    done = subprocess.run([sys.executable, "-c", SWALLOWED], capture_output=True, text=True, check=True)
    assert done.stdout == "stopped\n"
