"""Listed layers, forward and back, against the same written with torch.nn; and four notebooks' networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from test_images_against_torch import ChannelsLastFlatten, Skip
from torch import Tensor, nn

from paribus.execution.worker import prepare_torch
from paribus.models import Blueprint
from paribus.models.network import StackedNetwork
from paribus.planning import stream
from paribus.spec import StudySpec
from paribus.training.optimizers.rule import optimizer_of

pytestmark = [
    pytest.mark.usefixtures("either_way"),
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel"),
]

CLASSES, B, M = 4, 6, 2


class Pixels(nn.Module):
    """A layer on the channels of each pixel."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class TensorFlowsLRN(nn.Module):
    """The formula of `tf.nn.local_response_normalization`, channel by channel."""

    def __init__(self, depth_radius: int = 5, bias: float = 1.0, alpha: float = 1.0, beta: float = 0.5) -> None:
        super().__init__()
        self.numbers = depth_radius, bias, alpha, beta

    def forward(self, x: Tensor) -> Tensor:
        radius, bias, alpha, beta = self.numbers
        sums = [x[:, max(c - radius, 0) : c + radius + 1].square().sum(1) for c in range(x.shape[1])]
        return x / (bias + alpha * torch.stack(sums, 1)) ** beta


def images(*layers: nn.Module, features: int) -> nn.Module:
    return nn.Sequential(*layers, ChannelsLastFlatten(), nn.Linear(features, CLASSES))


def narrower() -> nn.Module:
    inner = nn.Sequential(nn.Conv2d(5, 6, 3, 2, padding=1), nn.BatchNorm2d(6), nn.ReLU())
    return Skip(inner, nn.Sequential(nn.Conv2d(5, 6, 1, 2), nn.GroupNorm(2, 6)))


