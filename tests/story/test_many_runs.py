"""A home of made-up runs is as one of trained runs: nothing is left to train, and all of it is shown."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fill_home import fill

from paribus.study import Study


def test_a_filled_home_needs_no_training(folder: Path, cli: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paribus.probing.probe.embed", lambda features: None)  # which takes seconds
    assert fill(Path("home"), Path("tiny.yaml"), 4) == 12
    (ahead,) = Study.open("tiny.yaml", ["seeds=4"]).plan("home")
    assert ahead.stored == ahead.plan.keys
    done = cli("run", "tiny.yaml", "--seeds", "4", "--home", "home")
    assert (done.code, done.err) == (0, "")
    assert "12 runs, 12 finished" in done.out
    page = Path("home/reports/tiny.html")
    written = page.stat().st_ino
    assert cli("run", "tiny.yaml", "--seeds", "4", "--home", "home").out == done.out
    assert page.stat().st_ino == written
    assert cli("report", "tiny", "--home", "home").code == 0
    assert page.stat().st_ino != written
