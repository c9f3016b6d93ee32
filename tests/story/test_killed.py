"""Whatever the number of workers, and however often it is killed: the same numbers, to the last bit."""

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

WORDS = ["run", "tiny.yaml", "--set", "baseline.epochs=40", "--set", "factors.depth.levels=[1, 2, 3, 4]"]
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


def shown(cli, home: str) -> str:
    """`paribus show --json` without the only numbers that may differ."""
    done = cli("show", "tiny", "--json", "--home", home)
    assert done.code == 0
    text, count = re.subn(r'"seconds": [0-9.e-]+', '"seconds": 0', done.out)
    assert count == NUM_RUNS
    return text


def stored(text: str) -> int:
    return text.count('"status": "finished",\n   "epochs"')


@pytest.fixture
def undisturbed(cli) -> str:
    """What one worker comes to that nobody disturbs."""
    assert cli(*WORDS, "--home", "one", "--workers", "1").code == 0
    text = shown(cli, "one")
    assert stored(text) == NUM_RUNS
    return text


def test_killed_and_started_again(cli, folder: Path, undisturbed: str) -> None:
    moments = random.Random(20240501)
    seen = [0]
    for _ in range(3):
        driver = begin(folder, "--home", "killed", "--workers", "2")
        time.sleep(moments.uniform(0.2, 1.5))
        driver.kill()
        driver.communicate()
        seen.append(stored(shown(cli, "killed")))
        if seen[-1] == NUM_RUNS:
            break
    assert seen == sorted(seen)  # nothing that was stored is lost
    assert cli(*WORDS, "--home", "killed", "--workers", "2").code == 0
    assert shown(cli, "killed") == undisturbed
    assert not list((folder / "killed" / "runs").glob(".writing-*"))


def test_workers_killed(cli, folder: Path, undisturbed: str) -> None:
    """A worker that is killed is replaced, and its cohort trained once more: nobody need start anything again."""
    driver = begin(folder, "--home", "killed", "--workers", "1")
    time.sleep(random.Random(7).uniform(0.5, 1.0))
    for worker in grandchildren(driver.pid):
        os.kill(worker, signal.SIGKILL)
    out, _ = driver.communicate(timeout=60)
    assert driver.returncode == 0
    assert f"tiny: {NUM_RUNS} runs, {NUM_RUNS} finished" in out
    assert shown(cli, "killed") == undisturbed


def grandchildren(process: int) -> list[int]:
    """The workers: processes that the driver's server has forked."""
    text = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(line.split()[0]): int(line.split()[1]) for line in text.splitlines()}
    children = [child for child, parent in parents.items() if parent == process]
    return [child for child, parent in parents.items() if parent in children]


def test_control_c(cli, folder: Path, undisturbed: str) -> None:
    driver = begin(folder, "--home", "stopped", "--workers", "2", "--set", "seeds=2")
    time.sleep(0.7)
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
