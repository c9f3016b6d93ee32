"""Schedules, penalties, weights and limits against PyTorch's own, or against Keras' published formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.optim import lr_scheduler

from paribus.execution.worker import prepare_torch
from paribus.models.families.mlp import mlp
from paribus.models.layers import BatchNorm
from paribus.models.network import StackedNetwork
from paribus.models.parameters import Parameters
from paribus.spec.parts import find_part
from paribus.training.objective import Objective
from paribus.training.optimizers.rule import make_optimizer
from paribus.training.optimizers.sgd import sgd
from paribus.training.schedules import Moment, warmed_up
from paribus.training.step import step

pytestmark = pytest.mark.usefixtures("either_way")

M, B, F, C = 3, 24, 11, 4


def ours(kind: str, **options: Any) -> Callable[[Moment], float]:
    return find_part("schedule", kind).function(**options)


@pytest.mark.parametrize(
    ("kind", "options", "peer"),
    [
        ("constant", {}, lambda o: lr_scheduler.ConstantLR(o, factor=1.0)),
        ("step", {"every": 3, "gamma": 0.5}, lambda o: lr_scheduler.StepLR(o, 3, 0.5)),
        ("exponential", {"gamma": 0.9}, lambda o: lr_scheduler.ExponentialLR(o, 0.9)),
        ("cosine", {}, lambda o: lr_scheduler.CosineAnnealingLR(o, 10)),
        ("cosine", {"final": 0.1}, lambda o: lr_scheduler.CosineAnnealingLR(o, 10, eta_min=0.05)),
    ],
)
def test_an_epoch_schedule_equals_pytorchs(kind: str, options: dict[str, Any], peer: Any) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
    scheduler = peer(optimizer)
    for epoch in range(10):
        within = 0.5 * ours(kind, **options)(Moment(epoch + 0.7, 10))
        assert within == pytest.approx(optimizer.param_groups[0]["lr"], abs=1e-12)
        optimizer.step()
        scheduler.step()


def test_one_cycle_equals_pytorchs_step_by_step() -> None:
    steps = 100
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5, momentum=0.9)
    # PyTorch's last step is number `steps - 1`, and its rise ends one step early: see OneCycleLR's step ratios
    scheduler = lr_scheduler.OneCycleLR(optimizer, max_lr=0.5, total_steps=steps + 1, pct_start=30 / 101 + 1 / 101)
    factor = ours("one_cycle")
    for number in range(steps):
        assert 0.5 * factor(Moment(number / 10, 10)) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-6)
        optimizer.step()
        scheduler.step()


def test_inverse_time_equals_keras_formula() -> None:
    """keras InverseTimeDecay: initial / (1 + decay_rate * step / decay_steps), the quotient floored if staircase."""
    steps_an_epoch = 8
    for number in range(40):
        epoch = number / steps_an_epoch
        plain = 1 / (1 + 0.5 * number / steps_an_epoch)
        stairs = 1 / (1 + 0.5 * math.floor(number / steps_an_epoch))
        assert ours("inverse_time", decay_rate=0.5)(Moment(epoch, 5)) == pytest.approx(plain, abs=1e-12)
        assert ours("inverse_time", decay_rate=0.5, staircase=True)(Moment(epoch, 5)) == pytest.approx(
            stairs, abs=1e-12
        )


def test_reduce_on_plateau_equals_pytorchs_with_keras_count_of_patience() -> None:
    """Keras reduces in the epoch in which the wait reaches `patience`, PyTorch one epoch later."""
    generator = torch.Generator().manual_seed(0)
    scores = (torch.rand(60, generator=generator) * 0.3 + torch.linspace(1, 0.5, 60)).tolist()
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    peer = lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=3, threshold=0.01, threshold_mode="abs", eps=0.0
    )
    factor = ours("reduce_on_plateau", gamma=0.5, patience=4, min_delta=0.01)
    for epoch in range(60):
        assert factor(Moment(epoch, 60, scores[:epoch])) == pytest.approx(optimizer.param_groups[0]["lr"], abs=1e-12)
        peer.step(scores[epoch])
    assert optimizer.param_groups[0]["lr"] < 0.5


def test_warm_up_rises_linearly_and_then_begins_the_schedule() -> None:
    factor = warmed_up(ours("cosine"), 2.0)
    assert [factor(Moment(e, 12)) for e in (0.0, 0.5, 1.0, 1.5)] == [0.0, 0.25, 0.5, 0.75]
    assert factor(Moment(2.0, 12)) == 1.0
    assert factor(Moment(7.0, 12)) == pytest.approx(0.5)


def networks() -> tuple[StackedNetwork, list[nn.Sequential]]:
    network = StackedNetwork([mlp(width=20, depth=1, activation="tanh")] * M, [0, 1, 2], (F,), C)
    peers = [nn.Sequential(nn.Linear(F, 20), nn.Tanh(), nn.Linear(20, C)) for _ in range(M)]
    with torch.no_grad():
        for m, peer in enumerate(peers):
            for theirs, mine in ((peer[0], network.features.dense_0), (peer[2], network.head)):
                theirs.weight.copy_(mine.weight[m].T)
                theirs.bias.copy_(mine.bias[m, 0])
    return network, peers


def smoothed(peer: nn.Sequential, x: torch.Tensor, y: torch.Tensor, m: int) -> torch.Tensor:
    return functional.cross_entropy(peer(x), y, label_smoothing=0.1)


ONES = torch.ones(M, C)
WEIGHTS = torch.tensor([[1.0, 2.0, 0.5, 1.0], [1.0, 1.0, 1.0, 1.0], [0.1, 3.0, 1.0, 2.0]])


def weighted(peer: nn.Sequential, x: torch.Tensor, y: torch.Tensor, m: int) -> torch.Tensor:
    """Keras: the sample weighted losses, summed and divided by the batch size."""
    return functional.cross_entropy(peer(x), y, weight=WEIGHTS[m], reduction="sum") / len(y)


L2 = np.array([0.01, 0.1, 0.0])


def penalized(peer: nn.Sequential, x: torch.Tensor, y: torch.Tensor, m: int) -> torch.Tensor:
    """keras.regularizers.L2: l2 * reduce_sum(square(kernel)), biases left out."""
    kernels = sum(layer.weight.square().sum() for layer in (peer[0], peer[2]))
    return functional.cross_entropy(peer(x), y) + L2[m] * kernels


def plain(peer: nn.Sequential, x: torch.Tensor, y: torch.Tensor, m: int) -> torch.Tensor:
    return functional.cross_entropy(peer(x), y)


CLIP = np.array([0.1, 0.5, 100.0])


@pytest.mark.parametrize(
    ("objective", "loss", "clip"),
    [
        (Objective(ONES, 0.1), smoothed, None),
        (Objective(WEIGHTS), weighted, None),
        (Objective(ONES), penalized, None),
        (Objective(ONES), plain, CLIP),
        (Objective(ONES), penalized, CLIP),
    ],
    ids=["label smoothing", "class weights", "l2", "clipping", "l2 before clipping"],
)
@pytest.mark.parametrize("steps", [1, 10])
def test_steps_equal_pytorchs(objective: Objective, loss: Any, clip: np.ndarray | None, steps: int) -> None:
    prepare_torch()
    network, peers = networks()
    penalties = network.kernels, 2 * L2 * (loss is penalized)
    mine = make_optimizer(Parameters(network.parameters(), M), [sgd(lr=0.2, momentum=0.5)] * M, penalties, clip)
    totals_2M = torch.zeros(2, M)
    theirs = [torch.optim.SGD(peer.parameters(), lr=0.2, momentum=0.5) for peer in peers]
    generator = torch.Generator().manual_seed(1)
    for _ in range(steps):
        x_MBF, y_MB = torch.randn(M, B, F, generator=generator), torch.randint(0, C, (M, B), generator=generator)
        with torch.no_grad():
            step(network, mine, (x_MBF, y_MB), objective, totals_2M)
        for m, peer in enumerate(peers):
            theirs[m].zero_grad()
            loss(peer, x_MBF[m], y_MB[m], m).backward()
            if clip is not None:
                nn.utils.clip_grad_norm_(peer.parameters(), float(clip[m]))
            theirs[m].step()
    for m, peer in enumerate(peers):
        torch.testing.assert_close(network.features.dense_0.weight[m].T, peer[0].weight, rtol=0, atol=1e-6)
        torch.testing.assert_close(network.head.bias[m, 0], peer[2].bias, rtol=0, atol=1e-6)


def test_one_sigmoid_output_equals_binary_cross_entropy() -> None:
    prepare_torch()
    network = StackedNetwork([mlp(width=20, depth=1)], [0], (F,), 2, sigmoid=True)
    peer = nn.Sequential(nn.Linear(F, 20), nn.ReLU(), nn.Linear(20, 1))
    with torch.no_grad():
        for theirs, mine in ((peer[0], network.features.dense_0), (peer[2], network.head)):
            theirs.weight.copy_(mine.weight[0].T)
            theirs.bias.copy_(mine.bias[0, 0])
    ours = make_optimizer(Parameters(network.parameters(), 1), [sgd(lr=0.5)])
    optimizers, objective, totals_2M = (
        (ours, torch.optim.SGD(peer.parameters(), lr=0.5)),
        Objective(torch.ones(1, 2)),
        torch.zeros(2, 1),
    )
    generator = torch.Generator().manual_seed(1)
    for _ in range(10):
        x_MBF, y_MB = torch.randn(1, B, F, generator=generator), torch.randint(0, 2, (1, B), generator=generator)
        with torch.no_grad():
            step(network, optimizers[0], (x_MBF, y_MB), objective, totals_2M)
        optimizers[1].zero_grad()
        functional.binary_cross_entropy_with_logits(peer(x_MBF[0])[:, 0], y_MB[0].float()).backward()
        optimizers[1].step()
    x_MBF = torch.randn(1, B, F, generator=generator)
    with torch.no_grad():
        ours_p = torch.softmax(network(x_MBF), dim=2)[0, :, 1]
        torch.testing.assert_close(ours_p, torch.sigmoid(peer(x_MBF[0])[:, 0]), rtol=1e-5, atol=1e-6)


def test_batch_norm_by_keras_conventions() -> None:
    """keras.layers.BatchNormalization: moving = moving * 0.99 + batch * 0.01, population variance, epsilon 0.001."""
    layer = BatchNorm(1, 5, "keras").requires_grad_(False)
    mean, variance = torch.zeros(5), torch.ones(5)
    generator = torch.Generator().manual_seed(2)
    for _ in range(4):
        x = torch.randn(1, 16, 5, generator=generator) * 3 + 1
        centred = x[0] - x[0].mean(0)
        expected = centred / torch.sqrt(x[0].var(0, unbiased=False) + 0.001)
        torch.testing.assert_close(layer.vjp(x)[0][0], expected, rtol=1e-5, atol=1e-6)
        mean = mean * 0.99 + x[0].mean(0) * 0.01
        variance = variance * 0.99 + x[0].var(0, unbiased=False) * 0.01
    x = torch.randn(1, 7, 5, generator=generator)
    torch.testing.assert_close(layer(x)[0], (x[0] - mean) / torch.sqrt(variance + 0.001), rtol=1e-5, atol=1e-6)


def keras_steps(kind: str, gradients: torch.Tensor, rates: list[float], start: torch.Tensor) -> torch.Tensor:
    """The parameters after all steps by the formulas in Keras 3, `keras/src/optimizers/KIND.py`, `update_step`."""
    w, m, v = start.double(), torch.zeros_like(start).double(), torch.zeros_like(start).double()
    for t, (g, lr) in enumerate(zip(gradients.double(), rates, strict=True), start=1):
        match kind:
            case "sgd":
                w = w - lr * g
            case "momentum" | "nesterov":
                m = 0.9 * m - lr * g
                w = w + (0.9 * m - lr * g if kind == "nesterov" else m)
            case "adam" | "adamw":
                w = w - lr * 0.004 * w if kind == "adamw" else w
                m, v = m + (g - m) * (1 - 0.9), v + (g * g - v) * (1 - 0.999)
                w = w - lr * math.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (torch.sqrt(v) + 1e-7)
            case "rmsprop":
                v = 0.9 * v + (1 - 0.9) * g * g
                m = 0.5 * m + lr * g / torch.sqrt(v + 1e-7)
                w = w - m
    return w


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("sgd", {}),
        ("momentum", {"momentum": 0.9}),
        ("nesterov", {"momentum": 0.9, "nesterov": True}),
        ("adam", {}),
        ("adamw", {}),
        ("rmsprop", {"momentum": 0.5}),
    ],
)
@pytest.mark.parametrize("steps", [1, 10])
def test_steps_by_keras_conventions_equal_keras_formulas(kind: str, options: dict[str, Any], steps: int) -> None:
    """With gradients down to 1e-7, where the place of epsilon shows, and rates that fall."""
    generator = torch.Generator().manual_seed(3)
    gradients = torch.randn(steps, 2, 64, generator=generator) * 10.0 ** -torch.arange(64).div(9)
    rates = [0.01 / (1 + number) for number in range(steps)]
    theta, start = nn.Parameter(torch.ones(2, 64)), torch.ones(2, 64)
    part = find_part("optimizer", {"momentum": "sgd", "nesterov": "sgd"}.get(kind, kind))
    optimizer = make_optimizer(Parameters([theta], 2), [part.function(conventions="keras", **options)] * 2)
    for gradient, rate in zip(gradients, rates, strict=True):
        theta.grad.copy_(gradient)
        optimizer.lr_M[:] = rate
        optimizer.step()
    expected = keras_steps(kind, gradients, rates, start)
    torch.testing.assert_close(theta.detach().double(), expected, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(theta.detach().double() - 1, expected - 1, rtol=1e-3, atol=1e-6)