SMALL = 3, 7, 6
CASES: dict[str, tuple[list[Any], Any]] = {
    "same": ([{"conv": 5}, "flatten"], lambda: images(nn.Conv2d(3, 5, 3, padding=1), features=5 * 42)),
    "same, even": (
        [{"conv": {"filters": 5, "kernel_size": 4}}, "flatten"],
        lambda: images(nn.Conv2d(3, 5, 4, padding="same"), features=5 * 42),
    ),
    "same, no bias": (
        [{"conv": {"filters": 5, "bias": False}}, "flatten"],
        lambda: images(nn.Conv2d(3, 5, 3, padding=1, bias=False), features=5 * 42),
    ),
    "valid": (
        [{"conv": {"filters": 5, "padding": "valid"}}, "flatten"],
        lambda: images(nn.Conv2d(3, 5, 3), features=5 * 20),
    ),
    "valid, even, strided": (
        [{"conv": {"filters": 5, "kernel_size": 2, "stride": 2, "padding": "valid"}}, "flatten"],
        lambda: images(nn.Conv2d(3, 5, 2, 2), features=5 * 9),
    ),
    "valid, one pixel, strided": (
        [{"conv": {"filters": 5, "kernel_size": 1, "stride": 3, "padding": "valid"}}, "flatten"],
        lambda: images(nn.Conv2d(3, 5, 1, 3), features=5 * 6),
    ),
    "same, strided": (
        [{"conv": {"filters": 5, "stride": 2}}, "flatten"],
        lambda: images(nn.Conv2d(3, 5, 3, 2, padding=1), features=5 * 12),
    ),
    "depthwise": (
        ["depthwise_conv", "flatten"],
        lambda: images(nn.Conv2d(3, 3, 3, padding=1, groups=3), features=3 * 42),
    ),
    "depthwise, several, strided": (
        [{"depthwise_conv": {"kernel_size": 3, "multiplier": 2, "stride": 2, "padding": "valid"}}, "flatten"],
        lambda: images(nn.Conv2d(3, 6, 3, 2, groups=3), features=6 * 6),
    ),
    "max pool": ([{"max_pool": {"size": 3, "stride": 2}}, "flatten"], lambda: images(nn.MaxPool2d(3, 2), features=18)),
    "average pool": ([{"average_pool": 2}, "flatten"], lambda: images(nn.AvgPool2d(2), features=27)),
    "overlapping average pool": (
        [{"average_pool": {"size": 3, "stride": 1}}, "flatten"],
        lambda: images(nn.AvgPool2d(3, 1), features=60),
    ),
    "global average pool": (
        ["global_average_pool"],
        lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, CLASSES)),
    ),
    "batch norm of channels": (
        [{"conv": 5}, {"batch_norm": {"momentum": 0.3, "epsilon": 0.1}}, "flatten"],
        lambda: images(nn.Conv2d(3, 5, 3, padding=1), nn.BatchNorm2d(5, eps=0.1, momentum=0.3), features=5 * 42),
    ),
    "batch norm of features": (
        ["flatten", {"dense": 9}, {"batch_norm": {"momentum": 0.3, "epsilon": 0.1}}],
        lambda: nn.Sequential(
            nn.Flatten(), nn.Linear(126, 9), nn.BatchNorm1d(9, eps=0.1, momentum=0.3), nn.Linear(9, CLASSES)
        ),
    ),
    "layer norm of channels": (
        [{"conv": 5}, {"layer_norm": {"epsilon": 0.1}}, "flatten"],
        lambda: images(nn.Conv2d(3, 5, 3, padding=1), Pixels(nn.LayerNorm(5, eps=0.1)), features=5 * 42),
    ),
    "layer norm of features": (
        ["flatten", {"dense": 9}, "layer_norm", "tanh"],
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(126, 9), nn.LayerNorm(9), nn.Tanh(), nn.Linear(9, CLASSES)),
    ),
    "group norm of channels": (
        [{"conv": 6}, {"group_norm": {"groups": 3, "epsilon": 0.1}}, "flatten"],
        lambda: images(nn.Conv2d(3, 6, 3, padding=1), nn.GroupNorm(3, 6, eps=0.1), features=6 * 42),
    ),
    "group norm of features": (
        ["flatten", {"dense": 8}, {"group_norm": 2}, "gelu"],
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(126, 8), nn.GroupNorm(2, 8), nn.GELU(), nn.Linear(8, CLASSES)),
    ),
    "responses as in PyTorch": (
        [{"conv": 7}, {"local_response_norm": {"size": 3, "alpha": 0.3, "beta": 0.6, "k": 1.5}}, "flatten"],
        lambda: images(nn.Conv2d(3, 7, 3, padding=1), nn.LocalResponseNorm(3, 0.3, 0.6, 1.5), features=7 * 42),
    ),
    "responses as in TensorFlow": (
        [{"conv": 9}, {"local_response_norm": {"depth_radius": 5, "alpha": 1, "beta": 0.5, "k": 1}}, "flatten"],
        lambda: images(nn.Conv2d(3, 9, 3, padding=1), TensorFlowsLRN(), features=9 * 42),
    ),
    "responses of the paper": (
        [{"conv": 7}, "local_response_norm", "flatten"],
        lambda: images(nn.Conv2d(3, 7, 3, padding=1), nn.LocalResponseNorm(5, k=2.0), features=7 * 42),
    ),
    "a slope": (
        ["flatten", {"dense": {"units": 9, "bias": False}}, {"activation": {"function": "leaky_relu", "slope": 0.1}}],
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(126, 9, bias=False), nn.LeakyReLU(0.1), nn.Linear(9, CLASSES)),
    ),
    "a block": (
        [
            {"conv": 5},
            {
                "residual": {
                    "inner": [{"conv": {"filters": 6, "stride": 2}}, "batch_norm", "relu"],
                    "shortcut": [{"conv": {"filters": 6, "kernel_size": 1, "stride": 2}}, {"group_norm": 2}],
                }
            },
            "sigmoid",
            "flatten",
        ],
        lambda: images(nn.Conv2d(3, 5, 3, padding=1), narrower(), nn.Sigmoid(), features=6 * 12),
    ),
}


def drop_nothing(layers: list[Any]) -> list[Any]:
    return [{"dropout": 0.0} if isinstance(layer, dict) and "dropout" in layer else layer for layer in layers]


