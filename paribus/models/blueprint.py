"""A network on paper: a tuple of layers, known before torch is imported.

A model family is a function from options to a blueprint; `building.py` makes the torch modules of it. Parameters and
operations can so be counted, and a study planned, without building anything. A shape is (feature,) or, for images,
(row, column, channel).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate
from typing import Annotated, ClassVar, Literal, Protocol

from pydantic import Field

from paribus.errors import SpecError
from paribus.spec import Recipe
from paribus.spec.parts import call_part

Activation = Literal["relu", "tanh", "leaky_relu", "gelu", "sigmoid"]
Conventions = Literal["pytorch", "keras"]
Framework = Literal["pytorch", "keras", "sklearn"]
KernelSize = Literal[1, 3, 5, 7, 9, 11]
Units = Annotated[int, Field(ge=1, le=1_000_000)]
Depth = Annotated[int, Field(ge=1, le=1_000)]
Halvings = Annotated[int, Field(ge=1, le=20)]
Rate = Annotated[float, Field(ge=0, lt=1)]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layer:
    """A layer on paper; by default one that keeps the shape and has nothing to train."""

    stacks: ClassVar[bool] = True
    """Whether a processor gains from training several such layers stacked."""

    def shape_after(self, shape: Shape) -> Shape:
        """Shape of the output, from that of the input.

        Raises:
            SpecError: images are smaller than the window of a pooling.
        """
        return shape

    def parameters(self, shape: Shape) -> int:  # noqa: ARG002  (others need it)
        """Number of trained parameters, by the shape of the input."""
        return 0

    def operations(self, shape: Shape) -> int:  # noqa: ARG002
        """Multiplications and additions of a forward pass per item, by the shape of the input."""
        return 0


@dataclass(frozen=True)
class Dense(Layer):
    """A fully connected layer with `units` outputs."""

    units: int

    def shape_after(self, shape: Shape) -> Shape:  # noqa: ARG002
        """One number per unit."""
        return (self.units,)

    def parameters(self, shape: Shape) -> int:
        """Weights and biases."""
        return (math.prod(shape) + 1) * self.units

    def operations(self, shape: Shape) -> int:
        """Of the product."""
        return 2 * math.prod(shape) * self.units


@dataclass(frozen=True)
class Conv(Layer):
    """A convolution of odd kernel size, padded with zeros so that only `stride` changes the size."""

    filters: int
    kernel_size: int
    stride: int = 1
    stacks: ClassVar[bool] = False

    def shape_after(self, shape: Shape) -> Shape:
        """One channel per filter."""
        return -(-shape[0] // self.stride), -(-shape[1] // self.stride), self.filters

    def parameters(self, shape: Shape) -> int:
        """Weights and biases."""
        return (shape[2] * self.kernel_size**2 + 1) * self.filters

    def operations(self, shape: Shape) -> int:
        """Of the products."""
        return 2 * math.prod(self.shape_after(shape)) * shape[2] * self.kernel_size**2


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Normalization of each feature, or channel, over the batch, with learned scale and shift."""

    def parameters(self, shape: Shape) -> int:
        """Scales and shifts."""
        return 2 * shape[-1]


@dataclass(frozen=True)
class Activate(Layer):
    """An elementwise non-linearity."""

    function: Activation


@dataclass(frozen=True)
class Dropout(Layer):
    """Zeroing of a share `rate` of the inputs while training."""

    rate: float


@dataclass(frozen=True)
class LocalResponseNorm(Layer):
    """Division of each channel by what its neighbours hold."""


@dataclass(frozen=True)
class MaxPool(Layer):
    """The largest value of each window of `size` by `size`; windows that stick out are left out."""

    size: int = 2
    stride: int = 2

    def shape_after(self, shape: Shape) -> Shape:
        """Rows and columns of windows."""
        sides = shape[:2]
        if min(sides) < self.size:
            raise SpecError(
                f"images shrink to {sides[0]} x {sides[1]} before a pooling of {self.size}: use fewer blocks."
            )
        return (*((side - self.size) // self.stride + 1 for side in sides), shape[2])


@dataclass(frozen=True)
class AveragePool(Layer):
    """The mean of each channel."""

    def shape_after(self, shape: Shape) -> Shape:
        """One number per channel."""
        return (shape[2],)


@dataclass(frozen=True)
class Flatten(Layer):
    """Images as rows of features."""

    def shape_after(self, shape: Shape) -> Shape:
        """One number per pixel and channel."""
        return (math.prod(shape),)


@dataclass(frozen=True)
class Residual(Layer):
    """inner(x) + shortcut(x), where an empty shortcut is x itself."""

    inner: tuple[Layer, ...]
    shortcut: tuple[Layer, ...] = ()

    def shape_after(self, shape: Shape) -> Shape:
        """That of the inner layers, and of the shortcut."""
        return shapes(self.inner, shape)[-1]

    def _layers(self, shape: Shape) -> list[tuple[Layer, Shape]]:
        return [*_each(self.inner, shape), *_each(self.shortcut, shape)]

    def parameters(self, shape: Shape) -> int:
        """Of both ways."""
        return sum(
            layer.parameters(before) for way in (self.inner, self.shortcut) for layer, before in _each(way, shape)
        )

    def operations(self, shape: Shape) -> int:
        """Of both ways."""
        return sum(
            layer.operations(before) for way in (self.inner, self.shortcut) for layer, before in _each(way, shape)
        )


class Model(Protocol):
    """What a model part returns, known before torch is imported: `Blueprint`, or `OwnModel`, of a user's function."""

    @property
    def stacks(self) -> bool:
        """Whether a processor gains from training several such networks stacked."""
        ...

    def item_shape(self, shape: Shape) -> Shape:
        """How the network sees a data set's items of `shape`."""
        ...

    def parameters(self, item_shape: Shape, num_outputs: int) -> int:
        """Number of trained parameters."""
        ...

    def operations(self, item_shape: Shape, num_outputs: int) -> int:
        """Multiplications and additions of a forward pass per item."""
        ...


def model_of(recipe: Recipe) -> Model:
    """The network on paper that the recipe asks for."""
    return call_part("model", recipe.model)


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
        return all(layer.stacks for layer in self.features)

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
        return sum(layer.parameters(shape) for layer, shape in self._layers(item_shape, num_outputs))

    def operations(self, item_shape: Shape, num_outputs: int) -> int:
        """Multiplications and additions of a forward pass, an item; arguments as for `parameters`."""
        return sum(layer.operations(shape) for layer, shape in self._layers(item_shape, num_outputs))

    def _layers(self, item_shape: Shape, num_outputs: int) -> list[tuple[Layer, Shape]]:
        """All layers, the head too, each with the shape of its input."""
        return _each((*self.features, Dense(num_outputs)), self.item_shape(item_shape))


def shapes(layers: tuple[Layer, ...], shape: Shape) -> list[Shape]:
    """The shape before each layer, and after the last.

    Raises:
        SpecError: images are smaller than the window of a pooling.
    """
    return list(accumulate(layers, lambda before, layer: layer.shape_after(before), initial=shape))


def _each(layers: tuple[Layer, ...], shape: Shape) -> list[tuple[Layer, Shape]]:
    """Layers with the shapes of their inputs."""
    return list(zip(layers, shapes(layers, shape), strict=False))
