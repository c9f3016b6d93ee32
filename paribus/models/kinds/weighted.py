"""Layers with weights."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from paribus.models.blueprint import Conv, Dense, DepthwiseConv, Init, Units, Weights
from paribus.spec.parts import part

Size = Annotated[int, Field(ge=1, le=1_000)]
Factor = Annotated[float, Field(ge=0)]
Padding = Literal["same", "valid"]


@part("layer")
def dense(units: Units, *, bias: bool = True, init: Init | None = None, l2: Factor = 0.0, l1: Factor = 0.0) -> Dense:
    """A fully connected layer."""
    return Dense(units, Weights(bias, init, l2, l1))


@part("layer")
def conv(
    filters: Units,
    *,
    kernel_size: Size = 3,
    stride: Size = 1,
    padding: Padding = "same",
    bias: bool = True,
    init: Init | None = None,
    l2: Factor = 0.0,
    l1: Factor = 0.0,
) -> Conv:
    """A convolution of images."""
    return Conv(filters, kernel_size, stride, padding, Weights(bias, init, l2, l1))


@part("layer")
def depthwise_conv(
    kernel_size: Size = 3,
    *,
    multiplier: Units = 1,
    stride: Size = 1,
    padding: Padding = "same",
    bias: bool = True,
    init: Init | None = None,
    l2: Factor = 0.0,
    l1: Factor = 0.0,
) -> DepthwiseConv:
    """A convolution of each channel by itself, with `multiplier` filters for each."""
    return DepthwiseConv(
        conv(multiplier, kernel_size=kernel_size, stride=stride, padding=padding, bias=bias, init=init, l2=l2, l1=l1)
    )
