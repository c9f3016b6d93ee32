"""Rows of parameters, and what an optimizer remembers of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import nn

from paribus.models.families.mlp import mlp
from paribus.models.network import StackedNetwork
from paribus.models.parameters import Parameters
from paribus.spec.parts import find_part
from paribus.training.optimizers import Update
from paribus.training.optimizers.rule import Rule, make_optimizer, square_norms

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


def made(name: str, runs: Sequence[int], values: torch.Tensor | None = None) -> tuple[Rule, nn.Parameter]:
    theta = nn.Parameter(torch.ones(len(runs), WIDTH) if values is None else values[list(runs)].detach())
    return make_optimizer(Parameters([theta], len(runs)), updates(name, runs)), theta


def advance(optimizer: Rule, theta: nn.Parameter, runs: Sequence[int], epochs: range) -> None:
    for epoch in epochs:
        gradient = torch.randn(RUNS, WIDTH, generator=torch.Generator().manual_seed(epoch))
        assert theta.grad is not None
        theta.grad.copy_(gradient[list(runs)])
        optimizer.step()


@pytest.mark.parametrize("keep", [[0], [1, 4], [0, 2, 3, 5], [5], [0, 1, 5], [2, 3, 4]], ids=str)
@pytest.mark.parametrize("name", OPTIONS)
def test_the_runs_that_stay_go_on_as_if_nothing_had_happened(name: str, keep: list[int]) -> None:
    optimizer, theta = made(name, range(RUNS))
    advance(optimizer, theta, range(RUNS), range(3))
    shorter, left = made(name, keep, theta)
    states = optimizer.states()
    shorter.set_states([states[m] for m in keep])
    advance(shorter, left, keep, range(3, 6))
    advance(optimizer, theta, range(RUNS), range(3, 6))
    assert torch.equal(left, theta[keep])


def test_without_its_state_a_run_would_go_on_otherwise() -> None:
    optimizer, theta = made("adam", range(RUNS))
    advance(optimizer, theta, range(RUNS), range(3))
    forgetful, left = made("adam", [1], theta)
    advance(forgetful, left, [1], range(3, 6))
    advance(optimizer, theta, range(RUNS), range(3, 6))
    assert not torch.allclose(left[0], theta[1])


def test_a_run_without_momentum_remembers_no_velocity_beside_one_with() -> None:
    function, theta = find_part("optimizer", "sgd").function, nn.Parameter(torch.ones(2, WIDTH))
    optimizer = make_optimizer(Parameters([theta], 2), [function(momentum=share) for share in (0.0, 0.9)])
    advance(optimizer, theta, [0, 1], range(2))
    assert [set(state) for state in optimizer.states()] == [{"count"}, {"count", "velocity"}]
    alone = nn.Parameter(torch.ones(1, WIDTH))
    plain = make_optimizer(Parameters([alone], 1), [function()])
    advance(plain, alone, [0], range(2))
    assert torch.equal(alone[0], theta[0])


def test_parameters_become_views_and_keep_their_values() -> None:
    network = StackedNetwork([mlp(width=20, batch_norm=True)] * 3, [0, 1, 2], (7,), 4)
    before = {name: value.detach().clone() for name, value in network.named_parameters()}
    parameters = Parameters(network.parameters(), 3)
    assert all(torch.equal(value, before[name]) for name, value in network.named_parameters())
    row = parameters.row(parameters.theta_P, 1)
    assert len(row) == sum(value[0].numel() for value in before.values())
    parameters.set_row(parameters.theta_P, 1, torch.full_like(row, 5.0))
    parameters.set_row(parameters.grad_P, 1, torch.full_like(row, 7.0))
    for name, value in network.named_parameters():
        assert value.is_contiguous()
        assert (value[1] == 5).all()
        assert torch.equal(value[0], before[name][0])
        assert value.grad is not None
        assert (value.grad[1] == 7).all()
        assert not value.grad[0].any()


def test_norms_are_of_the_gradient_with_its_penalty() -> None:
    theta_P, grad_P = np.random.default_rng(0).normal(size=(2, 48)).astype(np.float32)
    blocks = np.array([0, 32]), np.array([13, 8])  # two runs: 26 and 16 numbers
    l2_KM, out_M = np.array([[0.5, 0.1], [0.0, 0.0]], np.float32), np.empty(2)
    square_norms((theta_P, grad_P), blocks, l2_KM, out_M)
    for m in range(2):
        first, second = slice(13 * m, 13 * m + 13), slice(32 + 8 * m, 40 + 8 * m)
        expected = ((grad_P[first] + l2_KM[0, m] * theta_P[first]) ** 2).sum() + (grad_P[second] ** 2).sum()
        assert out_M[m] == pytest.approx(expected, rel=1e-6)
