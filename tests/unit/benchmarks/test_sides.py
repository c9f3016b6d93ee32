"""What is read from the output of the two sides."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.process import Finished, measure
from benchmarks.sides import Side, of_study, training_s

PLAIN = [
    (0.9, "0 of 5 runs stored, 5 to train"),
    (3.0, "3/5 runs  5.0 epochs/s  6.0 s left  best validation accuracy 50.00 %"),
    (7.4, "1,450 epochs in 6 min 2 s, 4.0 epochs/s"),
    (9.0, "a warning of some library"),
]
SEARCH = [
    (1.0, "tuning, bracket 1 of 2, rung 1 of 2: 0 of 3 runs stored, 3 to train"),
    (2.0, "tuning, bracket 1 of 2, rung 1 of 2: 3 epochs in 1.0 s, 3.00 epochs/s"),
    (2.5, "tuning, bracket 1 of 2, rung 2 of 2: 0 of 1 runs stored, 1 to train"),
    (4.0, "tuning, bracket 1 of 2, rung 2 of 2: 5 epochs in 1.5 s, 3.33 epochs/s"),
    (4.5, "0 of 4 runs stored, 4 to train"),
    (11.0, "20 epochs in 65 s, 3.2 s an epoch"),
]


def finished(summary: dict[str, Any], lines: list[tuple[float, str]]) -> Finished:
    return Finished(wall_s=12.5, peak_bytes=2**30, out=json.dumps(summary), lines=lines)


def run(variant: str, accuracy: float, epochs: int = 5) -> dict[str, Any]:
    return {"variant": variant, "epochs": epochs, "metrics": {"test_accuracy": accuracy, "test_loss": 1.0}}


def test_training_lasts_from_the_first_progress_to_the_last() -> None:
    assert training_s(PLAIN) == pytest.approx(6.5)
    assert training_s(SEARCH) == pytest.approx(10.0)


def test_without_progress_the_error_shows_what_was_said() -> None:
    with pytest.raises(RuntimeError, match="told no progress:\na warning of some library"):
        training_s(PLAIN[3:])


def test_a_study_without_factors() -> None:
    runs = [run("baseline", 0.9), run("baseline", 0.8)]
    summary = {"runs": runs, "variants": [{"name": "baseline", "parameters": 7}], "search": None}
    side = of_study(finished(summary, PLAIN))
    assert side == Side(12.5, pytest.approx(6.5), 10, 2**30, (0.9, 0.8), 7)
    assert side.speed == pytest.approx(10 / 6.5)


def test_of_a_search_its_epochs_count_too_and_the_last_level_is_the_score() -> None:
    runs = [run("recipe=default", 0.7), run("recipe=tuned", 0.9)]
    variants = [{"name": "recipe=default", "parameters": 7}, {"name": "recipe=tuned", "parameters": 9}]
    side = of_study(finished({"runs": runs, "variants": variants, "search": {"epochs": 17}}, SEARCH))
    assert (side.epochs, side.accuracy) == (27, (0.9,))


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that holds more each time, then less."""
    held = iter([10, 30, 20, *[5] * 1000])
    monkeypatch.setitem(sys.modules, "benchmarks.memory", SimpleNamespace(tree_bytes=lambda pid: next(held)))
    monkeypatch.setattr("benchmarks.process.TICK_S", 0.02)


@pytest.mark.usefixtures("memory")
def test_a_process_is_timed_and_its_lines_too() -> None:
    code = "import sys, time; sys.stderr.write('one\\n'); time.sleep(0.4); sys.stderr.write('two\\n'); print('out')"
    done = measure([sys.executable, "-S", "-c", code], {})
    assert done.out == "out\n"
    assert [line for _, line in done.lines] == ["one", "two"]
    (first, _), (second, _) = done.lines
    assert 0.35 < second - first <= done.wall_s
    assert done.peak_bytes == 30


@pytest.mark.usefixtures("memory")
def test_a_failing_process_is_an_error_with_its_last_words() -> None:
    with pytest.raises(RuntimeError, match=r"ended with 3:\nalas$"):
        measure([sys.executable, "-S", "-c", "import sys; sys.stderr.write('alas\\n'); sys.exit(3)"], {})
