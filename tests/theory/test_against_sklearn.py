"""What `paribus check` trains as scikit-learn's `MLPClassifier` does, against that classifier itself."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

from paribus.execution.worker import prepare_torch
from paribus.models.families.mlp import mlp
from paribus.models.network import StackedNetwork
from paribus.models.parameters import Parameters
from paribus.spec import Recipe, StudySpec
from paribus.training.cohort import train_cohort
from paribus.training.job import Job, RunTask
from paribus.training.objective import Objective
from paribus.training.optimizers.adam import adam
from paribus.training.optimizers.rule import make_optimizer
from paribus.training.step import step
from paribus.training.stopping import Watch

F, C, B, EPOCHS, SEEDS, LR = 12, 4, 50, 8, 40, 0.01
ALPHA = 0.5  # large, so that the penalty shows
L2 = ALPHA / (2 * B)


def data() -> tuple[np.ndarray, np.ndarray]:
    x, y = make_classification(
        1400, F, n_informative=6, n_classes=C, n_clusters_per_class=2, class_sep=1.2, random_state=3
    )
    return x.astype(np.float32), y


def theirs(seed: int, **options: Any) -> MLPClassifier:
    x, y = data()
    values = {
        "hidden_layer_sizes": (10,),
        "alpha": ALPHA,
        "batch_size": B,
        "max_iter": EPOCHS,
        "random_state": seed,
        "learning_rate_init": LR,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return MLPClassifier(**{**values, **options}).fit(x[:400], y[:400])


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_step_by_step_the_weights_are_those_of_scikit_learn(activation: str) -> None:
    """From its initial weights, over its batches, for 24 steps."""
    prepare_torch()
    options: dict[str, Any] = {"activation": activation, "shuffle": False, "hidden_layer_sizes": (10, 7)}
    start = theirs(0, **options, max_iter=1, learning_rate_init=1e-30)
    end = theirs(0, **options, max_iter=3)
    network = StackedNetwork([mlp(sizes=(10, 7), activation=activation, conventions="sklearn")], [0], (F,), C)
    layers = [network.features.dense_0, network.features.dense_1, network.head]
    with torch.no_grad():
        for layer, weight, bias in zip(layers, start.coefs_, start.intercepts_, strict=True):
            layer.weight[0] = torch.from_numpy(weight)
            layer.bias[0, 0] = torch.from_numpy(bias)
    penalties = network.kernels, np.array([2 * L2])
    updates = [adam(lr=LR, conventions="keras", eps=1e-8)]
    optimizer = make_optimizer(Parameters(network.parameters(), 1), updates, penalties)
    x_NF, y_N = (torch.from_numpy(values[:400]) for values in data())
    objective, totals_2M = Objective(torch.ones(1, C)), torch.zeros(2, 1)
    for rows in list(torch.arange(400).split(B)) * 3:
        with torch.no_grad():
            step(network, optimizer, (x_NF[rows][None], y_N[rows][None]), objective, totals_2M)
    for layer, weight, bias in zip(layers, end.coefs_, end.intercepts_, strict=True):
        np.testing.assert_allclose(layer.weight[0].detach().numpy(), weight, atol=2e-6)
        np.testing.assert_allclose(layer.bias[0, 0].detach().numpy(), bias, atol=2e-6)


@pytest.mark.parametrize(("ours", "name"), [("relu", "relu"), ("tanh", "tanh"), ("sigmoid", "logistic")])
def test_weights_and_biases_start_as_those_of_scikit_learn(ours: str, name: str) -> None:
    """Kolmogorov-Smirnov, and the bound: Glorot's, or 2 in place of 6 where units are logistic."""
    start = theirs(0, activation=name, hidden_layer_sizes=(300,), max_iter=1, learning_rate_init=1e-30)
    network = StackedNetwork([mlp(sizes=(300,), activation=ours, conventions="sklearn")], [0], (F,), C)
    for layer, place in ((network.features.dense_0, 0), (network.head, 1)):
        bound = np.sqrt((2 if name == "logistic" else 6) / sum(start.coefs_[place].shape))
        weights = layer.weight.detach().numpy().ravel()
        assert stats.ks_2samp(weights, start.coefs_[place].ravel()).pvalue > 1e-3
        assert bound * 0.99 < np.abs(weights).max() <= bound
    biases = network.features.dense_0.bias.detach().numpy().ravel()
    assert stats.ks_2samp(biases, start.intercepts_[0]).pvalue > 1e-3


def recipe(**values: Any) -> Recipe:
    baseline = {
        "model": {"kind": "mlp", "sizes": [10], "conventions": "sklearn"},
        "optimizer": {"kind": "adam", "lr": LR, "conventions": "keras", "eps": 1e-8},
        "l2": L2,
        "batch_size": B,
        "epochs": EPOCHS,
        "monitor": "train_loss",
    }
    spec = {"name": "a", "data": {"source": "none", "scale": "none", "validation": 0}, "baseline": baseline | values}
    return StudySpec.model_validate(spec).recipe()


def test_over_seeds_the_scores_are_those_of_scikit_learn(tmp_path: Path) -> None:
    """Mean accuracy and loss of 40 seeds each, by Welch's t test and in size."""
    x, y = data()
    for part, rows in (("train", slice(400)), ("test", slice(400, None))):
        np.save(tmp_path / f"x_{part}.npy", x[rows])
        np.save(tmp_path / f"y_{part}.npy", y[rows])
    prepare_torch()
    runs = tuple(RunTask(str(seed), seed, recipe().model_dump(mode="json")) for seed in range(SEEDS))
    records = train_cohort(Job(runs, tmp_path, C, (F,)))
    peers = [theirs(seed) for seed in range(SEEDS)]
    pairs = [
        ([r.metrics["test_accuracy"] for r in records], [peer.score(x[400:], y[400:]) for peer in peers]),
        (
            [r.metrics["test_loss"] for r in records],
            [log_loss(y[400:], peer.predict_proba(x[400:])) for peer in peers],
        ),
    ]
    for mine, other in pairs:
        assert stats.ttest_ind(mine, other, equal_var=False).pvalue > 0.01
        assert np.mean(mine) == pytest.approx(np.mean(other), abs=0.03)
        assert np.std(mine) > 0


@pytest.mark.parametrize("seed", range(5))
def test_a_run_stops_where_scikit_learn_does(seed: int) -> None:
    """Once more than `n_iter_no_change` epochs in a row have not lowered the training loss by `tol`."""
    peer = theirs(seed, max_iter=200, tol=1e-4, n_iter_no_change=2, alpha=0.0, learning_rate_init=0.03)
    watch = Watch(recipe(epochs=200, early_stopping={"patience": 3, "min_delta": 1e-4}))
    for loss in peer.loss_curve_:
        assert not watch.done
        watch.see({"train_loss": loss})
    assert watch.done
    assert watch.epochs == peer.n_iter_ < 200
