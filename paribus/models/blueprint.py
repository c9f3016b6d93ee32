"""A network on paper: a tuple of layers, known before torch is imported.

A model family is a function from options to a blueprint; `building.py` makes the torch modules of it. Parameters and
operations can so be counted, and a study planned, without building anything. A shape is (feature,) or, for images,
(row, column, channel).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate, zip_longest
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
Init = Literal[
    "pytorch", "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal", "zeros"
]
Padding = Literal["same", "same_by_stride", "valid"]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Weights:
    """What holds for the weights of one layer.

    Args:
        bias: whether each output has a bias.
        init: how weights are drawn at first; by the conventions unless given.
        l2: factor of the sum of their squares in the loss, beside the recipe's own.
        l1: factor of the sum of their absolute values in the loss.
    """

    bias: bool = True
    init: Init | None = None
    l2: float = 0.0
    l1: float = 0.0


_PLAIN = Weights()


@dataclass(frozen=True)
class Layer:
    """A layer on paper; by default one that keeps the shape and has nothing to train."""

    stacks: ClassVar[bool] = True
    """Whether a processor gains from training several such layers stacked."""
    takes: ClassVar[int | None] = None
    """Axes of the input: 3 of images, 1 of features; None for either."""

    @property
    def gives(self) -> int | None:
        """Axes of the output; None for those of the input."""
        return self.takes

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
    weights: Weights = _PLAIN
    takes: ClassVar[int | None] = 1

    def shape_after(self, shape: Shape) -> Shape:  # noqa: ARG002
        """One number per unit."""
        return (self.units,)

    def parameters(self, shape: Shape) -> int:
        """Weights and biases."""
        return (math.prod(shape) + self.weights.bias) * self.units

    def operations(self, shape: Shape) -> int:
        """Of the product."""
        return 2 * math.prod(shape) * self.units


@dataclass(frozen=True)
class Conv(Layer):
    """A convolution.

    Args:
        filters: channels of the output.
        kernel_size: rows and columns that an output sees.
        stride: steps between outputs.
        padding: `same` adds zeros around, so that only `stride` changes the size; of an odd number the last side gets
            one more. `same_by_stride` adds no more of them than the windows reach, as TensorFlow does. `valid`: none.
        weights: of the kernels.
    """

    filters: int
    kernel_size: int
    stride: int = 1
    padding: Padding = "same"
    weights: Weights = _PLAIN
    stacks: ClassVar[bool] = False
    takes: ClassVar[int | None] = 3

    def zeros(self, side: int) -> tuple[int, int]:
        """Rows of zeros before and after images of `side` rows."""
        total = {
            "same": self.kernel_size - 1,
            "same_by_stride": max((-(-side // self.stride) - 1) * self.stride + self.kernel_size - side, 0),
            "valid": 0,
        }[self.padding]
        return total // 2, total - total // 2

    def shape_after(self, shape: Shape) -> Shape:
        """One channel per filter."""
        if self.padding != "valid":
            return -(-shape[0] // self.stride), -(-shape[1] // self.stride), self.filters
        return *_windows(shape, self.kernel_size, self.stride, "kernel"), self.filters

    def parameters(self, shape: Shape) -> int:
        """Weights and biases."""
        return (shape[2] * self.kernel_size**2 + self.weights.bias) * self.filters

    def operations(self, shape: Shape) -> int:
        """Of the products."""
        return 2 * math.prod(self.shape_after(shape)) * shape[2] * self.kernel_size**2


@dataclass(frozen=True)
class DepthwiseConv(Layer):
    """A convolution of each channel by itself; outputs of the first channel come first.

    Args:
        each: what each channel goes through.
    """

    each: Conv
    stacks: ClassVar[bool] = False
    takes: ClassVar[int | None] = 3

    def shape_after(self, shape: Shape) -> Shape:
        """So many channels for each."""
        return *self.each.shape_after(shape)[:2], shape[2] * self.each.filters

    def parameters(self, shape: Shape) -> int:
        """Weights and biases."""
        return shape[2] * self.each.parameters((*shape[:2], 1))

    def operations(self, shape: Shape) -> int:
        """Of the products."""
        return shape[2] * self.each.operations((*shape[:2], 1))


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Normalization of each feature, or channel, over the batch, with learned scale and shift.

    Args:
        momentum: of the running statistics, as the framework of the conventions means it; its default unless given.
        epsilon: added to the variance; the framework's unless given.
    """

    momentum: float | None = None
    epsilon: float | None = None

    def parameters(self, shape: Shape) -> int:
        """Scales and shifts."""
        return 2 * shape[-1]


@dataclass(frozen=True)
class LayerNorm(Layer):
    """Normalization of each row's features, or each pixel's channels, with learned scales and shifts.

    Args:
        epsilon: added to the variance; that of the conventions' framework unless given.
    """

    epsilon: float | None = None

    def parameters(self, shape: Shape) -> int:
        """Scales and shifts."""
        return 2 * shape[-1]


