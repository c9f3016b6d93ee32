"""Layers that change each number, or leave it out."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paribus.models.blueprint import Activate, Activation, Dropout, Rate, SpatialDropout
from paribus.spec.base import wrong
from paribus.spec.parts import part


@part("layer")
def activation(function: Activation, *, slope: Annotated[float, Field(ge=0, le=1)] | None = None) -> Activate:
    """A non-linearity; `slope` is that of leaky_relu below 0, by default the conventions'."""
    if slope is not None and function != "leaky_relu":
        raise wrong(f"is for leaky_relu, found {function}", "activation.slope")
    return Activate(function, slope)


@part("layer")
def dropout(rate: Rate) -> Dropout | None:
    """Zeroing of a share of the inputs while training."""
    return Dropout(rate) if rate else None


@part("layer")
def spatial_dropout(rate: Rate) -> SpatialDropout | None:
    """Zeroing of a share of each image's channels while training."""
    return SpatialDropout(rate) if rate else None


@part("layer")
def identity() -> None:
    """No layer at all: what a factor puts in the place of one."""
