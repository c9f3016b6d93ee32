"""Layers that carry the run axis: M networks side by side, of which one alone is M = 1.

Tensor suffixes in this package: M run of a cohort, B row of a batch, F and G features in and out, C class, P parameter,
N row of the training part, V row held out, T epoch, S seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from paribus.models.blueprint import Conventions

LEAKY_SLOPE = {"pytorch": 0.01, "keras": 0.3}
"""Of `torch.nn.LeakyReLU` and `keras.layers.LeakyReLU`."""
ROUNDED = {"tanh": torch.tanh, "gelu": functional.gelu, "sigmoid": torch.sigmoid}
"""Activations whose vector code rounds other than the scalar code that PyTorch uses for the rest of an array."""

VECTOR = 64
"""Floats that every vector loop of PyTorch divides; an array of a multiple of them has no rest."""

TINY = 16**3
"""Below this many multiplications in one product PyTorch leaves oneDNN for another kernel, whose rounding differs."""


Normalize = Callable[[Tensor, Tensor, Tensor, float], tuple[Tensor, Tensor, Tensor]]


def products(a_MBF: Tensor, b_MFG: Tensor, out_MBG: Tensor | None = None) -> Tensor:
    """One matrix product a run, with the bits that each run's product has alone.

    PyTorch chooses the kernel by the size of the whole stack, so tiny products are made one run at a time.
    """
    if len(a_MBF) > 1 and a_MBF[0].numel() * b_MFG.shape[2] <= TINY:
        stacked = torch.cat([torch.bmm(a_MBF[m : m + 1], b_MFG[m : m + 1]) for m in range(len(a_MBF))])
        return stacked if out_MBG is None else out_MBG.copy_(stacked)
    return torch.bmm(a_MBF, b_MFG) if out_MBG is None else torch.bmm(a_MBF, b_MFG, out=out_MBG)


class _DenseProduct(torch.autograd.Function):
    """x @ w + b, whose backward writes the gradients of w and b where they are kept, without a copy."""

    @staticmethod
    def forward(ctx: Any, x_MBF: Tensor, weight_MFG: Tensor, bias_M1G: Tensor) -> Tensor:
        ctx.save_for_backward(x_MBF)
        ctx.parameters = (weight_MFG, bias_M1G)
        return products(x_MBF, weight_MFG).add_(bias_M1G)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, None, None]:
        (x_MBF,), (weight_MFG, bias_M1G), (grad_MBG,) = ctx.saved_tensors, ctx.parameters, grads
        products(x_MBF.transpose(1, 2), grad_MBG, weight_MFG.grad)
        torch.sum(grad_MBG, 1, keepdim=True, out=bias_M1G.grad)
        return products(grad_MBG, weight_MFG.transpose(1, 2)) if ctx.needs_input_grad[0] else None, None, None


def elementwise(function: Callable[[Tensor], Tensor], x_MBF: Tensor) -> Tensor:
    """Apply `function` so that each run gets the bits it has alone: filled up until no run ends within a vector."""
    count = x_MBF[0].numel()
    rest = -count % VECTOR
    if rest == 0:
        return function(x_MBF)
    return function(functional.pad(x_MBF.flatten(1), (0, rest)))[:, :count].reshape(x_MBF.shape)


class Dense(nn.Module):
    """M fully connected layers: x_MBF @ w_MFG + b_M1G. In training, parameters must have their `.grad` allocated."""

    def __init__(self, num_runs: int, fan_in: int, fan_out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(num_runs, fan_in, fan_out))
        self.bias = nn.Parameter(torch.zeros(num_runs, 1, fan_out))

    def forward(self, x_MBF: Tensor) -> Tensor:
        """Shape (run, row, fan_in) to (run, row, fan_out)."""
        return _DenseProduct.apply(x_MBF, self.weight, self.bias)  # pyright: ignore[reportReturnType]


class _Normalize(torch.autograd.Function):
    """(x - mean) / deviation * weight + bias over the rows of each run, with its gradient written in place."""

    @staticmethod
    def forward(ctx: Any, x_MBF: Tensor, weight_M1F: Tensor, bias_M1F: Tensor, epsilon: float) -> tuple[Tensor, ...]:
        mean_M1F = x_MBF.mean(1, keepdim=True)
        centred_MBF = x_MBF - mean_M1F
        variance_M1F = centred_MBF.square().mean(1, keepdim=True)
        inverse_M1F = torch.sqrt(variance_M1F + epsilon).reciprocal_()
        normal_MBF = centred_MBF.mul_(inverse_M1F)
        ctx.save_for_backward(normal_MBF, inverse_M1F)
        ctx.parameters = (weight_M1F, bias_M1F)
        ctx.mark_non_differentiable(mean_M1F, variance_M1F)
        return normal_MBF * weight_M1F + bias_M1F, mean_M1F, variance_M1F

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        (normal_MBF, inverse_M1F), (weight_M1F, bias_M1F), grad_MBF = ctx.saved_tensors, ctx.parameters, grads[0]
        rows = grad_MBF.shape[1]
        shift_M1F = torch.sum(grad_MBF, 1, keepdim=True, out=bias_M1F.grad) / rows
        slope_M1F = torch.sum(grad_MBF * normal_MBF, 1, keepdim=True, out=weight_M1F.grad) / rows
        inner_MBF = grad_MBF - shift_M1F - normal_MBF * slope_M1F
        return inner_MBF.mul_(inverse_M1F * weight_M1F), None, None, None


def normalize(x_MBF: Tensor, weight_M1F: Tensor, bias_M1F: Tensor, epsilon: float) -> tuple[Tensor, Tensor, Tensor]:
    """Normalized rows of each run, and the mean and population variance of each feature, shape (run, 1, feature)."""
    return _Normalize.apply(x_MBF, weight_M1F, bias_M1F, epsilon)  # pyright: ignore[reportReturnType]


class BatchNorm(nn.Module):
    """Normalization of each run's features over its own batch.

    Source: Ioffe & Szegedy (2015), arXiv 1502.03167, Algorithm 1 and section 3. By PyTorch's conventions a tenth of
    each batch goes into the running statistics, epsilon is 1e-5 and the running variance unbiased; by Keras' a
    hundredth, 1e-3, and as it is.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(
        self,
        num_runs: int,
        features: int,
        conventions: Conventions = "pytorch",
        normalize: Normalize = normalize,
    ) -> None:
        super().__init__()
        self.normalize = normalize
        self.unbiased = conventions == "pytorch"
        self.momentum, self.epsilon = (0.1, 1e-5) if conventions == "pytorch" else (0.01, 1e-3)
        self.weight = nn.Parameter(torch.ones(num_runs, 1, features))
        self.bias = nn.Parameter(torch.zeros(num_runs, 1, features))
        self.register_buffer("running_mean", torch.zeros(num_runs, 1, features))
        self.register_buffer("running_var", torch.ones(num_runs, 1, features))

    def forward(self, x: Tensor) -> Tensor:
        """Shape (run, row, ..., feature), unchanged; what lies between counts as rows."""
        return self._normal(x.flatten(1, -2)).view(x.shape)

    def _normal(self, x_MBF: Tensor) -> Tensor:
        if not self.training:
            inverse_M1F = torch.sqrt(self.running_var + self.epsilon).reciprocal()
            return ((x_MBF - self.running_mean) * inverse_M1F * self.weight + self.bias).to(x_MBF.dtype)
        y_MBF, mean_M1F, variance_M1F = self.normalize(x_MBF, self.weight, self.bias, self.epsilon)
        rows = x_MBF.shape[1]
        if self.unbiased:
            variance_M1F = variance_M1F * (rows / max(rows - 1, 1))
        self.running_mean.mul_(1 - self.momentum).add_(mean_M1F * self.momentum)
        self.running_var.mul_(1 - self.momentum).add_(variance_M1F * self.momentum)
        return y_MBF


class Activate(nn.Module):
    """An elementwise non-linearity."""

    def __init__(self, function: str, conventions: Conventions = "pytorch") -> None:
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
        self.register_buffer("threshold", torch.tensor(kept_M - 2**15, dtype=torch.int16).view(-1, 1))
        self.register_buffer("scale", torch.tensor(2**16 / kept_M, dtype=torch.float32).view(-1, 1))
        self.streams: Sequence[np.random.Generator] = ()

    def forward(self, x: Tensor) -> Tensor:
        """Shape (run, ...), unchanged; the identity in evaluation."""
        if not self.training:
            return x
        count = x[0].numel()
        raw = [rng.bit_generator.random_raw(-(-count // 4)).view(np.int16)[:count] for rng in self.streams]
        kept = torch.from_numpy(np.stack(raw)).to(x.device) < self.threshold
        return x * (kept * self.scale).view(x.shape).to(x.dtype)
