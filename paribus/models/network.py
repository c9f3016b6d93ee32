"""M networks in one module, built from their blueprints."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from paribus.models import blueprint as paper
from paribus.models import layers
from paribus.models.blueprint import Blueprint, Conventions
from paribus.planning.streams import stream


class Network(nn.Module):
    """Networks of equal structure, one a run: `features`, then `head`, whose outputs are scores in nats.

    Args:
        blueprints: one a run; they may differ in dropout rates only.
        seeds: one a run; equal layers of runs of one seed start equal, whatever surrounds them.
        num_inputs: features of an item.
        num_classes: classes to tell apart.
        sigmoid: one output for two classes; the other class' score is 0.
    """

    def __init__(
        self,
        blueprints: Sequence[Blueprint],
        seeds: Sequence[int],
        num_inputs: int,
        num_classes: int,
        sigmoid: bool = False,
    ) -> None:
        super().__init__()
        self.sigmoid = sigmoid
        conventions = blueprints[0].conventions
        self.features = nn.Sequential()
        width = num_inputs
        for position in zip(*(b.features for b in blueprints), strict=True):
            name, module, width = _build(position, width, conventions)
            number = sum(known.startswith(name) for known, _ in self.features.named_children())
            self.features.add_module(f"{name}_{number}", module)
        self.head = layers.Dense(len(blueprints), width, 1 if sigmoid else num_classes)
        for path, module in self.named_modules():
            if isinstance(module, layers.Dense):
                _initialize(module, path, seeds, conventions)

    def forward(self, x_MBF: Tensor) -> Tensor:
        """Shape (run, row, feature) to (run, row, class)."""
        scores = self.head(self.features(x_MBF))
        return torch.cat([torch.zeros_like(scores), scores], dim=2) if self.sigmoid else scores

    @property
    def kernels(self) -> list[nn.Parameter]:
        """Weights of the dense layers, the head's too: what an L2 penalty is about."""
        return [module.weight for module in self.modules() if isinstance(module, layers.Dense)]

    def set_streams(self, streams: Sequence[np.random.Generator]) -> None:
        """Give every dropout layer the random streams to draw from, one a run."""
        for module in self.features:
            if isinstance(module, layers.Dropout):
                module.streams = streams


def _build(position: Sequence[paper.Layer], width: int, conventions: Conventions) -> tuple[str, nn.Module, int]:
    """The module for one layer of each run: its name, itself, and the width of its output."""
    match position[0]:
        case paper.Dense(units):
            return "dense", layers.Dense(len(position), width, units), units
        case paper.BatchNorm():
            return "batch_norm", layers.BatchNorm(len(position), width, conventions), width
        case paper.Activate(function):
            return "activation", layers.Activate(function, conventions), width
        case paper.Dropout():
            rates = [layer.rate for layer in position if isinstance(layer, paper.Dropout)]
            return "dropout", layers.Dropout(rates), width


def _initialize(layer: layers.Dense, path: str, seeds: Sequence[int], conventions: Conventions) -> None:
    """Draw initial weights from each run's own stream.

    Source: `pytorch` is the default of `torch.nn.Linear`, weights and biases uniform within 1 / sqrt(fan_in); `keras`
    that of `keras.layers.Dense`, weights uniform within sqrt(6 / (fan_in + fan_out)), biases 0 (Glorot & Bengio 2010,
    equation 16).
    """
    _, fan_in, fan_out = layer.weight.shape
    bound = 1 / math.sqrt(fan_in) if conventions == "pytorch" else math.sqrt(6 / (fan_in + fan_out))
    with torch.no_grad():
        for m, seed in enumerate(seeds):
            rng = stream(seed, "init", path, fan_in, fan_out)
            layer.weight[m] = _uniform(rng, (fan_in, fan_out), bound)
            if conventions == "pytorch":
                layer.bias[m] = _uniform(rng, (1, fan_out), bound)


def _uniform(rng: np.random.Generator, shape: tuple[int, int], bound: float) -> Tensor:
    return torch.from_numpy(((rng.random(shape) * 2 - 1) * bound).astype(np.float32))
