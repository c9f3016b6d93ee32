"""Layers on images, which go from layer to layer as (run, row of the batch, height, width, channel): M, B, H, W, C.

With channels last every layer but the convolution works on rows of channels; what is last in memory is last in shape.
Convolutions are made run by run: on a processor, grouped convolutions are slower than one after the other.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from paribus.models.layers import products


class _Convolution(torch.autograd.Function):
    """One convolution a run, whose backward writes the gradients of weight and bias where they are kept."""

    @staticmethod
    def forward(ctx: Any, x_MBHWC: Tensor, weight: Tensor, bias: Tensor, stride: int) -> Tensor:
        ctx.save_for_backward(x_MBHWC)
        ctx.parameters, ctx.stride = (weight, bias), stride
        padding = weight.shape[-1] // 2
        outputs = [
            functional.conv2d(x.permute(0, 3, 1, 2), w, b, stride, padding).permute(0, 2, 3, 1)
            for x, w, b in zip(x_MBHWC, weight, bias, strict=True)
        ]
        return torch.stack(outputs) if len(outputs) > 1 else outputs[0].unsqueeze(0)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, None, None, None]:
        (x_MBHWC,), (weight, bias), (grad_MBHWC,) = ctx.saved_tensors, ctx.parameters, grads
        stride, padding = [ctx.stride] * 2, [weight.shape[-1] // 2] * 2
        wanted = [ctx.needs_input_grad[0], True, True]
        inputs: list[Tensor] = []
        for m, (x, grad) in enumerate(zip(x_MBHWC, grad_MBHWC, strict=True)):
            grad_x, grad_weight, grad_bias = torch.ops.aten.convolution_backward(
                grad.permute(0, 3, 1, 2), x.permute(0, 3, 1, 2), weight[m], [weight.shape[1]],
                stride, padding, [1, 1], False, [0, 0], 1, wanted,
            )  # fmt: skip
            weight.grad[m].copy_(grad_weight)
            bias.grad[m].copy_(grad_bias)
            if grad_x is not None:
                inputs.append(grad_x.permute(0, 2, 3, 1))
        return torch.stack(inputs) if inputs else None, None, None, None


class Conv(nn.Module):
    """M convolutions of odd kernel size, zero padded. In training, parameters must have their `.grad` allocated."""

    def __init__(self, num_runs: int, channels: int, filters: int, kernel_size: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.weight = nn.Parameter(torch.zeros(num_runs, filters, channels, kernel_size, kernel_size))
        self.bias = nn.Parameter(torch.zeros(num_runs, filters))

    def forward(self, x_MBHWC: Tensor) -> Tensor:
        """Shape (run, row, height, width, channel) to (run, row, height / stride, width / stride, filter)."""
        return _Convolution.apply(x_MBHWC, self.weight, self.bias, self.stride)  # pyright: ignore[reportReturnType]


class MaxPool(nn.Module):
    """The largest value of each window."""

    def __init__(self, size: int, stride: int) -> None:
        super().__init__()
        self.size, self.stride = size, stride

    def forward(self, x_MBHWC: Tensor) -> Tensor:
        """Height and width shrink, the rest stays."""
        pooled = functional.max_pool2d(x_MBHWC.flatten(0, 1).permute(0, 3, 1, 2), self.size, self.stride)
        return pooled.permute(0, 2, 3, 1).unflatten(0, x_MBHWC.shape[:2])


class AveragePool(nn.Module):
    """The mean of each channel."""

    def forward(self, x_MBHWC: Tensor) -> Tensor:
        """Shape (run, row, height, width, channel) to (run, row, channel)."""
        return x_MBHWC.flatten(2, 3).mean(2)


class Flatten(nn.Module):
    """Images as rows of features, channels last."""

    def forward(self, x_MBHWC: Tensor) -> Tensor:
        """Shape (run, row, height, width, channel) to (run, row, feature)."""
        return x_MBHWC.flatten(2)


class LocalResponseNorm(nn.Module):
    """x / (k + alpha / n * sum of squares over n neighbouring channels) ** 0.75.

    The window's sum is one product with a banded matrix: faster than `torch.nn.LocalResponseNorm`, which pools.

    Source: Krizhevsky et al. (2012), section 3.3: k = 2, n = 5, alpha = 1e-4, beta = 0.75. Differs: alpha is divided by
    n, as in PyTorch.
    """

    band: Tensor
    neighbours, alpha, k = 5, 1e-4, 2.0

    def __init__(self, channels: int) -> None:
        super().__init__()
        distance = torch.arange(channels).view(-1, 1) - torch.arange(channels)
        near = (distance.abs() <= self.neighbours // 2).to(torch.float32)
        self.register_buffer("band", near * (self.alpha / self.neighbours), persistent=False)

    def forward(self, x_MBHWC: Tensor) -> Tensor:
        """Shape unchanged."""
        square_MRC = x_MBHWC.square().flatten(1, 3)
        window_MRC = _Banded.apply(square_MRC, self.band)
        root = torch.sqrt(window_MRC + self.k)  # pyright: ignore[reportOperatorIssue]
        return x_MBHWC / (root * torch.sqrt(root)).view(x_MBHWC.shape)


class _Banded(torch.autograd.Function):
    """Rows of channels times a symmetric matrix."""

    @staticmethod
    def forward(ctx: Any, x_MRC: Tensor, band: Tensor) -> Tensor:
        ctx.band = band
        return products(x_MRC, band.expand(len(x_MRC), -1, -1))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (grad_MRC,) = grads
        return products(grad_MRC.contiguous(), ctx.band.expand(len(grad_MRC), -1, -1)), None


class Residual(nn.Module):
    """inner(x) + shortcut(x)."""

    def __init__(self, inner: nn.Sequential, shortcut: nn.Sequential) -> None:
        super().__init__()
        self.inner, self.shortcut = inner, shortcut

    def forward(self, x: Tensor) -> Tensor:
        """The shape that both ways lead to."""
        return self.inner(x) + self.shortcut(x)