def block(filters: int) -> list[Any]:
    return [{"conv": filters}, "batch_norm", "leaky_relu", "max_pool", {"dropout": 0.5}]


def their_block(channels: int, filters: int) -> list[nn.Module]:
    norm = nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01)
    return [nn.Conv2d(channels, filters, 3, padding=1), norm, nn.LeakyReLU(0.3), nn.MaxPool2d(2), nn.Dropout(0.5)]


def keras_norm(features: int) -> nn.Module:
    return nn.BatchNorm1d(features, eps=1e-3, momentum=0.01)


def alexnet_peer() -> nn.Module:
    layers: list[nn.Module] = [nn.Conv2d(3, 96, 3, padding=1), TensorFlowsLRN(), nn.ReLU(), nn.MaxPool2d(2)]
    layers += [nn.Conv2d(96, 256, 3, padding=1), TensorFlowsLRN(), nn.ReLU(), nn.MaxPool2d(2)]
    for channels, filters in ((256, 384), (384, 384), (384, 256)):
        layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU()]
    dense = nn.Linear(256 * 4, 512), nn.ReLU(), nn.Dropout(0.5), nn.Linear(512, 512), nn.ReLU(), nn.Dropout(0.5)
    return nn.Sequential(*layers, nn.MaxPool2d(2, 1), ChannelsLastFlatten(), *dense, nn.Linear(512, CLASSES))


def residual_peer() -> nn.Module:
    def inner() -> nn.Module:
        return nn.Sequential(
            nn.Linear(16, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 16), nn.BatchNorm1d(16)
        )  # fmt: skip

    layers: list[nn.Module] = [nn.Flatten(), nn.Linear(3 * 12 * 12, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2)]
    for _ in range(3):
        layers += [Skip(inner(), nn.Identity()), nn.ReLU(), nn.Dropout(0.2)]
    return nn.Sequential(*layers, nn.Linear(16, CLASSES))


RADIUS_5 = {"local_response_norm": {"depth_radius": 5, "alpha": 1, "beta": 0.5, "k": 1}}
INNER = [{"dense": 16}, "batch_norm", "relu", {"dense": 16}, "batch_norm"]
NOTEBOOKS: dict[str, tuple[str, list[Any], Any]] = {
    "1, batch norm after the activation": (
        "keras",
        [
            layer
            for units in (512, 256)
            for layer in ({"dense": {"units": units, "l2": 0.001}}, "relu", "batch_norm", {"dropout": 0.3})
        ],
        lambda: nn.Sequential(
            nn.Flatten(), nn.Linear(432, 512), nn.ReLU(), keras_norm(512), nn.Dropout(0.3),
            nn.Linear(512, 256), nn.ReLU(), keras_norm(256), nn.Dropout(0.3), nn.Linear(256, CLASSES),
        ),
    ),
    "2, dropout in each block": (
        "keras",
        [*block(32), *block(64), *block(128), "flatten", {"dense": 128}, "relu", {"dropout": 0.5}],
        lambda: nn.Sequential(
            *their_block(3, 32), *their_block(32, 64), *their_block(64, 128), ChannelsLastFlatten(),
            nn.Linear(128, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, CLASSES),
        ),
    ),
    "2, responses before the activation": (
        "keras",
        [
            *[layer for filters in (96, 256) for layer in ({"conv": filters}, RADIUS_5, "relu", "max_pool")],
            *[layer for filters in (384, 384, 256) for layer in ({"conv": filters}, "relu")],
            {"max_pool": {"size": 2, "stride": 1}},
            "flatten",
            *[layer for _ in range(2) for layer in ({"dense": 512}, "relu", {"dropout": 0.5})],
        ],
        alexnet_peer,
    ),
    "3, a penalty on each kernel": (
        "keras",
        [layer for n in (128, 64) for layer in ({"dense": {"units": n, "l2": 0.01}}, "relu", {"dropout": 0.2})],
        lambda: nn.Sequential(
            nn.Flatten(), nn.Linear(432, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 64), nn.ReLU(),
            nn.Dropout(0.2), nn.Linear(64, CLASSES),
        ),
    ),
    "5, dropout after projection and blocks": (
        "pytorch",
        [
            *[{"dense": 16}, "batch_norm", "relu", {"dropout": 0.2}],
            *[layer for _ in range(3) for layer in ({"residual": INNER}, "relu", {"dropout": 0.2})],
        ],
        residual_peer,
    ),
    "5, a slope of a tenth": (
        "pytorch",
        [
            layer
            for _ in range(2)
            for layer in ({"dense": 16}, {"activation": {"function": "leaky_relu", "slope": 0.1}}, {"dropout": 0.2})
        ],
        lambda: nn.Sequential(
            nn.Flatten(), nn.Linear(432, 16), nn.LeakyReLU(0.1), nn.Dropout(0.2),
            nn.Linear(16, 16), nn.LeakyReLU(0.1), nn.Dropout(0.2), nn.Linear(16, CLASSES),
        ),
    ),
}  # fmt: skip


