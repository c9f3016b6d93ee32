"""A rung's survivor goes on from its stored state, and has the weights of the same trial trained straight through."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paribus import Study
from paribus.spec.tune import SEEDS_FROM
from paribus.store import Store

SPACE: dict[str, Any] = {
    "model.depth": [1, 2],
    "model.dropout": {"low": 0.0, "high": 0.5},
    "optimizer.lr": {"low": 1e-3, "high": 1e-1, "log": True},
    "schedule": [{"kind": "constant"}, {"kind": "cosine"}, {"kind": "exponential"}],
}


def study(**changes: Any) -> Study:
    values = {
        "name": "survivor",
        "data": {"source": "digits", "validation": 0.2},
        "baseline": {"model": {"kind": "mlp", "width": 8}, "batch_size": 128, "epochs": 1},
        "seeds": 1,
        **changes,
    }
    return Study.model_validate(values)


def test_a_survivor_equals_the_trial_trained_at_once(tmp_path: Path) -> None:
    levels = {"default": {}, "tuned": {"tuned": True}}
    searched = study(factors={"recipe": {"levels": levels}}, tune={"space": SPACE, "max_epochs": 4, "factor": 2})
    result = searched.run(tmp_path / "searched", quiet=True)
    search = result.summary["search"]
    climbed = [trial for trial in search["trials"] if len(trial["scores"]) > 1 and "4" in trial["scores"]]
    assert climbed
    points = {f"trial {trial['number']}": {**trial["point"], "epochs": 4} for trial in climbed}
    direct = study(factors={"trial": {"levels": {"default": {}, **points}}}, seeds=[SEEDS_FROM])
    straight = direct.run(tmp_path / "straight", quiet=True)
    stores = [Store(tmp_path / home) for home in ("searched", "straight")]
    for trial in climbed:
        key = trial["keys"][-1]
        ours, theirs = (store.weights(key) for store in stores)
        assert ours.keys() == theirs.keys()
        for name, values in ours.items():
            np.testing.assert_array_equal(values, theirs[name], err_msg=f"trial {trial['number']}, {name}")
        run = next(run for run in straight.summary["runs"] if run["key"] == key)
        assert trial["scores"]["4"] == pytest.approx(run["metrics"]["val_accuracy"], abs=0)
        assert run["epochs"] == 4
