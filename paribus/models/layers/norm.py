"""Batch norm, stacked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from paribus import kernels
from paribus.models.blueprint import Framework
from paribus.models.layers.chain import Pullback
from paribus.models.layers.tape import Buffers, Tape

Normalize = Callable[[Tensor, Tensor, Tensor, float], tuple[Tensor, Tensor, Tensor, Pullback]]


def normalize(
    x_MBF: Tensor, weight_M1F: Tensor, bias_M1F: Tensor, epsilon: float
) -> tuple[Tensor, Tensor, Tensor, Pullback]:
    """(x - mean) / deviation * weight + bias over the rows of each run.

    Returns:
        The normalized rows; the mean and population variance of each feature, shape (run, 1, feature); the pullback.
    """
    mean_M1F = x_MBF.mean(1, keepdim=True)
    centred_MBF = x_MBF - mean_M1F
    variance_M1F = centred_MBF.square().mean(1, keepdim=True)
    inverse_M1F = torch.sqrt(variance_M1F + epsilon).reciprocal_()
    normal_MBF = centred_MBF.mul_(inverse_M1F)

    def back(grad_MBF: Tensor) -> Tensor:
        rows = grad_MBF.shape[1]
        shift_M1F = torch.sum(grad_MBF, 1, keepdim=True, out=bias_M1F.grad) / rows
        slope_M1F = torch.sum(grad_MBF * normal_MBF, 1, keepdim=True, out=weight_M1F.grad) / rows
        inner_MBF = grad_MBF - shift_M1F - normal_MBF * slope_M1F
        return inner_MBF.mul_(inverse_M1F * weight_M1F)

    return normal_MBF * weight_M1F + bias_M1F, mean_M1F, variance_M1F, back


class BatchNorm(nn.Module):
    """Normalization of each run's features over its own batch.

    Source: Ioffe & Szegedy (2015), arXiv 1502.03167, Algorithm 1 and section 3. By PyTorch's conventions a tenth of
    each batch goes into the running statistics, epsilon is 1e-5 and the running variance unbiased; by Keras' a
    hundredth, 1e-3, and as it is. `numbers` are another momentum, which Keras counts as what is kept of the running
    statistics, and another epsilon.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(
        self,
        num_runs: int,
        features: int,
        conventions: Framework = "pytorch",
        normalize: Normalize = normalize,
        numbers: tuple[float | None, float | None] = (None, None),
    ) -> None:
        super().__init__()
        self.normalize = normalize
        self.unbiased = conventions != "keras"
        momentum, epsilon = numbers
        self.momentum, self.epsilon = (0.01, 1e-3) if conventions == "keras" else (0.1, 1e-5)
        if momentum is not None:
            self.momentum = 1 - momentum if conventions == "keras" else momentum
        if epsilon is not None:
            self.epsilon = epsilon
        self.weight = nn.Parameter(torch.ones(num_runs, 1, features))
        self.bias = nn.Parameter(torch.zeros(num_runs, 1, features))
        self.register_buffer("running_mean", torch.zeros(num_runs, 1, features))
        self.register_buffer("running_var", torch.ones(num_runs, 1, features))

    def forward(self, x: Tensor) -> Tensor:
        """By the running statistics; shape (run, row, ..., feature), unchanged."""
        x_MBF = x.flatten(1, -2)
        slope_M1F = torch.sqrt(self.running_var + self.epsilon).reciprocal_() * self.weight
        y_MBF = (x_MBF.float() - self.running_mean).mul_(slope_M1F).add_(self.bias)
        return y_MBF.to(x.dtype).view(x.shape)

    def vjp(self, x: Tensor, needs_input_grad: bool = True) -> tuple[Tensor, Pullback]:
        """By the batch, whose statistics go into the running ones; what lies between row and feature counts as rows."""
        x_MBF = x.flatten(1, -2)
        y_MBF, mean_M1F, variance_M1F, back = self.normalize(x_MBF, self.weight, self.bias, self.epsilon)
        rows = x_MBF.shape[1]
        if self.unbiased:
            variance_M1F = variance_M1F * (rows / max(rows - 1, 1))
        if rows > 1 or not self.unbiased:  # a single row has no unbiased variance
            self.running_mean.mul_(1 - self.momentum).add_(mean_M1F * self.momentum)
            self.running_var.mul_(1 - self.momentum).add_(variance_M1F * self.momentum)
        return y_MBF.view(x.shape), lambda grad: back(grad.flatten(1, -2)).view(x.shape)

    def add_to(self, tape: Tape, buffers: Buffers) -> Buffers:
        """Put the kernels for rows of features on the tape."""
        x_MBF = buffers[0]
        grad_x_MBF = torch.empty_like(x_MBF) if buffers[1] is None else buffers[1]
        assert self.weight.grad is not None
        assert self.bias.grad is not None
        y_MBF, grad_y_MBF, normal_MBF = (torch.empty_like(x_MBF) for _ in range(3))
        weight_MF, bias_MF = _features(self.weight), _features(self.bias)
        inverse_MF = np.empty_like(weight_MF)
        running = _features(self.running_mean), _features(self.running_var)
        numbers = np.float32(self.epsilon), np.float32(self.momentum), self.unbiased
        arrays = running, inverse_MF, normal_MBF.numpy(), y_MBF.numpy()
        normalize = partial(kernels.normalize, x_MBF.numpy(), (weight_MF, bias_MF), numbers, arrays)
        gradients = _features(self.weight.grad), _features(self.bias.grad), grad_x_MBF.numpy()
        factors = weight_MF, inverse_MF
        back = partial(kernels.normalize_back, grad_y_MBF.numpy(), normal_MBF.numpy(), factors, gradients)
        tape.add([normalize], [back])
        return y_MBF, grad_y_MBF


def _features(row_M1F: Tensor) -> np.ndarray:
    """As an array of shape (run, feature)."""
    return row_M1F.detach()[:, 0].numpy()
