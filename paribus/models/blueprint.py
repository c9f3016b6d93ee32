"""A network on paper: a tuple of layers, known before torch is imported.

A model family is a function from options to a blueprint; `network.py` builds the torch modules from it. Parameters and
operations can so be counted, and a study planned, without building anything. A shape is (feature,) or, for images,
(row, column, channel).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from paribus.errors import SpecError

Activation = Literal["relu", "tanh", "leaky_relu", "gelu", "sigmoid"]
Conventions = Literal["pytorch", "keras"]
Framework = Literal["pytorch", "keras", "sklearn"]
KernelSize = Literal[1, 3, 5, 7, 9, 11]
Units = Annotated[int, Field(ge=1, le=1_000_000)]
Depth = Annotated[int, Field(ge=1, le=1_000)]
Halvings = Annotated[int, Field(ge=1, le=20)]
Rate = Annotated[float, Field(ge=0, lt=1)]
Shape = tuple[int, ...]
Count = Callable[["Layer", "Shape"], int]


@dataclass(frozen=True)
class Dense:
    """A fully connected layer with `units` outputs."""

    units: int


@dataclass(frozen=True)
class Conv:
    """A convolution of odd kernel size, padded with zeros so that only `stride` changes the size."""

    filters: int
    kernel_size: int
    stride: int = 1


@dataclass(frozen=True)
class BatchNorm:
    """Normalization of each feature, or channel, over the batch, with learned scale and shift."""


@dataclass(frozen=True)
class Activate:
    """An elementwise non-linearity."""

    function: Activation


@dataclass(frozen=True)
class Dropout:
    """Zeroing of a share `rate` of the inputs while training."""

    rate: float


@dataclass(frozen=True)
class LocalResponseNorm:
    """Division of each channel by what its neighbours hold."""


@dataclass(frozen=True)
class MaxPool:
    """The largest value of each window of `size` by `size`; windows that stick out are left out."""

    size: int = 2
    stride: int = 2


@dataclass(frozen=True)
class AveragePool:
    """The mean of each channel."""


@dataclass(frozen=True)
class Flatten:
    """Images as rows of features."""


@dataclass(frozen=True)
class Residual:
    """inner(x) + shortcut(x), where an empty shortcut is x itself."""

    inner: tuple[Layer, ...]
    shortcut: tuple[Layer, ...] = ()


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
    conventions: Framework = "pytorch"
    images: bool = False

    @property
    def stacks(self) -> bool:
        """Whether a processor gains from training several such networks stacked; with convolutions it does not."""
        return not any(isinstance(layer, Conv) for layer in self.features)

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

    def parameters(self, item_shape: Shape, num_outputs: int) -> int:
        """Number of trained parameters.

        Args:
            item_shape: of the data set's items.
            num_outputs: of the head.

        Raises:
            SpecError: the network cannot take such items.
        """
        return _total(_parameters, (*self.features, Dense(num_outputs)), self.item_shape(item_shape))

    def operations(self, item_shape: Shape, num_outputs: int) -> int:
        """Multiplications and additions of a forward pass, an item; arguments as for `parameters`."""
        return _total(_operations, (*self.features, Dense(num_outputs)), self.item_shape(item_shape))


def shapes(layers: tuple[Layer, ...], shape: Shape) -> list[Shape]:
    """The shape before each layer, and after the last."""
    found = [shape]
    for layer in layers:
        found.append(shape_after(layer, found[-1]))
    return found


def shape_after(layer: Layer, shape: Shape) -> Shape:
    """Shape of the layer's output.

    Raises:
        SpecError: images are smaller than the window of a pooling.
    """
    match layer:
        case Dense(units):
            return (units,)
        case Conv(filters, _, stride):
            return -(-shape[0] // stride), -(-shape[1] // stride), filters
        case MaxPool(size, stride):
            return (*_pooled(shape[:2], size, stride), shape[2])
        case AveragePool() | Flatten():
            return (shape[2] if isinstance(layer, AveragePool) else math.prod(shape),)
        case Residual(inner):
            return shapes(inner, shape)[-1]
        case _:
            return shape


def _pooled(sides: Shape, size: int, stride: int) -> Shape:
    if min(sides) < size:
        raise SpecError(f"images shrink to {sides[0]} x {sides[1]} before a pooling of {size}: use fewer blocks.")
    return tuple((side - size) // stride + 1 for side in sides)


def _parameters(layer: Layer, shape: Shape) -> int:
    match layer:
        case Dense(units):
            return (math.prod(shape) + 1) * units
        case Conv(filters, kernel_size, _):
            return (shape[2] * kernel_size**2 + 1) * filters
        case BatchNorm():
            return 2 * shape[-1]
        case Residual(inner, shortcut):
            return _total(_parameters, inner, shape) + _total(_parameters, shortcut, shape)
        case _:
            return 0


def _operations(layer: Layer, shape: Shape) -> int:
    match layer:
        case Dense(units):
            return 2 * math.prod(shape) * units
        case Conv(_, kernel_size, _):
            return 2 * math.prod(shape_after(layer, shape)) * shape[2] * kernel_size**2
        case Residual(inner, shortcut):
            return _total(_operations, inner, shape) + _total(_operations, shortcut, shape)
        case _:
            return 0


def _total(count: Count, layers: tuple[Layer, ...], shape: Shape) -> int:
    return sum(count(layer, before) for layer, before in zip(layers, shapes(layers, shape), strict=False))
