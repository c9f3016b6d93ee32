"""What comes of a run: which weights are kept, and how one that diverges ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from paribus.execution.worker import prepare_torch
from paribus.models.families.linear import linear
from paribus.models.network import StackedNetwork
from paribus.spec import StudySpec
from paribus.store import RunRecord, Status
from paribus.training.cohort import train_cohort
from paribus.training.job import Job, RunTask

Train = Callable[..., list[RunRecord]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three noisy classes of 10 features: a network learns them, then overfits."""
    path, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(5)
    for part, rows in (("train", 300), ("test", 200)):
        labels = np.arange(rows) % 3
        items = rng.normal(size=(rows, 10)) + 0.7 * np.eye(3, 10)[labels]
        np.save(path / f"x_{part}.npy", items.astype(np.float32))
        np.save(path / f"y_{part}.npy", labels)
    return path


@pytest.fixture
def train(folder: Path, make_study: Callable[..., StudySpec]) -> Train:
    """Train one run for each given change of the recipe, all with seed 0, in one cohort."""
    baseline = {"epochs": 12, "batch_size": 50, "model": {"kind": "mlp", "width": 64}, "optimizer": {"kind": "adam"}}

    def trained(*changes: dict[str, Any]) -> list[RunRecord]:
        prepare_torch()
        study = make_study(data={"source": "x", "validation": 0.3}, baseline=baseline)
        recipes = [study.recipe({"optimizer.lr": 0.002}, change) for change in changes]
        tasks = tuple(RunTask(str(n), 0, recipe.model_dump(mode="json")) for n, recipe in enumerate(recipes))
        return train_cohort(Job(tasks, folder, 3, np.load(folder / "x_test.npy").shape[1:]))

    return trained


@pytest.mark.parametrize("more", [{}, {"model.batch_norm": True}, {"monitor": "accuracy"}], ids=str)
def test_keep_best_gives_the_weights_of_the_best_epoch(more: dict[str, Any], train: Train) -> None:
    (best,) = train({**more, "keep": "best"})
    assert 1 < best.best_epoch < best.epochs == 12
    (same,) = train({**more, "epochs": best.best_epoch})
    (last,) = train(more)
    assert best.weights.keys() == same.weights.keys()
    for name, value in best.weights.items():
        np.testing.assert_array_equal(value, same.weights[name])
    np.testing.assert_array_equal(best.predictions["test_probabilities"], same.predictions["test_probabilities"])
    assert best.metrics == same.metrics != last.metrics
    assert last.best_epoch == best.best_epoch


def test_the_best_epoch_is_that_of_the_history(train: Train) -> None:
    by_loss, by_accuracy = train({}, {"monitor": "accuracy"})
    assert by_loss.best_epoch == 1 + int(np.argmin(by_loss.history["val_loss"]))
    assert by_accuracy.best_epoch == 1 + int(np.argmax(by_accuracy.history["val_accuracy"]))


def test_early_stopping_ends_where_patience_ends(train: Train) -> None:
    whole, stopped, best = train({}, *({"early_stopping": {"patience": 2}, "keep": keep} for keep in ("last", "best")))
    assert stopped.epochs == best.epochs == stopped.best_epoch + 2 < whole.epochs
    np.testing.assert_array_equal(stopped.history["val_loss"], whole.history["val_loss"][: stopped.epochs])
    assert best.metrics["val_loss"] == pytest.approx(whole.history["val_loss"][stopped.best_epoch - 1], rel=1e-5)
    assert stopped.metrics["val_loss"] == pytest.approx(whole.history["val_loss"][stopped.epochs - 1], rel=1e-5)


def test_a_run_that_diverges_is_a_record_and_stops_there(train: Train) -> None:
    fine, diverged = train({"optimizer": {"kind": "sgd"}}, {"optimizer": {"kind": "sgd", "lr": 1e30}})
    assert (fine.status, fine.epochs) == (Status.FINISHED, 12)
    assert diverged.status == Status.DIVERGED
    assert diverged.epochs == len(diverged.history["train_loss"]) < 12
    assert not np.isfinite(diverged.history["train_loss"][-1])
    assert (diverged.metrics, diverged.weights, diverged.predictions) == ({}, {}, {})


def test_a_run_that_diverges_in_its_very_last_step_has_diverged(train: Train) -> None:
    """One step an epoch: the loss of the first epoch is that of the initial weights, and finite."""
    (record,) = train({"optimizer": {"kind": "sgd", "lr": 1e38}, "epochs": 1, "batch_size": 300, "data.validation": 0})
    assert np.isfinite(record.history["train_loss"]).all()
    assert (record.status, record.epochs) == (Status.DIVERGED, 1)


def test_a_linear_network_comes_to_the_optimum_of_scikit_learn(train: Train, folder: Path) -> None:
    """Softmax regression has one optimum; with scaled features and all rows it is that of LogisticRegression."""
    change = {"model": {"kind": "linear"}, "epochs": 400, "batch_size": 300, "optimizer": {"kind": "adam", "lr": 0.02}}
    (record,) = train({**change, "data.validation": 0, "data.scale": "none"})
    x, y, x_test = (np.load(folder / f"{name}.npy") for name in ("x_train", "y_train", "x_test"))
    peer = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000).fit(x.astype(np.float64), y)
    np.testing.assert_allclose(record.predictions["test_probabilities"], peer.predict_proba(x_test), atol=2e-3)
    assert "val_accuracy" not in record.metrics
    assert record.best_epoch == record.epochs == 400


def test_rows_that_are_not_shuffled_come_in_the_order_of_the_data(train: Train, folder: Path) -> None:
    """Softmax regression by PyTorch's own loop, over the first 70 % of the rows in batches of 50."""
    change = {
        "model": {"kind": "linear"},
        "optimizer": {"kind": "sgd", "lr": 0.1},
        "epochs": 2,
        "data": {"scale": "none", "validation": {"last": 0.3}},
    }
    ordered, shuffled = train({**change, "shuffle": False})[0], train(change)[0]
    first = StackedNetwork([linear()], [0], (10,), 3).head
    theirs = torch.nn.Linear(10, 3)
    theirs.weight.data, theirs.bias.data = first.weight.detach()[0].T.clone(), first.bias.detach()[0, 0].clone()
    x, y = (torch.from_numpy(np.load(folder / f"{name}_train.npy")[:210]) for name in ("x", "y"))
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1)
    for _ in range(2):
        for batch_x, batch_y in zip(x.split(50), y.split(50), strict=True):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(theirs(batch_x), batch_y).backward()
            optimizer.step()
    expected = theirs.weight.detach().T.numpy()
    np.testing.assert_allclose(ordered.weights["head.weight"], expected, rtol=1e-4, atol=1e-6)
    assert np.abs(shuffled.weights["head.weight"] - expected).max() > 1e-4
