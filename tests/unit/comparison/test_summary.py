"""From stored rows to what `paribus show --json` prints."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from paribus.comparison.summary import summarize
from paribus.store.records.run import Status, StoredRun
from paribus.store.records.study import StudyRecord
from tests.made_up import run_of, study_of


def record(frozen: Any = None, **dataset: Any) -> StudyRecord:
    levels = [("1", "depth=1", False), ("2", "baseline", True)]
    values = {
        "spec": {"name": "s", "metric": "accuracy", "margin": 0.01, "seeds": 3, "factors": {"depth": {}}},
        "dataset": {"overlap": 0, **dataset},
        "variants": {name: {"recipe": {}, "parameters": 1} for _, name, _ in levels},
        "levels": [{"factor": "depth", "label": a, "variants": [b], "is_reference": c} for a, b, c in levels],
        "runs": [{"key": f"{b}{seed}", "variant": b, "seed": seed} for _, b, _ in levels for seed in (0, 1, 2)],
        "frozen": frozen,
    }
    return study_of(values)


def rows(best_epoch: int = 5, validation: float = 0.1, **other: Any) -> dict[str, StoredRun]:
    scores = {"depth=1": [0.90, 0.91, 0.89], "baseline": [0.80, 0.82, 0.79]}
    recipe = {"data": {"validation": validation}, "epochs": 10}
    found = {
        f"{name}{seed}": run_of(f"{name}{seed}", best_epoch=best_epoch, recipe=recipe, metrics={"test_accuracy": score})
        for name, values in scores.items()
        for seed, score in enumerate(values)
    }
    for key, status in other.items():
        found[key] = replace(found[key], status=Status(status), metrics={})
    return found


def codes(found: dict[str, Any]) -> list[str]:
    return [text.split()[0] for text in found["contrasts"][0]["caveats"]]


def test_a_finished_study() -> None:
    found = summarize(record(), rows())
    assert (found["study"], found["status"]) == ("s", "finished")
    (contrast,) = found["contrasts"]
    assert (contrast["level"], contrast["reference"], contrast["n"], contrast["metric"]) == (
        "1",
        "2",
        3,
        "test_accuracy",
    )
    assert contrast["difference"] == pytest.approx((0.10 + 0.09 + 0.10) / 3)
    assert contrast["verdict"] == "better"
    assert codes(found) == ["C01"]


def test_a_run_that_is_not_stored_is_interrupted_and_its_pair_missing() -> None:
    left = rows()
    del left["baseline1"]
    found = summarize(record(), left)
    assert found["status"] == "interrupted"
    assert [run["status"] for run in found["runs"]].count("interrupted") == 1
    assert found["contrasts"][0]["n"] == 2
    assert "C02" in codes(found)


@pytest.mark.parametrize("status", ["diverged", "failed"])
def test_a_run_without_a_score_is_counted_not_dropped(status: str) -> None:
    found = summarize(record(), rows(**{"depth=12": status}))
    assert found["status"] == "finished"
    assert found["contrasts"][0]["n"] == 2
    assert any(text.startswith("C02 1 of 3") for text in found["contrasts"][0]["caveats"])


@pytest.mark.parametrize(
    ("dataset", "given", "code"),
    [
        ({"overlap": 7}, {}, "C04"),
        ({"notes": ["Do not believe it."]}, {}, "C09"),
        ({}, {"best_epoch": 10}, "C03"),
    ],
)
def test_doubts_from_training_and_data(dataset: dict[str, Any], given: dict[str, Any], code: str) -> None:
    assert code in codes(summarize(record(**dataset), rows(**given)))


def test_without_validation_rows_no_epoch_is_late() -> None:
    assert "C03" not in codes(summarize(record(), rows(best_epoch=10, validation=0.0)))


def test_numbers_that_do_not_exist_are_null() -> None:
    found = summarize(record(), {})
    contrast = found["contrasts"][0]
    assert (contrast["n"], contrast["difference"], contrast["ci_low"]) == (0, None, None)


def test_a_frozen_plan_is_told_without_its_document() -> None:
    told = {"hash": "ab", "time": "2026-01-01T00:00:00+00:00", "status": "changed", "changes": ["seeds"]}
    assert summarize(record({**told, "content": {"seeds": [0]}}), rows())["frozen"] == told
    assert summarize(record(), rows())["frozen"] is None
