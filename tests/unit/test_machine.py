"""What a machine does is measured once, in a process of its own, and remembered."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paribus import environment, machine
from paribus.machine import UNKNOWN, Machine, Throughput

FOUND = {"dense": {"fp32": 56.0, "bf16": 56.0}, "images": {"fp32": 50.0, "bf16": 1.0}}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    machine.machine.cache_clear()
    yield tmp_path / "paribus"
    machine.machine.cache_clear()


def again() -> Machine:
    machine.machine.cache_clear()
    return machine.machine()


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the processes that measure will print, from the last to the first."""
    outputs = [FOUND]
    monkeypatch.setattr(machine, "_measured", outputs.pop)
    return outputs


def test_it_is_measured_once(measured: list[dict[str, Any]], cache: Path) -> None:
    first = machine.machine()
    assert first == Machine(Throughput(56.0, 56.0), Throughput(50.0, 1.0))
    assert again() == first
    assert not measured
    (file,) = cache.iterdir()
    assert json.loads(file.read_text())["torch"] == environment.instructions()["torch"]


def test_other_instructions_are_another_machine(
    measured: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.machine()
    measured.append({**FOUND, "dense": {"fp32": 30.0, "bf16": 30.0}})
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "SSE41")
    assert again().dense == Throughput(30.0, 30.0)


@pytest.mark.parametrize("text", ["", "{}", '{"dense": 1, "images": 2}', '{"dense": {"fp32": "a"}}', "[1]", "\x00"])
def test_a_file_that_says_nothing_is_measured_again(text: str, measured: list[dict[str, Any]]) -> None:
    machine.remembered().parent.mkdir()
    machine.remembered().write_text(text)
    assert machine.machine().dense == Throughput(56.0, 56.0)
    assert not measured


def test_what_cannot_be_kept_is_measured_each_time(measured: list[dict[str, Any]], cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    measured.append(FOUND)
    assert machine.machine() == again()
    assert not measured


@pytest.mark.parametrize("failed", [OSError("no fork"), subprocess.TimeoutExpired("python", 1), ValueError("no JSON")])
def test_what_cannot_be_measured_is_unknown(failed: Exception, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    def fail() -> None:
        raise failed

    monkeypatch.setattr(machine, "_measured", fail)
    assert machine.machine() is UNKNOWN
    assert not cache.exists()
    assert not UNKNOWN.dense.gains
    assert not UNKNOWN.images.emulates


def test_the_measurement_sees_what_instructions_are_allowed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise SystemExit('a stranger in the folder')")
    monkeypatch.chdir(tmp_path)
    for name, value in (("ATEN_CPU_CAPABILITY", "avx2"), ("ONEDNN_MAX_CPU_ISA", "AVX2")):
        monkeypatch.setenv(name, value)
    found = machine.machine()
    assert found.images.emulates
    assert found.images.fp32 > 1
    assert not found.dense.gains
    assert [*machine.remembered().parent.iterdir()] == [machine.remembered()]
