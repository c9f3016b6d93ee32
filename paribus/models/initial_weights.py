"""What weights are before training."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from paribus.models import blueprint as paper
from paribus.models import layers
from paribus.models.blueprint import Blueprint
from paribus.models.layers import images
from paribus.planning.streams import stream

Weighted = layers.Dense | images.Conv
"""Layers whose weights are drawn, and are what an L2 penalty is about."""

_TWO_DEVIATIONS = 0.022750131948179195, 0.9772498680518208
"""Of the normal distribution, what lies below -2 and below 2."""
_THEIR_DEVIATION = 0.8796256610342398
"""Of the normal numbers between -2 and 2."""


def initialize(layer: Weighted, path: str, seeds: Sequence[int], blueprint: Blueprint) -> None:
    """Draw initial weights from each run's own stream, by the layer's own `init` or the conventions; biases by these.

    Source: `pytorch` is the default of `torch.nn.Linear` and `Conv2d`, weights and biases uniform within
    1 / sqrt(fan_in); `keras` that of `Dense` and `Conv2D`, weights uniform within sqrt(6 / (fan_in + fan_out)),
    biases 0 (Glorot & Bengio 2010, equation 16); `sklearn` that of `MLPClassifier`, the same with biases within the
    same bound, and 2 for 6 where units are logistic.
    """
    shape = tuple(layer.weight.shape[1:])
    conventions = blueprint.conventions
    fan_in, fan_out = _fans(layer, conventions)
    logistic = conventions == "sklearn" and paper.Activate("sigmoid") in blueprint.features
    glorot = math.sqrt((2 if logistic else 6) / (fan_in + fan_out))
    bound = 1 / math.sqrt(fan_in) if conventions == "pytorch" else glorot
    init = layer.weights[0].init
    with torch.no_grad():
        for m, seed in enumerate(seeds):
            rng = stream(seed, "init", path, *shape)
            if init is None:
                layer.weight[m] = _uniform(rng, shape, bound)
            else:
                deviation = _deviation(init, fan_in, fan_out)
                layer.weight[m] = _drawn(rng, shape, deviation, init.partition("_")[2], conventions)
            if conventions != "keras" and layer.bias is not None:
                layer.bias[m] = _uniform(rng, tuple(layer.bias.shape[1:]), bound)


def _fans(layer: Weighted, conventions: paper.Framework) -> tuple[int, int]:
    """Inputs per output and outputs per input, as the framework counts them.

    Source: `torch.nn.init`; Keras' `compute_fans`, for which a depthwise kernel takes in all channels.
    """
    if conventions != "keras" or not isinstance(layer, images.Conv) or layer.groups == 1:
        return layer.fans
    read, filters = layer.size**2, layer.weight.shape[1]
    return layer.groups * read, filters // layer.groups * read


def _deviation(init: paper.Init, fan_in: int, fan_out: int) -> float:
    """Of the weights that an initializer draws.

    Source: Glorot & Bengio (2010), section 4.2; He et al. (2015), arXiv 1502.01852, section 2.2; LeCun et al. (1998),
    "Efficient BackProp", section 4.6.
    """
    family = init.partition("_")[0]
    variances = {"glorot": 2 / (fan_in + fan_out), "he": 2 / fan_in, "lecun": 1 / fan_in, "pytorch": 1 / (3 * fan_in)}
    return math.sqrt(variances.get(family, 0.0))


def _drawn(
    rng: np.random.Generator, shape: tuple[int, ...], deviation: float, law: str, conventions: paper.Framework
) -> Tensor:
    """Uniform weights; or normal ones, by Keras' conventions none beyond two deviations, widened to the same variance.

    Source: `torch.nn.init`; Keras' `VarianceScaling`.
    """
    if law != "normal":
        return _uniform(rng, shape, math.sqrt(3) * deviation)
    if conventions != "keras":
        return torch.from_numpy((rng.standard_normal(shape) * deviation).astype(np.float32))
    from scipy.special import ndtri  # late, as it takes a quarter of a second, and few networks need it

    low, high = _TWO_DEVIATIONS
    within = ndtri(low + rng.random(shape) * (high - low)) / _THEIR_DEVIATION
    return torch.from_numpy((within * deviation).astype(np.float32))


def _uniform(rng: np.random.Generator, shape: tuple[int, ...], bound: float) -> Tensor:
    return torch.from_numpy(((rng.random(shape) * 2 - 1) * bound).astype(np.float32))
