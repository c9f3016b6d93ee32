"""Ten steps of our stacked layers and optimizers against the same network written with torch.nn and torch.optim."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from paribus.execution.worker import prepare_torch
from paribus.models.families.mlp import mlp
from paribus.models.network import StackedNetwork
from paribus.models.parameters import Parameters
from paribus.spec.parts import find_part, parts
from paribus.training.objective import Objective
from paribus.training.optimizers.rule import make_optimizer
from paribus.training.step import step

OPTIMIZERS = {
    "adam": ({"lr": 0.01, "weight_decay": 0.02}, torch.optim.Adam, {"lr": 0.01, "weight_decay": 0.02}),
    "adamw": ({"lr": 0.01, "weight_decay": 0.1}, torch.optim.AdamW, {"lr": 0.01, "weight_decay": 0.1}),
    "sgd": ({"lr": 0.1, "weight_decay": 0.02}, torch.optim.SGD, {"lr": 0.1, "weight_decay": 0.02}),
    "momentum": ({"lr": 0.1, "momentum": 0.9}, torch.optim.SGD, {"lr": 0.1, "momentum": 0.9}),
    "nesterov": (
        {"lr": 0.1, "momentum": 0.9, "nesterov": True},
        torch.optim.SGD,
        {"lr": 0.1, "momentum": 0.9, "nesterov": True},
    ),
    "rmsprop": (
        {"lr": 0.01, "rho": 0.95, "momentum": 0.5, "eps": 1e-6},
        torch.optim.RMSprop,
        {"lr": 0.01, "alpha": 0.95, "momentum": 0.5, "eps": 1e-6},
    ),
}
THEIRS = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "leaky_relu": nn.LeakyReLU,
    "gelu": nn.GELU,
    "sigmoid": nn.Sigmoid,
}
pytestmark = pytest.mark.usefixtures("either_way")

M, B, F, C = 3, 24, 11, 4


def kind_of(optimizer: str) -> str:
    return optimizer if optimizer in parts("optimizer") else "sgd"


def test_every_optimizer_has_a_peer() -> None:
    assert set(parts("optimizer")) <= set(OPTIMIZERS)


def their_network(activation: str, batch_norm: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    for fan_in in (F, 20):
        layers += [nn.Linear(fan_in, 20), *([nn.BatchNorm1d(20)] if batch_norm else []), THEIRS[activation]()]
    return nn.Sequential(*layers, nn.Linear(20, C))


def copied(ours: StackedNetwork, m: int, activation: str, batch_norm: bool) -> nn.Sequential:
    theirs = their_network(activation, batch_norm)
    dense = [module for name, module in ours.features.named_children() if name.startswith("dense")] + [ours.head]
    with torch.no_grad():
        for linear, layer in zip((x for x in theirs if isinstance(x, nn.Linear)), dense, strict=True):
            linear.weight.copy_(layer.weight[m].T)
            linear.bias.copy_(layer.bias[m, 0])
    return theirs


def compare(options: dict[str, Any], optimizer: str) -> None:
    prepare_torch()
    numbers, rule, their_numbers = OPTIMIZERS[optimizer]
    network = StackedNetwork([mlp(width=20, **options)] * M, [0, 1, 2], (F,), C)
    activation, batch_norm = options.get("activation", "relu"), options.get("batch_norm", False)
    peers = [copied(network, m, activation, batch_norm) for m in range(M)]
    parameters, objective, totals_2M = (
        Parameters(network.parameters(), M),
        Objective(torch.ones(M, C)),
        torch.zeros(2, M),
    )
    ours = make_optimizer(parameters, [find_part("optimizer", kind_of(optimizer)).function(**numbers)] * M)
    theirs = [rule(peer.parameters(), **their_numbers) for peer in peers]
    generator = torch.Generator().manual_seed(0)
    for _ in range(10):
        x_MBF = torch.randn(M, B, F, generator=generator)
        y_MB = torch.randint(0, C, (M, B), generator=generator)
        with torch.no_grad():
            step(network, ours, (x_MBF, y_MB), objective, totals_2M)
        for m in range(M):
            theirs[m].zero_grad()
            nn.functional.cross_entropy(peers[m](x_MBF[m]), y_MB[m]).backward()
            theirs[m].step()
    network.eval()
    x_MBF = torch.randn(M, 50, F, generator=generator)
    with torch.no_grad():
        mine = torch.log_softmax(network(x_MBF), dim=2)
        for m in range(M):
            torch.testing.assert_close(
                mine[m], torch.log_softmax(peers[m].eval()(x_MBF[m]), dim=1), rtol=1e-4, atol=1e-5
            )


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_each_optimizer(optimizer: str) -> None:
    compare({}, optimizer)


@pytest.mark.parametrize("activation", THEIRS)
def test_each_activation(activation: str) -> None:
    compare({"activation": activation}, "momentum")


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_batch_norm_with_its_running_statistics(optimizer: str) -> None:
    compare({"batch_norm": True}, optimizer)


ALONE = {
    **{name: (name, numbers, rule, theirs) for name, (numbers, rule, theirs) in OPTIMIZERS.items()},
    "adam by default": ("adam", {}, torch.optim.Adam, {}),
    "adamw by default": ("adamw", {}, torch.optim.AdamW, {}),
    "sgd by default": ("sgd", {}, torch.optim.SGD, {"lr": 0.01}),
    "rmsprop by default": ("rmsprop", {}, torch.optim.RMSprop, {}),
}


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize("steps", [1, 10])
def test_updates_equal_pytorchs_own_within_a_millionth(name: str, steps: int) -> None:
    """Given the same gradients; PyTorch's plain loops, not the fused kernels that we use."""
    kind, numbers, rule, their_numbers = ALONE[name]
    generator = torch.Generator().manual_seed(4)
    gradients = torch.randn(steps, M, 64, generator=generator) * 10.0 ** -torch.arange(64).div(20)
    mine = nn.Parameter(torch.ones(M, 64))
    ours = make_optimizer(Parameters([mine], M), [find_part("optimizer", kind_of(kind)).function(**numbers)] * M)
    peer = torch.ones(M, 64, requires_grad=True)
    theirs = rule([peer], **their_numbers, foreach=False)
    for gradient in gradients:
        mine.grad.copy_(gradient)
        peer.grad = gradient.clone()
        ours.step()
        theirs.step()
    torch.testing.assert_close(mine.detach(), peer.detach(), rtol=0, atol=1e-6)
