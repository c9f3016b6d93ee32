"""Layers that normalize."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paribus.models.blueprint import BatchNorm, GroupNorm, LayerNorm, LocalResponseNorm, Units
from paribus.models.kinds.weighted import Size
from paribus.spec.base import wrong
from paribus.spec.parts import part

Momentum = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]


@part("layer")
def batch_norm(*, momentum: Momentum | None = None, epsilon: Positive | None = None) -> BatchNorm:
    """Normalization of each feature, or channel, over the batch.

    `momentum` is meant as in the framework of the conventions: what a batch adds to the running statistics (PyTorch,
    0.1), or what is kept of them (Keras, 0.99).
    """
    return BatchNorm(momentum, epsilon)


@part("layer")
def layer_norm(*, epsilon: Positive | None = None) -> LayerNorm:
    """Normalization of each row's features, or each pixel's channels."""
    return LayerNorm(epsilon)


@part("layer")
def group_norm(groups: Units, *, epsilon: Positive | None = None) -> GroupNorm:
    """Normalization of `groups` of neighbouring channels, or features, over each item."""
    return GroupNorm(groups, epsilon)


@part("layer")
def local_response_norm(
    *,
    size: Size | None = None,
    depth_radius: Size | None = None,
    alpha: Annotated[float, Field(ge=0)] = 1e-4,
    beta: Annotated[float, Field(ge=0)] = 0.75,
    k: Positive = 2.0,
) -> LocalResponseNorm:
    """Division of each channel by (k + alpha * the squares of `size` neighbouring channels / size) ** beta.

    `depth_radius` is TensorFlow's way: so many neighbours on either side, and alpha times the sum of their squares. Its
    defaults are depth_radius 5, alpha 1, beta 0.5 and k, its bias, 1; those here are AlexNet's, in PyTorch's way, with
    size 5.

    Source: Krizhevsky et al. (2012), section 3.3; `torch.nn.LocalResponseNorm`;
    `tf.nn.local_response_normalization`.
    """
    if size is not None and depth_radius is not None:
        raise wrong("must have size or depth_radius, found both", "local_response_norm")
    if size is not None and size % 2 == 0:
        raise wrong(f"must be odd, found {size}", "local_response_norm.size")
    if depth_radius is not None:
        return LocalResponseNorm(depth_radius, alpha, beta, k)
    size = size or 5
    return LocalResponseNorm(size // 2, alpha / size, beta, k)
