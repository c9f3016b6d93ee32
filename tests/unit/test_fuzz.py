"""Broken and hostile inputs are accepted or refused in a letter; `scripts/fuzz.py` tells which are not."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from fuzz import OUTCOMES, chosen, read, table
from fuzz_targets import make_targets

FILES = ["csv", "csv.gz", "csv.xz", "npz", "parquet", "images", "texts", "idx", "cifar", "signs", "tar.gz"]
STUDIES = ["study", "study.json"]


def test_five_hundred_inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    targets = make_targets(tmp_path / "home", [*FILES, *STUDIES])
    ready: dict[str, Callable[[bytes], None]] = {}
    for target in targets:
        (tmp_path / target.name).mkdir()
        ready[target.name] = target.open(tmp_path / target.name)
    counts = Counter[str]()
    with warnings.catch_warnings(action="ignore"):  # as of NumPy about what it reads
        for number in range(500):
            target, data = chosen(targets, 0, number)
            outcome, told = read(ready[target.name], data)
            assert outcome != "other", (target.name, number, told)
            counts[outcome] += 1
    assert counts["accepted"] > 50
    assert counts["refused"] > 50


def test_an_input_follows_from_its_number(tmp_path: Path) -> None:
    found = [[chosen(make_targets(tmp_path, FILES), 3, number)[1] for number in range(20)] for _ in range(2)]
    assert found[0] == found[1]


def test_a_fault_is_told() -> None:
    def fails(_: bytes) -> None:
        raise KeyError("x")

    outcome, told = read(fails, b"")
    assert (outcome, told.startswith("KeyError test_fuzz.py:")) == ("other", True)
    assert table(Counter({("a", "other"): 2, ("a", "accepted"): 1})).splitlines()[1].split() == [
        "a", "3", "1", "0", "2", "0", "0", "0",
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the harness watches its children in /proc")
def test_thirty_thousand_inputs(tmp_path: Path) -> None:
    words = [sys.executable, "scripts/fuzz.py", "--inputs", "30000", "--seed", "5", "--out", str(tmp_path / "found")]
    done = subprocess.run(words, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert (done.returncode, len(OUTCOMES)) == (0, 6), done.stdout + done.stderr
