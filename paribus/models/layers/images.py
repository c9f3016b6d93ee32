"""Layers on images, which go from layer to layer as (run, row of the batch, height, width, channel): M, B, H, W, C.

With channels last every layer but the convolution works on rows of channels; what is last in memory is last in shape.
Convolutions are made run by run: on a processor, grouped convolutions are slower than one after the other.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from paribus.models.layers.dense import products


class _Convolution(torch.autograd.Function):
    """One convolution a run, whose backward writes the gradients of weight and bias where they are kept."""

    @staticmethod
    def forward(ctx: Any, x_MBHWC: Tensor, weight: Tensor, bias: Tensor, stride: int) -> Tensor:
        padding, kernel = weight.shape[-1] // 2, weight.to(x_MBHWC.dtype)
        ctx.save_for_backward(x_MBHWC, kernel)
        ctx.parameters, ctx.stride = (weight, bias), stride
        outputs = [
            functional.conv2d(x.permute(0, 3, 1, 2), w, b, stride, padding).permute(0, 2, 3, 1)
            for x, w, b in zip(x_MBHWC, kernel, bias.to(x_MBHWC.dtype), strict=True)
        ]
        return _stacked(outputs)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, None, None, None]:
        (x_MBHWC, kernel), (weight, bias), (grad_MBHWC,) = ctx.saved_tensors, ctx.parameters, grads
        stride, padding = [ctx.stride] * 2, [weight.shape[-1] // 2] * 2
        wanted = [ctx.needs_input_grad[0], True, True]
        inputs: list[Tensor] = []
        for m, (x, grad) in enumerate(zip(x_MBHWC, grad_MBHWC, strict=True)):
            grad_x, grad_weight, grad_bias = torch.ops.aten.convolution_backward(
                grad.permute(0, 3, 1, 2), x.permute(0, 3, 1, 2), kernel[m], [weight.shape[1]],
                stride, padding, [1, 1], False, [0, 0], 1, wanted,
            )  # fmt: skip
            weight.grad[m].copy_(grad_weight)
            bias.grad[m].copy_(grad_bias)
            if grad_x is not None:
                inputs.append(grad_x.permute(0, 2, 3, 1))
        return _stacked(inputs) if inputs else None, None, None, None


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
        return x_MBHWC.flatten(2, 3).float().mean(2)


class Flatten(nn.Module):
    """Images as rows of features, channels last."""

    def forward(self, x_MBHWC: Tensor) -> Tensor:
        """Shape (run, row, height, width, channel) to (run, row, feature)."""
        return x_MBHWC.flatten(2).float()


def normalize_images(
    x_MRC: Tensor, weight_M1C: Tensor, bias_M1C: Tensor, epsilon: float
) -> tuple[Tensor, Tensor, Tensor]:
    """What `layers.normalize` does, run by run with PyTorch's own batch norm, which reads each number once."""
    return _NormalizeImages.apply(x_MRC, weight_M1C, bias_M1C, epsilon)  # pyright: ignore[reportReturnType]


class _NormalizeImages(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x_MRC: Tensor, weight_M1C: Tensor, bias_M1C: Tensor, epsilon: float) -> tuple[Tensor, ...]:
        runs = zip(x_MRC, weight_M1C[:, 0], bias_M1C[:, 0], strict=True)
        parts = [torch.native_batch_norm(x, w, b, None, None, True, 0.0, epsilon) for x, w, b in runs]
        y_MRC, mean_MC, inverse_MC = (_stacked([part[at] for part in parts]) for at in range(3))
        ctx.save_for_backward(x_MRC, mean_MC, inverse_MC)
        ctx.parameters, ctx.epsilon = (weight_M1C, bias_M1C), epsilon
        mean_M1C, variance_M1C = mean_MC.unsqueeze(1), inverse_MC.square().reciprocal_().sub_(epsilon).unsqueeze(1)
        ctx.mark_non_differentiable(mean_M1C, variance_M1C)
        return y_MRC, mean_M1C, variance_M1C

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        (x_MRC, mean_MC, inverse_MC), (weight_M1C, bias_M1C) = ctx.saved_tensors, ctx.parameters
        inputs: list[Tensor] = []
        for m, grad in enumerate(grads[0]):
            grad_x, grad_weight, grad_bias = torch.ops.aten.native_batch_norm_backward(
                grad, x_MRC[m], weight_M1C[m, 0], None, None, mean_MC[m], inverse_MC[m],
                True, ctx.epsilon, [True, True, True],
            )  # fmt: skip
            weight_M1C.grad[m, 0].copy_(grad_weight)
            bias_M1C.grad[m, 0].copy_(grad_bias)
            inputs.append(grad_x)
        return _stacked(inputs), None, None, None


def _stacked(parts: list[Tensor]) -> Tensor:
    """One tensor with a run axis; no copy where there is one run."""
    return torch.stack(parts) if len(parts) > 1 else parts[0].unsqueeze(0)


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
        return _Respond.apply(x_MBHWC.flatten(1, 3), self.band, self.k).view(x_MBHWC.shape)  # pyright: ignore[reportOptionalMemberAccess]


class _Respond(torch.autograd.Function):
    """y = x * s ** -0.75, s = k + x**2 @ band; its gradient is g * s ** -0.75 - 1.5 * x * ((g * y / s) @ band)."""

    @staticmethod
    def forward(ctx: Any, x_MRC: Tensor, band: Tensor, k: float) -> Tensor:
        band_MCC = band.to(x_MRC.dtype).expand(len(x_MRC), -1, -1)
        s_MRC = products(x_MRC.square(), band_MCC).float().add_(k)
        root_MRC = s_MRC.sqrt()
        power_MRC = torch.sqrt(root_MRC).mul_(root_MRC).reciprocal_()
        ctx.save_for_backward(x_MRC, s_MRC, power_MRC, band_MCC)
        return (x_MRC * power_MRC).to(x_MRC.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (x_MRC, s_MRC, power_MRC, band_MCC), (grad_MRC,) = ctx.saved_tensors, grads
        direct_MRC = grad_MRC * power_MRC
        around_MRC = products((direct_MRC * x_MRC).div_(s_MRC).to(x_MRC.dtype), band_MCC)
        return direct_MRC.sub_(around_MRC.mul_(x_MRC), alpha=1.5).to(x_MRC.dtype), None, None


class Residual(nn.Module):
    """inner(x) + shortcut(x)."""

    def __init__(self, inner: nn.Sequential, shortcut: nn.Sequential) -> None:
        super().__init__()
        self.inner, self.shortcut = inner, shortcut

    def forward(self, x: Tensor) -> Tensor:
        """The shape that both ways lead to."""
        return self.inner(x) + self.shortcut(x)
