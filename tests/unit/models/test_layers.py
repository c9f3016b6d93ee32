"""Dropout and batch norm, each against its definition or PyTorch's own."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
import torch
from torch.nn import functional

from paribus.models.families.mlp import mlp
from paribus.models.layers import Activate, BatchNorm, Dropout, chain, stages
from paribus.models.layers.merged import merged
from paribus.models.network import StackedNetwork
from paribus.planning import stream

M, B, F = 3, 40, 17


def states(seeds: list[int]) -> np.ndarray:
    return np.stack([stream(seed, "dropout", 0).bit_generator.state["state"]["state"] for seed in seeds])


def dropped(rates: list[float], seeds: list[int], rows: int = 300, features: int = 501) -> torch.Tensor:
    layer = Dropout(rates)
    layer.states_M4 = states(seeds)
    return layer.vjp(torch.ones(len(rates), rows, features))[0]


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.3, 0.5, 0.9])
def test_dropout_meets_its_rate_and_keeps_the_mean(rate: float) -> None:
    """The number of zeros is binomial; what is kept is scaled so that the mean is 1."""
    (out,) = dropped([rate], [0])
    num = out.numel()
    spread = math.sqrt(num * rate * (1 - rate))
    assert abs(int((out == 0).sum()) - num * rate) < 5 * spread
    assert out[out > 0].unique().tolist() == pytest.approx([1 / (1 - rate)], rel=2**-13)
    assert abs(float(out.sum()) - num) < 5 * spread / (1 - rate)


def test_every_run_drops_at_its_own_rate() -> None:
    shares = (dropped([0.1, 0.5, 0.9], [0, 0, 0]) == 0).double().mean((1, 2))
    assert shares.tolist() == pytest.approx([0.1, 0.5, 0.9], abs=0.01)


def test_dropout_is_drawn_from_the_run_s_own_stream() -> None:
    together = dropped([0.4] * 3, [1, 2, 1])
    assert torch.equal(together[0], together[2])
    assert not torch.equal(together[0], together[1])
    assert torch.equal(together[1], dropped([0.4], [2])[0])


def test_dropout_layers_and_batches_draw_anew() -> None:
    network = StackedNetwork([mlp(width=64, dropout=0.5)], [0], (8,), 2)
    network.set_streams([stream(0, "dropout", 0)])
    first, second = (module for module in network.features if isinstance(module, Dropout))
    x = torch.ones(1, 20, 64)
    draws = [first.vjp(x)[0], second.vjp(x)[0], first.vjp(x)[0]]
    assert not any(torch.equal(a, b) for a, b in ((draws[0], draws[1]), (draws[0], draws[2]), (draws[1], draws[2])))


def test_dropout_passes_gradients_where_it_passes_values() -> None:
    layer = Dropout([0.5])
    layer.states_M4 = states([0])
    out, back = layer.vjp(torch.ones(1, 20, 30))
    assert torch.equal(back(torch.ones(1, 20, 30)), out)


def test_a_rectifier_and_dropout_in_one_do_what_they_do_one_after_the_other() -> None:
    """Rates, streams and gradients of each run; in one they are where a tape holds them."""
    x, grad = torch.randn(M, B, F), torch.randn(M, B, F)
    x[0, 0, :2] = torch.tensor([0.0, -0.0])
    layers = [Activate("relu"), Dropout([0.2, 0.5, 0.8])]
    (both,) = stages(merged(layers))
    found: list[list[torch.Tensor]] = []
    for way in (both.vjp, partial(chain, layers)):
        layers[1].states_M4[:] = states([1, 2, 3])
        pairs = [way(x.clone(), needs_input_grad=True) for _ in range(2)]  # the second draws anew
        found.append([value.clone() for y, back in pairs[1:] for value in (y, back(grad))])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    assert [type(layer).__name__ for layer in both.layers] == ["ReluDropout"]


def test_dropout_is_the_identity_in_evaluation() -> None:
    x = torch.randn(M, B, F, generator=torch.Generator().manual_seed(0))
    assert Dropout([0.5] * M)(x) is x


def batch_norm() -> BatchNorm:
    generator = torch.Generator().manual_seed(1)
    layer = BatchNorm(M, F).requires_grad_(False)
    layer.weight.copy_(torch.randn(M, 1, F, generator=generator))
    layer.bias.copy_(torch.randn(M, 1, F, generator=generator))
    for parameter in layer.parameters():
        parameter.grad = torch.full_like(parameter, math.nan)  # written in place, never added to
    return layer


@pytest.mark.parametrize("rows", [2, B])
def test_batch_norm_and_its_gradients_are_those_of_pytorch(rows: int) -> None:
    generator = torch.Generator().manual_seed(2)
    ours, values = batch_norm(), 3 * torch.randn(M, rows, F, generator=generator) + 5
    towards = torch.randn(M, rows, F, generator=generator)
    y, back = ours.vjp(values)
    slope = back(towards)
    for m in range(M):
        theirs = [t.detach().clone().requires_grad_() for t in (values[m], ours.weight[m, 0], ours.bias[m, 0])]
        mean, variance = torch.zeros(F), torch.ones(F)
        expected = functional.batch_norm(theirs[0], mean, variance, theirs[1], theirs[2], training=True)
        (expected * towards[m]).sum().backward()
        close(y[m], expected)
        close(slope[m], theirs[0].grad)
        close(ours.weight.grad[m, 0], theirs[1].grad)
        close(ours.bias.grad[m, 0], theirs[2].grad)
        close(ours.running_mean[m, 0], mean)
        close(ours.running_var[m, 0], variance)


def test_batch_norm_in_evaluation_uses_the_running_statistics() -> None:
    ours = batch_norm()
    generator = torch.Generator().manual_seed(3)
    for _ in range(3):
        ours.vjp(torch.randn(M, B, F, generator=generator) * 2 + 1)
    x, before = torch.randn(M, B, F, generator=generator), ours.running_mean.clone()
    y = ours(x)
    for m in range(M):
        statistics = ours.running_mean[m, 0], ours.running_var[m, 0]
        close(y[m], functional.batch_norm(x[m], *statistics, ours.weight[m, 0], ours.bias[m, 0]))
    assert torch.equal(ours.running_mean, before)


def test_batch_norm_of_a_single_row_stays_finite() -> None:
    ours = batch_norm()
    assert torch.equal(ours.vjp(torch.ones(M, 1, F))[0], ours.bias)
    assert np.isfinite(ours.running_var.numpy()).all()


def close(ours: torch.Tensor | None, theirs: torch.Tensor | None) -> None:
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
