"""How many parameters a network has, and what they start at."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from paribus.models import Blueprint
from paribus.models.families.linear import linear
from paribus.models.families.mlp import mlp
from paribus.models.network import StackedNetwork

MODELS: dict[str, tuple[Blueprint, int]] = {
    "linear": (linear(), 30 * 7 + 7),
    "mlp": (mlp(width=20, depth=3), 31 * 20 + 2 * 21 * 20 + 21 * 7),
    "one layer": (mlp(width=5, depth=1), 31 * 5 + 6 * 7),
    "sizes": (mlp(sizes=(11, 3)), 31 * 11 + 12 * 3 + 4 * 7),
    "batch norm": (mlp(width=20, depth=2, batch_norm=True), 31 * 20 + 21 * 20 + 21 * 7 + 2 * 2 * 20),
    "dropout": (mlp(width=20, depth=2, dropout=0.5, activation="tanh"), 31 * 20 + 21 * 20 + 21 * 7),
}


def start(
    blueprint: Blueprint, seeds: list[int], num_inputs: int = 30, num_classes: int = 7
) -> dict[str, torch.Tensor]:
    network = StackedNetwork([blueprint] * len(seeds), seeds, (num_inputs,), num_classes)
    return {name: value.detach() for name, value in network.named_parameters()}


@pytest.mark.parametrize("name", MODELS)
def test_the_count_is_the_closed_form_and_what_torch_holds(name: str) -> None:
    blueprint, expected = MODELS[name]
    held = sum(value[0].numel() for value in start(blueprint, [0, 1]).values())
    assert blueprint.parameters((30,), 7) == held == expected


def test_weights_start_as_those_of_pytorch() -> None:
    """Kolmogorov-Smirnov against `torch.nn.Linear`; weights and biases lie within 1 / sqrt(fan_in) and fill it."""
    ours = start(mlp(width=400, depth=1), [0], num_inputs=100)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = torch.nn.Linear(100, 400)
    for kind in ("weight", "bias"):
        mine = ours[f"features.dense_0.{kind}"].flatten().numpy()
        assert stats.ks_2samp(mine, getattr(theirs, kind).detach().flatten().numpy()).pvalue > 1e-3
        assert np.abs(mine).max() <= 0.1
        assert mine.var() == pytest.approx(0.1**2 / 3, rel=0.2)


def test_weights_start_as_those_of_keras() -> None:
    """Glorot's uniform: within sqrt(6 / (fan_in + fan_out)), so of variance 2 / (fan_in + fan_out); biases are 0."""
    ours = start(mlp(width=400, depth=1, conventions="keras"), [0], num_inputs=100)
    weight, bound = ours["features.dense_0.weight"].flatten().numpy(), math.sqrt(6 / 500)
    assert stats.kstest(weight, stats.uniform(-bound, 2 * bound).cdf).pvalue > 1e-3
    assert np.abs(weight).max() <= bound
    assert weight.var() == pytest.approx(2 / 500, rel=0.02)
    assert not ours["features.dense_0.bias"].any()
    assert not ours["head.bias"].any()


def test_batch_norm_starts_as_the_identity() -> None:
    ours = start(mlp(batch_norm=True), [0])
    assert (ours["features.batch_norm_0.weight"] == 1).all()
    assert (ours["features.batch_norm_1.bias"] == 0).all()


@pytest.mark.parametrize(
    "options",
    [
        {"depth": 5},
        {"dropout": 0.3},
        {"batch_norm": True},
        {"activation": "gelu"},
        {"batch_norm": True, "dropout": 0.3, "depth": 4},
    ],
    ids=str,
)
def test_equal_layers_of_one_seed_start_equal(options: dict[str, Any]) -> None:
    plain, other = start(mlp(width=20, depth=2), [3]), start(mlp(width=20, **{"depth": 2, **options}), [3])
    assert {"features.dense_1.weight", "head.bias"} <= plain.keys() <= other.keys()
    for name, value in plain.items():
        assert torch.equal(value, other[name]), name


def test_layers_of_other_places_shapes_and_seeds_start_apart() -> None:
    ours = start(mlp(width=20, depth=3), [3, 4])
    assert not torch.equal(ours["features.dense_1.weight"], ours["features.dense_2.weight"])
    assert not torch.equal(ours["features.dense_1.weight"][0], ours["features.dense_1.weight"][1])
    wide = start(mlp(width=20, depth=3), [3], num_inputs=31)
    assert not torch.equal(ours["features.dense_0.weight"][0], wide["features.dense_0.weight"][0, :30])


def test_a_run_starts_as_it_does_alone() -> None:
    together, alone = start(mlp(), [5, 6, 7]), start(mlp(), [6])
    assert all(torch.equal(value[1], alone[name][0]) for name, value in together.items())
