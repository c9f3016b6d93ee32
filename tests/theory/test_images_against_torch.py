"""Image layers and networks against the same written with torch.nn, which has channels first."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from paribus.execution.worker import prepare_torch
from paribus.models import blueprint as paper
from paribus.models.blueprint import Blueprint
from paribus.models.families.alexnet import alexnet
from paribus.models.families.cnn import cnn
from paribus.models.families.residual_mlp import residual_mlp
from paribus.models.families.resnet import resnet
from paribus.models.layers.images import MaxPool
from paribus.models.layers.norms import LocalResponseNorm
from paribus.models.network import StackedNetwork
from paribus.models.parameters import Parameters
from paribus.training.objective import Objective
from paribus.training.optimizers.rule import make_optimizer
from paribus.training.optimizers.sgd import sgd
from paribus.training.step import step

ITEM, CLASSES = (3, 12, 16), 4


class ChannelsLastFlatten(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1).flatten(1)


class Skip(nn.Module):
    def __init__(self, inner: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.inner, self.shortcut = inner, shortcut

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x) + self.shortcut(x)


def cnn_peer() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 4, 5, padding=2), nn.BatchNorm2d(4), nn.LeakyReLU(), nn.MaxPool2d(2),
        nn.Conv2d(4, 8, 5, padding=2), nn.BatchNorm2d(8), nn.LeakyReLU(), nn.MaxPool2d(2),
        ChannelsLastFlatten(), nn.Linear(8 * 3 * 4, 10), nn.LeakyReLU(), nn.Linear(10, CLASSES),
    )  # fmt: skip


def alexnet_peer() -> nn.Module:
    norm = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=2.0)
    return nn.Sequential(
        nn.Conv2d(3, 96, 3, padding=1), nn.ReLU(), norm, nn.MaxPool2d(2),
        nn.Conv2d(96, 256, 3, padding=1), nn.ReLU(), norm, nn.MaxPool2d(2),
        nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(), nn.Conv2d(384, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2, 1), ChannelsLastFlatten(),
        nn.Linear(256 * 2 * 3, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, CLASSES),
    )  # fmt: skip


def resnet_peer() -> nn.Module:
    def inner(channels: int, filters: int, stride: int) -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(channels, filters, 3, stride, padding=1), nn.BatchNorm2d(filters), nn.ReLU(),
            nn.Conv2d(filters, filters, 3, padding=1), nn.BatchNorm2d(filters),
        )  # fmt: skip

    narrow = nn.Sequential(nn.Conv2d(4, 8, 1, 2), nn.BatchNorm2d(8))
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), Skip(inner(4, 4, 1), nn.Identity()), nn.ReLU(),
        Skip(inner(4, 8, 2), narrow), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, CLASSES),
    )  # fmt: skip


def residual_mlp_peer() -> nn.Module:
    def inner() -> nn.Module:
        return nn.Sequential(nn.Linear(9, 9), nn.BatchNorm1d(9), nn.ReLU(), nn.Linear(9, 9), nn.BatchNorm1d(9))

    return nn.Sequential(
        nn.Flatten(), nn.Linear(3 * 12 * 16, 9), nn.BatchNorm1d(9), nn.ReLU(),
        Skip(inner(), nn.Identity()), nn.ReLU(), Skip(inner(), nn.Identity()), nn.ReLU(), nn.Linear(9, CLASSES),
    )  # fmt: skip


def copy_weights(ours: StackedNetwork, m: int, theirs: nn.Module) -> None:
    """Both list their modules in the order of computation."""
    mine = [module for module in ours.modules() if hasattr(module, "weight")]
    peers = [module for module in theirs.modules() if hasattr(module, "weight")]
    with torch.no_grad():
        for source, target in zip(mine, peers, strict=True):
            weight = source.weight[m]
            target.weight.copy_(weight.T if isinstance(target, nn.Linear) else weight.view(target.weight.shape))
            target.bias.copy_(source.bias[m].flatten())


PEERS = {
    "cnn": (cnn(base_filters=4, blocks=2, kernel_size=5, dense_units=10, dropout=0.0), cnn_peer),
    "alexnet": (alexnet(dropout=0.0), alexnet_peer),
    "resnet": (resnet(base_filters=4, stages=2), resnet_peer),
    "residual_mlp": (residual_mlp(width=9, blocks=2), residual_mlp_peer),
}


@pytest.mark.parametrize("name", PEERS)
def test_three_steps_equal_pytorchs(name: str) -> None:
    prepare_torch()
    blueprint, make_peer = PEERS[name]
    assert isinstance(blueprint, Blueprint)
    network = StackedNetwork([blueprint] * 2, [0, 1], ITEM, CLASSES)
    peers = [make_peer() for _ in range(2)]
    for m, peer in enumerate(peers):
        copy_weights(network, m, peer)
    mine = make_optimizer(Parameters(network.parameters(), 2), [sgd(lr=0.05, momentum=0.9)] * 2)
    objective, totals_2M = Objective(torch.ones(2, CLASSES)), torch.zeros(2, 2)
    theirs = [torch.optim.SGD(peer.parameters(), lr=0.05, momentum=0.9) for peer in peers]
    generator = torch.Generator().manual_seed(0)
    for _ in range(3):
        x, y_MB = torch.randn(2, 8, *ITEM, generator=generator), torch.randint(0, CLASSES, (2, 8), generator=generator)
        with torch.no_grad():
            step(network, mine, (x.flatten(2), y_MB), objective, totals_2M)
        for m, peer in enumerate(peers):
            theirs[m].zero_grad()
            functional.cross_entropy(peer(x[m]), y_MB[m]).backward()
            theirs[m].step()
    x = torch.randn(2, 8, *ITEM, generator=generator)
    network.eval()
    with torch.no_grad():
        scores = network(x.flatten(2))
        for m, peer in enumerate(peers):
            torch.testing.assert_close(scores[m], peer.eval()(x[m]), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (0, 1, 4, 2, 3)], ids=["channels last", "channels first"])
def test_local_response_norm_and_its_gradient_equal_pytorchs(order: tuple[int, ...]) -> None:
    """Whatever the order in memory, which that of a convolution of one channel is not sure of."""
    x = torch.randn(2, 3, 5, 4, 7, generator=torch.Generator().manual_seed(0)) * 30
    back = [order.index(axis) for axis in range(5)]
    mine = x.permute(order).contiguous().permute(back)
    theirs = x.flatten(0, 1).permute(0, 3, 1, 2).clone().requires_grad_()
    ours, pullback = LocalResponseNorm(paper.LocalResponseNorm()).vjp(mine)
    peer = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=2.0)(theirs)
    torch.testing.assert_close(ours.flatten(0, 1).permute(0, 3, 1, 2), peer, rtol=1e-5, atol=1e-6)
    slope = torch.randn(peer.shape, generator=torch.Generator().manual_seed(1))
    (peer * slope).sum().backward()
    grad = pullback(slope.permute(0, 2, 3, 1).view(ours.shape))
    torch.testing.assert_close(grad.flatten(0, 1).permute(0, 3, 1, 2), theirs.grad, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("size", "stride"), [(2, 2), (2, 1), (3, 2)])
def test_max_pool_and_its_gradient_equal_pytorchs(size: int, stride: int) -> None:
    x = torch.randn(2, 3, 5, 8, 7, generator=torch.Generator().manual_seed(0))
    theirs = x.flatten(0, 1).permute(0, 3, 1, 2).clone().requires_grad_()
    peer, pool = nn.MaxPool2d(size, stride)(theirs), MaxPool(size, stride)
    ours, back = pool.vjp(x)
    assert torch.equal(ours, pool(x))
    assert torch.equal(ours.flatten(0, 1).permute(0, 3, 1, 2), peer)
    slope = torch.randn(peer.shape, generator=torch.Generator().manual_seed(1))
    (peer * slope).sum().backward()
    grad = back(slope.permute(0, 2, 3, 1).view(ours.shape))
    torch.testing.assert_close(grad.flatten(0, 1).permute(0, 3, 1, 2), theirs.grad)
