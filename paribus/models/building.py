"""From a network on paper to the modules of its runs, and their initial weights."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from paribus.models import blueprint as paper
from paribus.models import layers
from paribus.models.blueprint import Blueprint
from paribus.models.layers import images
from paribus.planning.streams import stream

Weighted = layers.Dense | images.Conv
"""Layers whose weights are drawn, and are what an L2 penalty is about."""


class Builder:
    """Builds modules of M runs from the same place of each run's blueprint."""

    def __init__(self, num_runs: int, conventions: paper.Framework) -> None:
        self.num_runs = num_runs
        self.conventions: paper.Framework = conventions

    def sequence(self, ways: Sequence[Sequence[paper.Layer]], shape: paper.Shape) -> nn.Sequential:
        """The modules of a row of layers, named by their kind and number: dense_0, activation_0, dense_1."""
        modules = nn.Sequential()
        for position in zip(*ways, strict=True):
            name, module = self._module(position, shape)
            number = sum(other.startswith(name) for other, _ in modules.named_children())
            modules.add_module(f"{name}_{number}", module)
            shape = position[0].shape_after(shape)
        return modules

    def _module(self, position: Sequence[paper.Layer], shape: paper.Shape) -> tuple[str, nn.Module]:
        match position[0]:
            case paper.Dense(units):
                return "dense", layers.Dense(self.num_runs, shape[0], units)
            case paper.BatchNorm():
                normalize = images.normalize_images if len(shape) == 3 else layers.normalize
                return "batch_norm", layers.BatchNorm(self.num_runs, shape[-1], self.conventions, normalize)
            case paper.Activate(function):
                return "activation", layers.Activate(function, self.conventions)
            case paper.Dropout():
                return "dropout", layers.Dropout([layer.rate for layer in position if isinstance(layer, paper.Dropout)])
            case paper.Residual():
                each = [layer for layer in position if isinstance(layer, paper.Residual)]
                ways = [layer.inner for layer in each], [layer.shortcut for layer in each]
                return "residual", layers.Residual(*(self.sequence(way, shape) for way in ways))
            case layer:
                return _image_module(layer, self.num_runs, shape[-1])


def _image_module(layer: paper.Layer, num_runs: int, channels: int) -> tuple[str, nn.Module]:
    match layer:
        case paper.Conv(filters, kernel_size, stride):
            return "conv", images.Conv(num_runs, channels, filters, kernel_size, stride)
        case paper.MaxPool(size, stride):
            return "max_pool", images.MaxPool(size, stride)
        case paper.AveragePool():
            return "average_pool", images.AveragePool()
        case paper.LocalResponseNorm():
            return "local_response_norm", images.LocalResponseNorm()
        case paper.Flatten():
            return "flatten", images.Flatten()
        case _:
            raise AssertionError(f"no module is made of {layer}")


def initialize(layer: Weighted, path: str, seeds: Sequence[int], blueprint: Blueprint) -> None:
    """Draw initial weights from each run's own stream.

    Source: `pytorch` is the default of `torch.nn.Linear` and `Conv2d`, weights and biases uniform within
    1 / sqrt(fan_in); `keras` that of `Dense` and `Conv2D`, weights uniform within sqrt(6 / (fan_in + fan_out)),
    biases 0 (Glorot & Bengio 2010, equation 16); `sklearn` that of `MLPClassifier`, the same with biases within the
    same bound, and 2 for 6 where units are logistic.
    """
    shape = tuple(layer.weight.shape[1:])
    fan_in, fan_out = layer.fans
    conventions = blueprint.conventions
    logistic = conventions == "sklearn" and paper.Activate("sigmoid") in blueprint.features
    glorot = math.sqrt((2 if logistic else 6) / (fan_in + fan_out))
    bound = 1 / math.sqrt(fan_in) if conventions == "pytorch" else glorot
    with torch.no_grad():
        for m, seed in enumerate(seeds):
            rng = stream(seed, "init", path, *shape)
            layer.weight[m] = _uniform(rng, shape, bound)
            if conventions != "keras":
                layer.bias[m] = _uniform(rng, tuple(layer.bias.shape[1:]), bound)


def _uniform(rng: np.random.Generator, shape: tuple[int, ...], bound: float) -> Tensor:
    return torch.from_numpy(((rng.random(shape) * 2 - 1) * bound).astype(np.float32))
