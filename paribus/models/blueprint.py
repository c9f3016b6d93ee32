"""A network on paper: a tuple of layers, known before torch is imported.

A model family is a function from options to a blueprint; `network.py` builds the torch modules from it. Parameters can
so be counted, and a study planned, without building anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

Activation = Literal["relu", "tanh", "leaky_relu", "gelu", "sigmoid"]
Conventions = Literal["pytorch", "keras"]
Units = Annotated[int, Field(ge=1)]
Rate = Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True)
class Dense:
    """A fully connected layer with `units` outputs."""

    units: int


@dataclass(frozen=True)
class BatchNorm:
    """Normalization of each feature over the batch, with learned scale and shift."""


@dataclass(frozen=True)
class Activate:
    """An elementwise non-linearity."""

    function: Activation


@dataclass(frozen=True)
class Dropout:
    """Zeroing of a share `rate` of the inputs while training."""

    rate: float


Layer = Dense | BatchNorm | Activate | Dropout


@dataclass(frozen=True)
class Blueprint:
    """The layers before the head; the head is a Dense layer with one output a class."""

    features: tuple[Layer, ...]
    conventions: Conventions = "pytorch"


def count_parameters(blueprint: Blueprint, num_inputs: int, num_classes: int) -> int:
    """Number of trained parameters of the network that `blueprint` gives for items of `num_inputs` features."""
    total, width = 0, num_inputs
    for layer in (*blueprint.features, Dense(num_classes)):
        if isinstance(layer, Dense):
            total += (width + 1) * layer.units
            width = layer.units
        elif isinstance(layer, BatchNorm):
            total += 2 * width
    return total
