"""Layers that make images smaller, or rows of features."""

from __future__ import annotations

from paribus.models.blueprint import AveragePool, Flatten, GlobalAveragePool, MaxPool
from paribus.models.kinds.weighted import Size
from paribus.spec.parts import part


@part("layer")
def max_pool(size: Size = 2, *, stride: Size | None = None) -> MaxPool:
    """The largest value of each window; windows are `stride` apart, by default `size`."""
    return MaxPool(size, stride or size)


@part("layer")
def average_pool(size: Size = 2, *, stride: Size | None = None) -> AveragePool:
    """The mean of each window; windows are `stride` apart, by default `size`."""
    return AveragePool(size, stride or size)


@part("layer")
def global_average_pool() -> GlobalAveragePool:
    """The mean of each channel: images as rows of features."""
    return GlobalAveragePool()


@part("layer")
def flatten() -> Flatten:
    """Images as rows of features, one a pixel and channel."""
    return Flatten()