@dataclass(frozen=True)
class GroupNorm(Layer):
    """Normalization of groups of neighbouring channels, or features, over each item, with learned scales and shifts.

    Args:
        groups: their number.
        epsilon: added to the variance; that of the conventions' framework unless given.
    """

    groups: int
    epsilon: float | None = None

    def shape_after(self, shape: Shape) -> Shape:
        """As it is."""
        if shape[-1] % self.groups:
            raise SpecError(
                f"{shape[-1]} channels cannot be divided into {self.groups} equal groups. Change one of the numbers."
            )
        return shape

    def parameters(self, shape: Shape) -> int:
        """Scales and shifts."""
        return 2 * shape[-1]


@dataclass(frozen=True)
class Activate(Layer):
    """An elementwise non-linearity; `slope` is that of `leaky_relu` below 0, by the conventions unless given."""

    function: Activation
    slope: float | None = None


@dataclass(frozen=True)
class Dropout(Layer):
    """Zeroing of a share `rate` of the inputs while training."""

    rate: float


@dataclass(frozen=True)
class SpatialDropout(Layer):
    """Zeroing of a share `rate` of each image's channels while training."""

    rate: float
    takes: ClassVar[int | None] = 3


@dataclass(frozen=True)
class LocalResponseNorm(Layer):
    """Division of each channel by what its neighbours hold: by (k + slope * the sum of their squares) ** beta.

    Args:
        reach: neighbours on either side.
        slope: factor of the sum of squares over these and the channel itself.
        beta: exponent.
        k: added to the sum.
    """

    reach: int = 2
    slope: float = 1e-4 / 5
    beta: float = 0.75
    k: float = 2.0
    takes: ClassVar[int | None] = 3


@dataclass(frozen=True)
class MaxPool(Layer):
    """The largest value of each window of `size` by `size`; windows that stick out are left out."""

    size: int = 2
    stride: int = 2
    takes: ClassVar[int | None] = 3

    def shape_after(self, shape: Shape) -> Shape:
        """Rows and columns of windows."""
        return *_windows(shape, self.size, self.stride, "pooling"), shape[2]


@dataclass(frozen=True)
class AveragePool(Layer):
    """The mean of each window of `size` by `size`; windows that stick out are left out."""

    size: int = 2
    stride: int = 2
    takes: ClassVar[int | None] = 3

    def shape_after(self, shape: Shape) -> Shape:
        """Rows and columns of windows."""
        return *_windows(shape, self.size, self.stride, "pooling"), shape[2]


@dataclass(frozen=True)
class GlobalAveragePool(Layer):
    """The mean of each channel."""

    takes: ClassVar[int | None] = 3

    @property
    def gives(self) -> int:
        """Features."""
        return 1

    def shape_after(self, shape: Shape) -> Shape:
        """One number per channel."""
        return (shape[2],)


@dataclass(frozen=True)
class Flatten(Layer):
    """Images as rows of features."""

    @property
    def gives(self) -> int:
        """Features."""
        return 1

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
        inner, shortcut = (shapes(way, shape)[-1] for way in (self.inner, self.shortcut))
        if inner != shortcut:
            raise SpecError(
                f"the inner layers of a residual block lead from {_size(shape)} to {_size(inner)}, and its shortcut to "
                f"{_size(shortcut)}, which cannot be added. Give it layers that lead to the same."
            )
        return inner

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
        head: what holds for the head's weights.
        places: in a study file, of each layer, if it is listed there.
    """

    features: tuple[Layer, ...]
    conventions: Framework = "pytorch"
    images: bool = False
    head: Weights = _PLAIN
    places: tuple[str, ...] = field(default=(), compare=False)

    @property
    def stacks(self) -> bool:
        """Whether a processor gains from training several such networks stacked; with convolutions it does not."""
        return all(layer.stacks for layer in nested(self.features))

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
        layers, shape = (*self.features, Dense(num_outputs, self.head)), self.item_shape(item_shape)
        found: list[tuple[Layer, Shape]] = []
        for layer, place in zip_longest(layers, self.places):
            found.append((layer, shape))
            try:
                shape = layer.shape_after(shape)
            except SpecError as error:
                raise SpecError(f"{place}: {error}" if place else str(error)) from None
        return found


def nested(layers: Iterable[Layer]) -> Iterator[Layer]:
    """The layers, and those within residual blocks."""
    for layer in layers:
        yield layer
        if isinstance(layer, Residual):
            yield from nested((*layer.inner, *layer.shortcut))


def shapes(layers: tuple[Layer, ...], shape: Shape) -> list[Shape]:
    """The shape before each layer, and after the last.

    Raises:
        SpecError: images are smaller than the window of a pooling.
    """
    return list(accumulate(layers, lambda before, layer: layer.shape_after(before), initial=shape))


def _windows(shape: Shape, size: int, stride: int, of: str) -> tuple[int, int]:
    """Rows and columns of the windows that lie within images."""
    if min(shape[:2]) < size:
        raise SpecError(
            f"images shrink to {shape[0]} x {shape[1]} before a {of} of {size}: use fewer blocks, or smaller."
        )
    height, width = ((side - size) // stride + 1 for side in shape[:2])
    return height, width


def _size(shape: Shape) -> str:
    return " x ".join(map(str, shape)) + (" features" if len(shape) == 1 else "")


def _each(layers: tuple[Layer, ...], shape: Shape) -> list[tuple[Layer, Shape]]:
    """Layers with the shapes of their inputs."""
    return list(zip(layers, shapes(layers, shape), strict=False))
