"""Activations and dropout, stacked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from paribus.models.blueprint import Framework

LEAKY_SLOPE = {"pytorch": 0.01, "keras": 0.3, "sklearn": 0.01}
"""Of `torch.nn.LeakyReLU` and `keras.layers.LeakyReLU`; scikit-learn has none."""
ROUNDED = {"tanh": torch.tanh, "gelu": functional.gelu, "sigmoid": torch.sigmoid}
"""Activations whose vector code rounds other than the scalar code that PyTorch uses for the rest of an array."""

VECTOR = 64
"""Floats that every vector loop of PyTorch divides; an array of a multiple of them has no rest."""


def elementwise(function: Callable[[Tensor], Tensor], x_MBF: Tensor) -> Tensor:
    """Apply `function` so that each run gets the bits it has alone: filled up until no run ends within a vector."""
    count = x_MBF[0].numel()
    rest = -count % VECTOR
    if rest == 0:
        return function(x_MBF)
    return function(functional.pad(x_MBF.flatten(1), (0, rest)))[:, :count].reshape(x_MBF.shape)


class Activate(nn.Module):
    """An elementwise non-linearity."""

    def __init__(self, function: str, conventions: Framework = "pytorch") -> None:
        super().__init__()
        leaky = partial(functional.leaky_relu, negative_slope=LEAKY_SLOPE[conventions])
        exact = {"relu": functional.relu, "leaky_relu": leaky}
        self.function = exact.get(function) or partial(elementwise, ROUNDED[function])

    def forward(self, x_MBF: Tensor) -> Tensor:
        """Shape unchanged."""
        return self.function(x_MBF)


class Dropout(nn.Module):
    """Zeroing of inputs, with a rate and a stream for each run.

    16 random bits decide an element, so a rate is met within 2**-17, and the scale makes up for the rounding.

    Source: Srivastava et al. (2014), section 4, inverted (scaled while training).
    """

    threshold: Tensor
    scale: Tensor

    def __init__(self, rates: Sequence[float]) -> None:
        super().__init__()
        kept_M = np.clip(np.round((1 - np.asarray(rates)) * 2**16), 1, 2**16 - 1)
        self.register_buffer("threshold", torch.tensor(kept_M - 2**15, dtype=torch.float32).view(-1, 1))
        self.register_buffer("scale", torch.tensor(2**16 / kept_M, dtype=torch.float32).view(-1, 1))
        self.streams: Sequence[np.random.Generator] = ()

    def forward(self, x: Tensor) -> Tensor:
        """Shape (run, ...), unchanged; the identity in evaluation."""
        if not self.training:
            return x
        count = x[0].numel()
        raw = [rng.bit_generator.random_raw(-(-count // 4)).view(np.int16)[:count] for rng in self.streams]
        drawn = torch.from_numpy(np.stack(raw)).to(x.device).to(torch.float32)
        kept = torch.sub(self.threshold, drawn, out=drawn).clamp_(0, 1)  # whole numbers: 1 where drawn < threshold
        return x * kept.mul_(self.scale).view(x.shape).to(x.dtype)
