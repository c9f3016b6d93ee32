"""Two programs that run one study: the second waits, and everybody can see who it is."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from paribus.errors import StoreError
from paribus.store import running
from paribus.store.running import driving, runner

OTHER = """
import sys, time
from pathlib import Path
from paribus.store.running import driving
with driving(Path("home"), {"a", "b"}, quiet=False):
    print("holds", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Another process that runs the studies a and b."""
    monkeypatch.chdir(tmp_path)
    with subprocess.Popen([sys.executable, "-c", OTHER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "holds\n"
        yield process
        process.kill()


def test_everybody_sees_who_runs_a_study(other: subprocess.Popen[str]) -> None:
    home = Path("home")
    told = runner(home, "a")
    assert told.startswith(f"process {other.pid} on {os.uname().nodename} since 20")
    assert runner(home, "b") == told
    assert runner(home, "c") == ""
    other.kill()
    other.wait()
    assert runner(home, "a") == ""  # whatever it left


def test_the_second_waits_and_leaves_nothing(other: subprocess.Popen[str], capsys: pytest.CaptureFixture[str]) -> None:
    threading.Timer(0.5, lambda: os.kill(other.pid, signal.SIGKILL)).start()
    begun = time.monotonic()
    with driving(Path("home"), ["b", "c", "b"], quiet=False):
        assert time.monotonic() - begun > 0.4
        assert runner(Path("home"), "b").startswith(f"process {os.getpid()} on ")
    assert capsys.readouterr().err.count(f"b is being run by process {other.pid} on ") == 1
    assert not runner(Path("home"), "b")
    with driving(Path("home"), ["a"], quiet=True):
        pass
    assert not Path("home", "running").exists()


def test_one_study_is_no_matter_to_another(other: subprocess.Popen[str], capsys: pytest.CaptureFixture[str]) -> None:
    with driving(Path("home"), ["c"], quiet=False):
        pass
    assert capsys.readouterr().err == ""


def test_two_threads_take_turns(tmp_path: Path) -> None:
    inside: list[int] = []

    def run() -> None:
        for _ in range(20):
            with driving(tmp_path, ["a"], quiet=True):
                inside.append(1)
                assert len(inside) == 1
                inside.pop()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not inside
    assert not (tmp_path / "running").exists()


def test_whatever_the_holder_wrote_is_only_shown(tmp_path: Path) -> None:
    with driving(tmp_path, ["a"], quiet=True):
        path = running._path(tmp_path, "a")
        for text in ("", "[]", "{", '{"process": "x"}', json.dumps({"process": 1, "host": "h" * 999, "since": None})):
            path.write_text(text)
            assert len(runner(tmp_path, "a")) < 200


def test_where_nothing_can_be_written_a_letter_says_so(tmp_path: Path) -> None:
    with driving(tmp_path, ["a"], quiet=True):
        pass
    (tmp_path / "running").write_text("a file")
    with pytest.raises(StoreError, match=r"Cannot write .*/running"), driving(tmp_path, ["a"], quiet=True):
        pass
