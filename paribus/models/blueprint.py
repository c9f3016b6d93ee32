"""A network on paper: a tuple of layers, known before torch is imported.

A model family is a function from options to a blueprint; `network.py` builds the torch modules from it. Parameters and
operations can so be counted, and a study planned, without building anything. A shape is (feature,) or, for images,
(row, column, channel).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from paribus.errors import SpecError

Activation = Literal["relu", "tanh", "leaky_relu", "gelu", "sigmoid"]
Conventions = Literal["pytorch", "keras"]
KernelSize = Literal[1, 3, 5, 7, 9, 11]
Units = Annotated[int, Field(ge=1)]
Rate = Annotated[float, Field(ge=0, lt=1)]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Dense:
    """A fully connected layer with `units` outputs."""

    units: int

    def shape(self, shape: Shape) -> Shape:
        """Shape of the output."""
        return (self.units,)

    def parameters(self, shape: Shape) -> int:
        """Number of weights and biases."""
        return (math.prod(shape) + 1) * self.units

    def operations(self, shape: Shape) -> int:
        """Multiplications and additions of a forward pass, an item."""
        return 2 * math.prod(shape) * self.units


@dataclass(frozen=True)
class Conv:
    """A convolution of odd kernel size, padded with zeros so that only `stride` changes the size."""

    filters: int
    kernel_size: int
    stride: int = 1

    def shape(self, shape: Shape) -> Shape:
        """Shape of the output."""
        height, width, _ = shape
        return -(-height // self.stride), -(-width // self.stride), self.filters

    def parameters(self, shape: Shape) -> int:
        """Number of weights and biases."""
        return (shape[2] * self.kernel_size**2 + 1) * self.filters

    def operations(self, shape: Shape) -> int:
        """Multiplications and additions of a forward pass, an item."""
        return 2 * math.prod(self.shape(shape)) * shape[2] * self.kernel_size**2


class _Free:
    """What a layer without parameters and of unchanged shape says of itself."""

    def shape(self, shape: Shape) -> Shape:
        """Shape of the output."""
        return shape

    def parameters(self, shape: Shape) -> int:
        """None."""
        return 0

    def operations(self, shape: Shape) -> int:
        """Next to none."""
        return 0


@dataclass(frozen=True)
class BatchNorm(_Free):
    """Normalization of each feature, or channel, over the batch, with learned scale and shift."""

    def parameters(self, shape: Shape) -> int:
        """A scale and a shift each."""
        return 2 * shape[-1]


@dataclass(frozen=True)
class Activate(_Free):
    """An elementwise non-linearity."""

    function: Activation


@dataclass(frozen=True)
class Dropout(_Free):
    """Zeroing of a share `rate` of the inputs while training."""

    rate: float


@dataclass(frozen=True)
class LocalResponseNorm(_Free):
    """Division of each channel by what its neighbours hold."""


@dataclass(frozen=True)
class MaxPool(_Free):
    """The largest value of each window of `size` by `size`; windows that stick out are left out."""

    size: int = 2
    stride: int = 2

    def shape(self, shape: Shape) -> Shape:
        """Shape of the output.

        Raises:
            SpecError: the images are smaller than the window.
        """
        if min(shape[:2]) < self.size:
            raise SpecError(
                f"images shrink to {shape[0]} x {shape[1]} before a pooling of {self.size}: use fewer blocks."
            )
        height, width = ((side - self.size) // self.stride + 1 for side in shape[:2])
        return height, width, shape[2]


@dataclass(frozen=True)
class AveragePool(_Free):
    """The mean of each channel."""

    def shape(self, shape: Shape) -> Shape:
        """Shape of the output."""
        return (shape[2],)


@dataclass(frozen=True)
class Flatten(_Free):
    """Images as rows of features."""

    def shape(self, shape: Shape) -> Shape:
        """Shape of the output."""
        return (math.prod(shape),)


@dataclass(frozen=True)
class Residual:
    """inner(x) + shortcut(x), where an empty shortcut is x itself."""

    inner: tuple[Layer, ...]
    shortcut: tuple[Layer, ...] = ()

    def shape(self, shape: Shape) -> Shape:
        """Shape of the output."""
        return shapes(self.inner, shape)[-1]

    def parameters(self, shape: Shape) -> int:
        """Of both ways."""
        return sum(_total("parameters", way, shape) for way in (self.inner, self.shortcut))

    def operations(self, shape: Shape) -> int:
        """Of both ways."""
        return sum(_total("operations", way, shape) for way in (self.inner, self.shortcut))


Layer = Dense | Conv | BatchNorm | Activate | Dropout | LocalResponseNorm | MaxPool | AveragePool | Flatten | Residual


@dataclass(frozen=True)
class Blueprint:
    """The layers before the head; the head is a Dense layer.

    Args:
        features: the layers, in order.
        conventions: the framework whose defaults are used where frameworks differ.
        images: whether items are taken as (row, column, channel) rather than flat.
    """

    features: tuple[Layer, ...]
    conventions: Conventions = "pytorch"
    images: bool = False

    def item_shape(self, shape: Shape) -> Shape:
        """How the network sees a data set's items of `shape`: (side, side), (channel, row, column) or (feature,).

        Raises:
            SpecError: it needs images, but the items are none.
        """
        if not self.images:
            return (math.prod(shape),)
        if len(shape) == 2:
            return (*shape, 1)
        if len(shape) == 3:
            return (*shape[1:], shape[0])
        raise SpecError(f"this model needs images, but the items have shape {shape}; use linear, mlp or residual_mlp.")


def shapes(layers: tuple[Layer, ...], shape: Shape) -> list[Shape]:
    """The shape before each layer, and after the last."""
    found = [shape]
    for layer in layers:
        found.append(layer.shape(found[-1]))
    return found


def count_parameters(blueprint: Blueprint, item_shape: Shape, num_outputs: int) -> int:
    """Number of trained parameters for items of `item_shape`, as the data set has them, and `num_outputs` of the head.

    Raises:
        SpecError: the blueprint cannot take such items.
    """
    return _total("parameters", (*blueprint.features, Dense(num_outputs)), blueprint.item_shape(item_shape))


def count_operations(blueprint: Blueprint, item_shape: Shape, num_outputs: int) -> int:
    """Multiplications and additions of a forward pass, an item; arguments as for `count_parameters`."""
    return _total("operations", (*blueprint.features, Dense(num_outputs)), blueprint.item_shape(item_shape))


def _total(what: Literal["parameters", "operations"], layers: tuple[Layer, ...], shape: Shape) -> int:
    before = shapes(layers, shape)
    return sum(getattr(layer, what)(place) for layer, place in zip(layers, before, strict=False))