def study(layers: list[Any], **others: Any) -> StudySpec:
    model = {"kind": "sequential", "layers": layers, **others}
    return StudySpec.model_validate({"name": "a", "data": {"source": "none"}, "baseline": {"model": model}})


def blueprint(layers: list[Any], **others: Any) -> Blueprint:
    return study(layers, **others).recipe().built()[0]


def network_of(layers: list[Any], item: tuple[int, ...], **others: Any) -> StackedNetwork:
    prepare_torch()
    network = StackedNetwork([blueprint(layers, **others)] * M, list(range(M)), item, CLASSES)
    for parameter in network.parameters():
        parameter.grad = torch.full_like(parameter, torch.nan)  # written, never added to
    return network


def own(module: nn.Module) -> bool:
    return isinstance(getattr(module, "weight", None), nn.Parameter)


def pairs(ours: StackedNetwork, theirs: nn.Module) -> list[tuple[nn.Module, nn.Module]]:
    """Layers with weights; both list them in the order of computation."""
    return list(zip(filter(own, ours.modules()), filter(own, theirs.modules()), strict=True))


def give_weights(ours: StackedNetwork, m: int, theirs: nn.Module) -> None:
    generator = torch.Generator().manual_seed(m)
    for mine, peer in pairs(ours, theirs):
        assert isinstance(mine.weight, nn.Parameter)
        assert isinstance(peer.weight, nn.Parameter)
        drawn = torch.randn(peer.weight.shape, generator=generator) * (0.3 if peer.weight.dim() > 1 else 1)
        peer.weight.data.copy_(drawn / peer.weight[0].numel() ** 0.5)
        mine.weight.data[m].copy_(laid_out(peer, drawn / peer.weight[0].numel() ** 0.5).view(mine.weight.shape[1:]))
        assert (mine.bias is None) == (peer.bias is None)
        if isinstance(peer.bias, nn.Parameter):
            mine.bias.data[m].copy_(peer.bias.data.view(mine.bias.shape[1:]))


def laid_out(layer: nn.Module, values: Tensor) -> Tensor:
    return values.T if isinstance(layer, nn.Linear) else values


