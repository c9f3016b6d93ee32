"""M networks in one module, built from their blueprints."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from paribus.models import blueprint as paper
from paribus.models import layers
from paribus.models.blueprint import Blueprint, Init
from paribus.planning.streams import stream


class Network(nn.Module):
    """Networks of equal structure, one a run: `features`, then `head`, whose outputs are scores in nats.

    Args:
        blueprints: one a run; they may differ in dropout rates only.
        seeds: one a run; equal layers of runs of one seed start equal, whatever surrounds them.
        num_inputs: features of an item.
        num_classes: outputs of the head.
    """

    def __init__(
        self, blueprints: Sequence[Blueprint], seeds: Sequence[int], num_inputs: int, num_classes: int
    ) -> None:
        super().__init__()
        self.features = nn.Sequential()
        width = num_inputs
        for position in zip(*(b.features for b in blueprints), strict=True):
            name, module, width = _build(position, width)
            number = sum(known.startswith(name) for known, _ in self.features.named_children())
            self.features.add_module(f"{name}_{number}", module)
        self.head = layers.Dense(len(blueprints), width, num_classes)
        for path, module in self.named_modules():
            if isinstance(module, layers.Dense):
                _initialize(module, path, seeds, blueprints[0].init)

    def forward(self, x_MBF: Tensor) -> Tensor:
        """Shape (run, row, feature) to (run, row, class)."""
        return self.head(self.features(x_MBF))

    def set_streams(self, streams: Sequence[np.random.Generator]) -> None:
        """Give every dropout layer the random streams to draw from, one a run."""
        for module in self.features:
            if isinstance(module, layers.Dropout):
                module.streams = streams


def _build(position: Sequence[paper.Layer], width: int) -> tuple[str, nn.Module, int]:
    """The module for one layer of each run: its name, itself, and the width of its output."""
    match position[0]:
        case paper.Dense(units):
            return "dense", layers.Dense(len(position), width, units), units
        case paper.BatchNorm():
            return "batch_norm", layers.BatchNorm(len(position), width), width
        case paper.Activate(function):
            return "activation", layers.Activate(function), width
        case paper.Dropout():
            rates = [layer.rate for layer in position if isinstance(layer, paper.Dropout)]
            return "dropout", layers.Dropout(rates), width


def _initialize(layer: layers.Dense, path: str, seeds: Sequence[int], init: Init) -> None:
    """Draw initial weights from each run's own stream.

    Source: `pytorch` is the default of `torch.nn.Linear`, weights and biases uniform within 1 / sqrt(fan_in); `keras`
    that of `keras.layers.Dense`, weights uniform within sqrt(6 / (fan_in + fan_out)), biases 0 (Glorot & Bengio 2010,
    equation 16).
    """
    _, fan_in, fan_out = layer.weight.shape
    bound = 1 / math.sqrt(fan_in) if init == "pytorch" else math.sqrt(6 / (fan_in + fan_out))
    with torch.no_grad():
        for m, seed in enumerate(seeds):
            rng = stream(seed, "init", path, fan_in, fan_out)
            layer.weight[m] = _uniform(rng, (fan_in, fan_out), bound)
            if init == "pytorch":
                layer.bias[m] = _uniform(rng, (1, fan_out), bound)


def _uniform(rng: np.random.Generator, shape: tuple[int, int], bound: float) -> Tensor:
    return torch.from_numpy(((rng.random(shape) * 2 - 1) * bound).astype(np.float32))
