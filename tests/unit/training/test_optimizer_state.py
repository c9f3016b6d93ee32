"""Rows of parameters, and what an optimizer remembers of them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from paribus.models.mlp import mlp
from paribus.models.network import Network
from paribus.spec.parts import find_part
from paribus.training.optimizers import Update
from paribus.training.parameters import flatten, make_optimizer, set_states, states_of

RUNS, WIDTH = 6, 64
RATES = [0.1, 0.1, 0.2, 0.2, 0.2, 0.1]
OPTIONS = {
    "adam": {},
    "adamw": {"weight_decay": 0.1},
    "rmsprop": {"momentum": 0.5},
    "rmsprop plain": {},
    **{f"{kind} keras": {"conventions": "keras"} for kind in ("sgd", "adam", "adamw", "rmsprop")},
    "sgd keras momentum": {"conventions": "keras", "momentum": 0.9},
    "sgd": {"momentum": 0.9, "nesterov": True},
    "sgd plain": {},
}


def updates(name: str, runs: Sequence[int]) -> list[Update]:
    function = find_part("optimizer", name.split()[0]).function
    return [function(lr=RATES[m], **OPTIONS[name]) for m in runs]


def gradient(epoch: int) -> torch.Tensor:
    return torch.randn(RUNS, WIDTH, generator=torch.Generator().manual_seed(epoch))


def advance(theta: torch.Tensor, optimizer: torch.optim.Optimizer, runs: Sequence[int], epochs: range) -> None:
    for epoch in epochs:
        assert theta.grad is not None
        theta.grad.copy_(gradient(epoch)[list(runs)])
        optimizer.step()


def rows(runs: Sequence[int], values: torch.Tensor) -> torch.Tensor:
    theta = values[list(runs)].clone()
    theta.grad = torch.zeros_like(theta)
    return theta


@pytest.mark.parametrize("keep", [[0], [1, 4], [0, 2, 3, 5], [5], [0, 1, 5], [2, 3, 4]], ids=str)
@pytest.mark.parametrize("name", OPTIONS)
def test_the_runs_that_stay_go_on_as_if_nothing_had_happened(name: str, keep: list[int]) -> None:
    start, everyone = torch.ones(RUNS, WIDTH), range(RUNS)
    theta = rows(everyone, start)
    optimizer = make_optimizer(theta, updates(name, everyone))
    advance(theta, optimizer, everyone, range(3))
    left = rows(keep, theta)
    shorter = make_optimizer(left, updates(name, keep))
    states = states_of(optimizer)
    set_states(shorter, [states[m] for m in keep])
    advance(left, shorter, keep, range(3, 6))
    advance(theta, optimizer, everyone, range(3, 6))
    assert torch.equal(left, theta[keep])


def test_without_its_state_a_run_would_go_on_otherwise() -> None:
    everyone = range(RUNS)
    theta = rows(everyone, torch.ones(RUNS, WIDTH))
    optimizer = make_optimizer(theta, updates("adam", everyone))
    advance(theta, optimizer, everyone, range(3))
    left = rows([1], theta)
    advance(left, make_optimizer(left, updates("adam", [1])), [1], range(3, 6))
    advance(theta, optimizer, everyone, range(3, 6))
    assert not torch.allclose(left[0], theta[1])


def test_neighbours_with_equal_numbers_share_a_group() -> None:
    optimizer = make_optimizer(rows(range(RUNS), torch.ones(RUNS, WIDTH)), updates("adam", range(RUNS)))
    assert [(len(g["params"][0]), g["lr"]) for g in optimizer.param_groups] == [(2, 0.1), (3, 0.2), (1, 0.1)]


def test_flattening_keeps_the_network_and_makes_it_a_view() -> None:
    network = Network([mlp(width=20, batch_norm=True)] * 3, [0, 1, 2], (7,), 4)
    before = {name: value.detach().clone() for name, value in network.named_parameters()}
    theta = flatten(network)
    assert theta.grad is not None
    assert theta.shape[0] == 3
    assert all(torch.equal(value, before[name]) for name, value in network.named_parameters())
    theta[1] = 5.0
    theta.grad[1] = 7.0
    for name, value in network.named_parameters():
        assert (value[1] == 5).all()
        assert torch.equal(value[0], before[name][0])
        assert value.grad is not None
        assert (value.grad[1] == 7).all()
        assert not value.grad[0].any()