def batch(item: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(9)
    return torch.randn(M, B, *item, generator=generator), torch.randn(M, B, CLASSES, generator=generator)


def check(layers: list[Any], item: tuple[int, ...], make_peer: Any, **others: Any) -> None:
    """Scores, gradients and running statistics in training, and scores in evaluation."""
    network, (x, slope) = network_of(layers, item, **others), batch(item)
    peers = [make_peer() for _ in range(M)]
    for m, peer in enumerate(peers):
        give_weights(network, m, peer)
    for number in range(2):  # the second on what the first has recorded
        with torch.no_grad():
            scores, back = network.vjp(x.flatten(2))
            scores = scores.clone()
            back(slope)
        for m, peer in enumerate(peers):
            peer.zero_grad()
            theirs = peer(x[m])
            (theirs * slope[m]).sum().backward()
            torch.testing.assert_close(scores[m], theirs, rtol=1e-4, atol=1e-5)
            check_gradients(network, m, peer)
            if number == 1:
                with torch.no_grad():
                    torch.testing.assert_close(network(x.flatten(2))[m], peer.eval()(x[m]), rtol=1e-4, atol=1e-5)


def check_gradients(network: StackedNetwork, m: int, peer: nn.Module) -> None:
    for mine, theirs in pairs(network, peer):
        expected = laid_out(theirs, theirs.weight.grad)
        scale = float(expected.abs().max())
        torch.testing.assert_close(mine.weight.grad[m].reshape(expected.shape), expected, rtol=1e-3, atol=1e-4 * scale)
        if theirs.bias is not None:
            scale = float(theirs.bias.grad.abs().max())
            # before a batch norm it is 0 but for rounding
            torch.testing.assert_close(
                mine.bias.grad[m].flatten(), theirs.bias.grad, rtol=1e-3, atol=1e-4 * max(scale, 1)
            )


@pytest.mark.parametrize("name", CASES)
def test_forward_and_gradients(name: str) -> None:
    layers, make_peer = CASES[name]
    check(layers, SMALL, make_peer)


@pytest.mark.parametrize("name", CASES)
def test_the_gradient_of_the_input(name: str) -> None:
    """It is right if that of the weights before it is."""
    layers, make_peer = CASES[name]
    of_rows = layers[0] == "flatten"
    before: list[Any] = ["flatten", {"dense": 126}] if of_rows else [{"conv": {"filters": 3, "kernel_size": 1}}]

    def peer() -> nn.Module:
        their_before = (nn.Flatten(), nn.Linear(126, 126)) if of_rows else (nn.Conv2d(3, 3, 1),)
        return nn.Sequential(*their_before, make_peer())

    check([*before, *layers[of_rows:]], SMALL, peer)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_notebooks_networks(name: str) -> None:
    conventions, layers, make_peer = NOTEBOOKS[name]
    item = (3, 12, 12)
    network, (x, _) = network_of(layers, item, conventions=conventions), batch(item)
    network.set_streams([stream(m, "dropout", 0) for m in range(M)])
    with torch.no_grad():
        network.vjp(x.flatten(2))  # running statistics move
    for m in range(M):
        peer = make_peer().eval()
        give_weights(network, m, peer)
        norms = [module for module in network.modules() if hasattr(module, "running_mean")]
        for mine, theirs in zip(norms, (p for p in peer.modules() if hasattr(p, "running_mean")), strict=True):
            theirs.running_mean.copy_(mine.running_mean[m, 0])
            theirs.running_var.copy_(mine.running_var[m, 0])
        with torch.no_grad():
            torch.testing.assert_close(network(x.flatten(2))[m], peer(x[m]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in NOTEBOOKS if not name.startswith("2, resp")])
def test_the_notebooks_gradients_without_dropout(name: str) -> None:
    conventions, layers, make_peer = NOTEBOOKS[name]

    def peer() -> nn.Module:
        made = make_peer()
        for module in made.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
        return made

    network, (x, slope) = network_of(drop_nothing(layers), (3, 12, 12), conventions=conventions), batch((3, 12, 12))
    for m in range(M):
        theirs = peer()
        give_weights(network, m, theirs)
        with torch.no_grad():
            scores, back = network.vjp(x.flatten(2))
            back(slope)
        (theirs(x[m]) * slope[m]).sum().backward()
        torch.testing.assert_close(scores[m], theirs(x[m]), rtol=1e-4, atol=1e-4)
        check_gradients(network, m, theirs)


@pytest.mark.parametrize(("side", "zeros"), [(16, (0, 1)), (15, (1, 1))])
def test_keras_pads_a_strided_convolution_at_the_end(side: int, zeros: tuple[int, int]) -> None:
    """TensorFlow's `SAME`: max((ceil(side / stride) - 1) * stride + kernel - side, 0) zeros, the odd one last."""
    layers = [{"conv": {"filters": 5, "stride": 2}}, "flatten"]

    def peer() -> nn.Module:
        return images(nn.ZeroPad2d((*zeros, *zeros)), nn.Conv2d(2, 5, 3, 2), features=5 * 64)

    check(layers, (2, side, side), peer, conventions="keras")


def test_spatial_dropout_leaves_out_whole_channels() -> None:
    network = network_of([{"spatial_dropout": 0.4}, "flatten"], (50, 3, 3))
    network.set_streams([stream(m, "dropout", 0) for m in range(M)])
    module = network.features[0]
    out, back = module.vjp(torch.ones(M, B, 3, 3, 50))
    assert set(out.flatten(2, 3).std(2).unique().tolist()) == {0.0}
    kept = out[:, :, 0, 0]
    assert float((kept == 0).float().mean()) == pytest.approx(0.4, abs=5 * (0.24 / kept.numel()) ** 0.5)
    assert kept[kept > 0].unique().tolist() == pytest.approx([1 / 0.6], rel=2**-13)
    assert not torch.equal(kept[0], kept[1])
    assert torch.equal(back(torch.ones(M, B, 3, 3, 50)), out)
    assert module(out) is out


def test_penalties_of_layers_add_to_the_recipes() -> None:
    """Each step is down the gradient of slope * scores + l2 * squares + l1 * absolute values, by autograd."""
    layers = [{"dense": {"units": 9, "l2": 0.1}}, "tanh", {"dense": {"units": 8, "l1": 0.2, "l2": 0.03}}]
    recipe = study(layers, head={"l1": 0.05}).recipe({"l2": 0.01, "optimizer": {"kind": "sgd", "lr": 0.1}})
    network = StackedNetwork([recipe.built()[0]] * M, list(range(M)), (5,), CLASSES)
    optimizer = optimizer_of([recipe] * M, network)
    x, slope = batch((5,))
    theirs = [[weight.detach()[m].clone().requires_grad_() for weight in network.kernels] for m in range(M)]
    biases = [[module.bias.detach()[m] for module in network.modules() if own(module)] for m in range(M)]
    factors = [(0.11, 0.0), (0.04, 0.2), (0.01, 0.05)]
    for m, (kernels, (b0, b1, b2)) in enumerate(zip(theirs, biases, strict=True)):
        hidden = torch.tanh(x[m] @ kernels[0] + b0) @ kernels[1] + b1
        loss = ((hidden @ kernels[2] + b2) * slope[m]).sum()
        for kernel, (l2, l1) in zip(kernels, factors, strict=True):
            loss = loss + l2 * kernel.square().sum() + l1 * kernel.abs().sum()
        loss.backward()
    with torch.no_grad():
        network.vjp(x)[1](slope)
        optimizer.step()
    for m, kernels in enumerate(theirs):
        for mine, kernel in zip(network.kernels, kernels, strict=True):
            torch.testing.assert_close(mine[m], kernel - 0.1 * kernel.grad, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("conventions", ["pytorch", "keras"])
@pytest.mark.parametrize(
    ("init", "variance", "uniform"),
    [
        ("glorot_uniform", 2 / 500, True), ("glorot_normal", 2 / 500, False), ("he_uniform", 2 / 100, True),
        ("he_normal", 2 / 100, False), ("lecun_uniform", 1 / 100, True), ("lecun_normal", 1 / 100, False),
        ("pytorch", 1 / 300, True), ("zeros", 0, True),
    ],
)  # fmt: skip
def test_initial_weights(init: str, variance: float, uniform: bool, conventions: str) -> None:
    network = network_of([{"dense": {"units": 400, "init": init}}], (100,), conventions=conventions)
    weight = network.features[0].weight[0].detach().numpy().astype(float)
    deviation = variance**0.5
    assert weight.var() == pytest.approx(variance, rel=0.03)
    assert abs(weight.mean()) <= 4 * deviation / 200
    largest = np.abs(weight).max()
    if uniform:
        assert largest <= 3**0.5 * deviation
        return
    theirs = nn.Linear(100, 400)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        {"glorot_normal": nn.init.xavier_normal_, "he_normal": nn.init.kaiming_normal_}.get(
            init, lambda w: nn.init.normal_(w, std=0.1)
        )(theirs.weight)
    assert theirs.weight.var().item() == pytest.approx(variance, rel=0.03)
    assert (largest <= 2 * deviation / 0.8796) == (conventions == "keras")
