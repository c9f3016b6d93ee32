"""What the terminal shows of a result, from made-up numbers."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from paribus.cli.options import settings_with
from paribus.cli.outcome import print_outcome


def test_seeds_is_short_for_a_setting() -> None:
    assert settings_with(["a=1"], None) == ["a=1"]
    assert settings_with(["a=1"], 3) == ["a=1", "seeds=3"]


def run(variant: str, seed: int, status: str, accuracy: float | None = None) -> dict[str, Any]:
    metrics = {} if accuracy is None else {"test_accuracy": accuracy}
    return {"variant": variant, "seed": seed, "status": status, "metrics": metrics}


def outcome(status: str, second: dict[str, Any]) -> Any:
    contrast = {
        "factor": "depth", "level": "2", "reference": "1", "n": 1, "difference": 0.01, "ci_low": None, "ci_high": None,
        "verdict": "undecided", "caveats": ["C01 only 1 seed"],
    }  # fmt: skip
    variants = [
        {"variant": "baseline", "mean": 0.9, "ci_low": 0.88, "ci_high": 0.92},
        {"variant": "depth=2", "mean": float("nan"), "ci_low": float("nan"), "ci_high": float("nan")},
    ]
    summary = {
        "study": "a",
        "status": status,
        "runs": [run("baseline", 0, "finished", 0.9), second],
        "contrasts": [contrast],
    }
    failures = ["depth=2, seed 0: ValueError: no luck in [/tmp] :x:"] if second["status"] == "failed" else []
    verdicts = ["depth 2 against depth 1 is undecided"]
    seeds = pd.DataFrame([{**row, **row["metrics"]} for row in summary["runs"]])
    return SimpleNamespace(
        seeds=seeds,
        overview=summary,
        metric="accuracy",
        is_quick_look=status == "interrupted",
        frozen="This study was [frozen]." if status == "finished" else "",
        means=pd.DataFrame(variants),
        verdicts=verdicts,
        ladder="Verdicts were looked for at 2, 4 seeds.",
        sources="",
        failures=failures,
        unscored=["No test ROC AUC: class [3] has no rows (1 run)"] if second["status"] == "finished" else [],
        search=["Search (grid): 2 trials, 4 epochs in all.", "Winner: trial 1.", "Widen it."],
    )


@pytest.mark.parametrize("status", ["finished", "interrupted"])
@pytest.mark.parametrize("second", ["failed", "diverged", "interrupted"])
def test_outcome(capsys: pytest.CaptureFixture[str], status: str, second: str) -> None:
    print_outcome(outcome(status, run("depth=2", 0, second)))
    text = capsys.readouterr().out
    lines = [line.split() for line in text.splitlines()]
    assert f"a: 2 runs, 1 finished, 1 {second}" in text
    assert ("\n\nThis study was [frozen].\n\n" in text) == (status == "finished")
    assert ["baseline", "90.00", "90.00", "88.00", "to", "92.00"] in lines
    told = "\nSearch (grid): 2 trials, 4 epochs in all.\nWinner: trial 1.\nVerdicts were looked for at 2, 4 seeds.\n\n"
    assert told in text
    assert ["depth=2", second, "-", "-"] in lines
    assert ["depth", "2", "against", "1", "1", "+1.00", "-", "undecided", "C01"] in lines
    assert "- depth 2 against depth 1 is undecided.\n" in text
    assert ("failed depth=2, seed 0: ValueError: no luck in [/tmp] :x:\n" in text) == (second == "failed")
    assert ("Not all runs are stored" in text) == (status == "interrupted")
    assert ("a is a quick look" in text) == (status == "interrupted")


def test_a_run_that_finished_without_a_score(capsys: pytest.CaptureFixture[str]) -> None:
    print_outcome(outcome("finished", run("depth=2", 0, "finished")))
    text = capsys.readouterr().out
    assert ["depth=2", "-", "-", "-"] in [line.split() for line in text.splitlines()]
    assert "no score No test ROC AUC: class [3] has no rows (1 run)\n" in text
