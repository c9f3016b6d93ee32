"""Layers on images, which go from layer to layer as (run, row of the batch, height, width, channel): M, B, H, W, C.

With channels last every layer but the convolution works on rows of channels; what is last in memory is last in shape.
Convolutions are made run by run: on a processor, grouped convolutions are slower than one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


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
    """x / (k + alpha / n * sum of squares over n neighbouring channels) ** 0.75, in float32.

    Source: Krizhevsky et al. (2012), section 3.3: k = 2, n = 5, alpha = 1e-4, beta = 0.75. Differs: alpha is divided by
    n, as in PyTorch, whose own layer pools, which is slow.
    """

    def forward(self, x_MBHWC: Tensor) -> Tensor:
        """Shape unchanged."""
        return _Respond.apply(x_MBHWC)  # pyright: ignore[reportReturnType]


class _Respond(torch.autograd.Function):
    """y = x * s ** -0.75, s = k + a * near(x**2); its gradient is g * s ** -0.75 - 1.5 * a * x * near(g * y / s).

    `near` sums five neighbours. Rows of channels are padded with zeros and laid end to end, so that it is three
    additions of whole arrays; block by block, so that the arrays stay in the processor's cache.
    """

    K, A = 2.0, 1e-4 / 5
    REACH, BLOCK = 2, 2**16

    @staticmethod
    def forward(ctx: Any, x_MBHWC: Tensor) -> Tensor:
        ctx.save_for_backward(x_MBHWC)
        y_MBHWC = x_MBHWC.new_empty(x_MBHWC.shape)
        for x_RC, y_RC in _Respond.blocks(x_MBHWC, y_MBHWC):
            x = _Respond.padded(x_RC)
            inverse = _Respond.inverse_root(x)
            y_RC.copy_(_Respond.inner(inverse.sqrt().mul_(inverse).mul_(x), y_RC))
        return y_MBHWC

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        (x_MBHWC,), (grad_MBHWC,) = ctx.saved_tensors, grads
        out_MBHWC = x_MBHWC.new_empty(x_MBHWC.shape)
        for x_RC, grad_RC, out_RC in _Respond.blocks(x_MBHWC, grad_MBHWC, out_MBHWC):
            x = _Respond.padded(x_RC)
            inverse = _Respond.inverse_root(x)
            direct = inverse.sqrt().mul_(inverse).mul_(_Respond.padded(grad_RC))
            around = _Respond.near(inverse.square_().mul_(direct).mul_(x)).mul_(x)
            out_RC.copy_(_Respond.inner(direct.sub_(around, alpha=1.5 * _Respond.A), out_RC))
        return out_MBHWC

    @staticmethod
    def blocks(*tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
        """The same rows of every tensor, of one run at a time."""
        rows = _Respond.BLOCK // tensors[0].shape[-1]
        for of_run in zip(*tensors, strict=True):
            yield from zip(*(tensor.flatten(0, 2).split(rows) for tensor in of_run), strict=True)

    @staticmethod
    def padded(x_RC: Tensor) -> Tensor:
        """Rows end to end, float32, each between zeros."""
        wide = x_RC.new_zeros(x_RC.shape[0], x_RC.shape[1] + 2 * _Respond.REACH, dtype=torch.float32)
        wide[:, _Respond.REACH : -_Respond.REACH] = x_RC
        return wide.flatten()

    @staticmethod
    def inner(flat: Tensor, like_RC: Tensor) -> Tensor:
        """The rows without their padding."""
        return flat.view(len(like_RC), -1)[:, _Respond.REACH : -_Respond.REACH]

    @staticmethod
    def near(flat: Tensor) -> Tensor:
        """The sum of each number and two on either side; meaningless in the padding."""
        total, pairs = torch.zeros_like(flat), flat[:-1] + flat[1:]
        torch.add(pairs[:-3], pairs[2:-1], out=total[2:-2]).add_(flat[4:])
        return total

    @staticmethod
    def inverse_root(x: Tensor) -> Tensor:
        """The inverse root of s."""
        return _Respond.near(x.square()).mul_(_Respond.A).add_(_Respond.K).rsqrt_()


class Residual(nn.Module):
    """inner(x) + shortcut(x)."""

    def __init__(self, inner: nn.Sequential, shortcut: nn.Sequential) -> None:
        super().__init__()
        self.inner, self.shortcut = inner, shortcut

    def forward(self, x: Tensor) -> Tensor:
        """The shape that both ways lead to."""
        return self.inner(x) + self.shortcut(x)
