"""A loaded network predicts what was stored when it was trained, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import paribus
from paribus import DataError, StoreError, Study
from paribus.results.result import Result
from paribus.store import Store

LEVELS: dict[str, dict[str, Any]] = {
    "mlp": {},
    "batch norm, best kept": {"model.batch_norm": True, "keep": "best"},
    "rows": {"data.scale": "l2-rows"},
    "image columns": {"data.scale": "image-columns"},
    "features": {"data.scale": "per-feature"},
    "cnn": {"model": {"kind": "cnn", "base_filters": 2, "blocks": 2}},
    "resnet": {"model": {"kind": "resnet", "base_filters": 2, "stages": 2}},
    "layers": {
        "model": {
            "kind": "sequential",
            "layers": [{"conv": 4}, {"group_norm": 2}, "relu", {"spatial_dropout": 0.1}, "average_pool", "flatten"],
            "head": {"l2": 0.01},
        }
    },
    "diverges": {"optimizer": {"kind": "sgd", "lr": 1e30}},
}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    study = Study(
        name="levels",
        data={"source": "digits"},
        baseline={"model": {"kind": "mlp", "width": 16}, "epochs": 1},
        factors={"all": {"levels": LEVELS}},
        seeds=[3, 5],
    )
    return study.run(tmp_path_factory.mktemp("home"), quiet=True)


@pytest.mark.parametrize("level", [level for level in LEVELS if level != "diverges"])
def test_predictions_are_those_stored(level: str, result: Result) -> None:
    from paribus.data.sources.digits import digits

    variant = "baseline" if level == "mlp" else f"all={level}"
    threads = torch.get_num_threads()
    for run in (run for run in result.summary["runs"] if run["variant"] == variant):
        stored = result._store.predictions(run["key"])
        trained = result.load(variant, run["seed"])
        ours = trained.predict_proba(digits().x_test)
        np.testing.assert_array_equal(ours, stored["test_probabilities"])
        assert trained.predict(digits().x_test[:5]) == [str(code) for code in ours[:5].argmax(1)]
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("level", ["mlp", "batch norm, best kept", "cnn", "resnet"])
def test_the_head_makes_the_predictions_of_the_features(level: str, result: Result) -> None:
    from paribus.data.sources.digits import digits

    trained, items = result.load("baseline" if level == "mlp" else f"all={level}"), digits().x_test
    head = trained.network.head
    features = trained.features(items)
    assert features.shape == (len(items), head.weight.shape[1])
    weight, bias = (values[0].detach().numpy() for values in (head.weight, head.bias))
    ours = torch.softmax(torch.from_numpy(features @ weight + bias), dim=1).numpy()
    np.testing.assert_allclose(ours, trained.predict_proba(items), atol=1e-6)


def test_loading_by_name(result: Result) -> None:
    home = result._store.home
    assert paribus.load("levels", "all=cnn", home=home).recipe == result.load("all=cnn", 3).recipe
    with pytest.raises(StoreError, match=r"No finished run of 'all=diverges'\. Did you mean"):
        paribus.load("levels", "all=diverges", home=home)
    with pytest.raises(StoreError, match=r"No finished run of 'baseline' with seed 4\. Finished seeds: 3, 5\."):
        result.load("baseline", 4)
    assert isinstance(result._store, Store)
    assert isinstance(home, Path)


@pytest.mark.parametrize("level", ["mlp", "rows", "image columns", "cnn", "resnet"])
def test_of_no_items_there_are_no_predictions(level: str, result: Result) -> None:
    trained = result.load("baseline" if level == "mlp" else f"all={level}")
    none = np.zeros((0, 8, 8), np.uint8)
    assert trained.predict_proba(none).shape == (0, 10)
    assert trained.predict(none) == []
    assert trained.features(none).shape == (0, trained.features(np.zeros((1, 8, 8))).shape[1])


@pytest.mark.parametrize("items", [np.zeros((2, 64)), np.zeros((2, 8, 8), dtype=str)], ids=["shape", "text"])
def test_other_items_are_refused(items: np.ndarray, result: Result) -> None:
    with pytest.raises(DataError, match=r"Items must be numbers of shape \(rows, 8, 8\), found"):
        result.load("baseline").predict_proba(items)


def test_probabilities_too_small_for_float32_are_zero_as_in_training(result: Result) -> None:
    from paribus.data.sources.digits import digits

    trained = result.load("baseline", 3)
    head = {name: 300 * value for name, value in trained.network.state_of(0).items() if name.startswith("head")}
    trained.network.restore(0, head)
    torch.set_flush_denormal(False)
    found = trained.predict_proba(digits().x_test)
    assert (found == 0).any()
    assert found[found > 0].min() >= np.finfo(np.float32).tiny
    assert torch.tensor(1e-40).mul(1).item() > 0  # the program's own setting is back
