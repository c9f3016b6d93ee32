"""Layers on images, which go from layer to layer as (run, row of the batch, height, width, channel): M, B, H, W, C.

With channels last every layer but the convolution works on rows of channels; what is last in memory is last in shape.
Convolutions are made run by run: on a processor, grouped convolutions are slower than one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from paribus.models.layers.chain import Pullback


class Conv(nn.Module):
    """M convolutions of odd kernel size, zero padded.

    A kernel of 1 x 1 is given only the pixels that its stride reads. With a stride, channels last and fewer channels
    than a register holds numbers (8 with AVX2, 16 with AVX-512), oneDNN writes past the end of its memory when it makes
    the gradient of such weights: https://github.com/uxlfoundation/oneDNN/issues/6035
    """

    def __init__(self, num_runs: int, channels: int, filters: int, kernel_size: int, stride: int) -> None:
        super().__init__()
        self.stride, self.skip = (stride, 1) if kernel_size > 1 else (1, stride)
        self.weight = nn.Parameter(torch.zeros(num_runs, filters, channels, kernel_size, kernel_size))
        self.bias = nn.Parameter(torch.zeros(num_runs, filters))

    @property
    def fans(self) -> tuple[int, int]:
        """Numbers that an output is made of, and outputs that a number goes into, at the most."""
        filters, channels, height, width = self.weight.shape[1:]
        return channels * height * width, filters * height * width

    def forward(self, x_MBHWC: Tensor) -> Tensor:
        """Shape (run, row, height, width, channel) to (run, row, height / stride, width / stride, filter)."""
        return self.vjp(x_MBHWC)[0]

    def vjp(self, x_MBHWC: Tensor, needs_input_grad: bool = True) -> tuple[Tensor, Pullback]:
        """The convolution, and the gradients of its kernels, biases and input."""
        if self.skip == 1:
            return self._vjp(x_MBHWC, needs_input_grad)
        y_MBHWC, back = self._vjp(x_MBHWC[:, :, :: self.skip, :: self.skip].contiguous(), needs_input_grad)
        return y_MBHWC, partial(self._among_zeros, back, x_MBHWC.shape) if needs_input_grad else back

    def _among_zeros(self, back: Pullback, shape: torch.Size, grad_MBHWC: Tensor) -> Tensor:
        """The gradient of all pixels: of those that were not read it is 0."""
        found_MBHWC = grad_MBHWC.new_zeros(shape)
        found_MBHWC[:, :, :: self.skip, :: self.skip] = back(grad_MBHWC)
        return found_MBHWC

    def _vjp(self, x_MBHWC: Tensor, needs_input_grad: bool) -> tuple[Tensor, Pullback]:
        weight, bias, stride = self.weight, self.bias, self.stride
        padding, kernel = weight.shape[-1] // 2, weight.to(x_MBHWC.dtype)
        outputs = [
            functional.conv2d(x.permute(0, 3, 1, 2), w, b, stride, padding).permute(0, 2, 3, 1)
            for x, w, b in zip(x_MBHWC, kernel, bias.to(x_MBHWC.dtype), strict=True)
        ]

        def back(grad_MBHWC: Tensor) -> Tensor:
            assert weight.grad is not None
            assert bias.grad is not None
            inputs: list[Tensor] = []
            for m, (x, grad) in enumerate(zip(x_MBHWC, grad_MBHWC, strict=True)):
                grad_x, grad_weight, grad_bias = torch.ops.aten.convolution_backward(
                    grad.permute(0, 3, 1, 2), x.permute(0, 3, 1, 2), kernel[m], [weight.shape[1]],
                    [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], 1, [needs_input_grad, True, True],
                )  # fmt: skip
                weight.grad[m].copy_(grad_weight)
                bias.grad[m].copy_(grad_bias)
                inputs.append(grad_x.permute(0, 2, 3, 1) if needs_input_grad else grad.new_empty(0))
            return _stacked(inputs)

        return _stacked(outputs), back


class MaxPool(nn.Module):
    """The largest value of each window."""

    def __init__(self, size: int, stride: int) -> None:
        super().__init__()
        self.size, self.stride = size, stride

    def forward(self, x_MBHWC: Tensor) -> Tensor:
        """Height and width shrink, the rest stays."""
        pooled = functional.max_pool2d(x_MBHWC.flatten(0, 1).permute(0, 3, 1, 2), self.size, self.stride)
        return pooled.permute(0, 2, 3, 1).unflatten(0, x_MBHWC.shape[:2])

    def vjp(self, x_MBHWC: Tensor, needs_input_grad: bool = True) -> tuple[Tensor, Pullback]:
        """The largest values, and their gradients in the places where they stood."""
        runs, size, stride = x_MBHWC.shape[:2], [self.size] * 2, [self.stride] * 2
        planes = x_MBHWC.flatten(0, 1).permute(0, 3, 1, 2)
        pooled, places = torch.ops.aten.max_pool2d_with_indices(planes, size, stride)

        def back(grad_MBHWC: Tensor) -> Tensor:
            grad = torch.ops.aten.max_pool2d_with_indices_backward(
                grad_MBHWC.flatten(0, 1).permute(0, 3, 1, 2), planes, size, stride, [0, 0], [1, 1], False, places
            )
            return grad.permute(0, 2, 3, 1).unflatten(0, runs)

        return pooled.permute(0, 2, 3, 1).unflatten(0, runs), back


class AveragePool(nn.Module):
    """The mean of each channel."""

    def forward(self, x_MBHWC: Tensor) -> Tensor:
        """Shape (run, row, height, width, channel) to (run, row, channel)."""
        return x_MBHWC.flatten(2, 3).float().mean(2)

    def vjp(self, x_MBHWC: Tensor, needs_input_grad: bool = True) -> tuple[Tensor, Pullback]:
        """The means, and their gradients in equal shares to all pixels."""

        def back(grad_MBC: Tensor) -> Tensor:
            height, width = x_MBHWC.shape[2:4]
            share_MBC = (grad_MBC / (height * width)).to(x_MBHWC.dtype)
            return share_MBC[:, :, None, None].expand(x_MBHWC.shape).contiguous()

        return self.forward(x_MBHWC), back


class Flatten(nn.Module):
    """Images as rows of features, channels last."""

    def forward(self, x_MBHWC: Tensor) -> Tensor:
        """Shape (run, row, height, width, channel) to (run, row, feature)."""
        return x_MBHWC.flatten(2).float()

    def vjp(self, x_MBHWC: Tensor, needs_input_grad: bool = True) -> tuple[Tensor, Pullback]:
        """The rows, and their gradient as images."""
        return self.forward(x_MBHWC), lambda grad: grad.to(x_MBHWC.dtype).view(x_MBHWC.shape)


def normalize_images(
    x_MRC: Tensor, weight_M1C: Tensor, bias_M1C: Tensor, epsilon: float
) -> tuple[Tensor, Tensor, Tensor, Pullback]:
    """What `layers.normalize` does, run by run with PyTorch's own batch norm, which reads each number once."""
    runs = zip(x_MRC, weight_M1C[:, 0], bias_M1C[:, 0], strict=True)
    parts = [torch.native_batch_norm(x, w, b, None, None, True, 0.0, epsilon) for x, w, b in runs]
    y_MRC, mean_MC, inverse_MC = (_stacked([part[at] for part in parts]) for at in range(3))

    def back(grad_MRC: Tensor) -> Tensor:
        assert weight_M1C.grad is not None
        assert bias_M1C.grad is not None
        inputs: list[Tensor] = []
        for m, grad in enumerate(grad_MRC):
            grad_x, grad_weight, grad_bias = torch.ops.aten.native_batch_norm_backward(
                grad, x_MRC[m], weight_M1C[m, 0], None, None, mean_MC[m], inverse_MC[m],
                True, epsilon, [True, True, True],
            )  # fmt: skip
            weight_M1C.grad[m, 0].copy_(grad_weight)
            bias_M1C.grad[m, 0].copy_(grad_bias)
            inputs.append(grad_x)
        return _stacked(inputs)

    variance_M1C = inverse_MC.square().reciprocal_().sub_(epsilon).unsqueeze(1)
    return y_MRC, mean_MC.unsqueeze(1), variance_M1C, back


def _stacked(parts: list[Tensor]) -> Tensor:
    """One tensor with a run axis; no copy where there is one run."""
    return torch.stack(parts) if len(parts) > 1 else parts[0].unsqueeze(0)


class LocalResponseNorm(nn.Module):
    """y = x * s ** -0.75 in float32, s = k + alpha / n * the sum of squares over n neighbouring channels.

    Its gradient is g * s ** -0.75 - 1.5 * alpha / n * x * the sum of g * y / s over the neighbours. Rows of channels
    are padded with zeros and laid end to end, so that a sum over neighbours is three additions of whole arrays; block
    by block, so that the arrays stay in the processor's cache.

    Source: Krizhevsky et al. (2012), section 3.3: k = 2, n = 5, alpha = 1e-4, beta = 0.75. Differs: alpha is divided by
    n, as in PyTorch, whose own layer pools, which is slow.
    """

    def forward(self, x_MBHWC: Tensor) -> Tensor:
        """Shape unchanged."""
        y_MBHWC = x_MBHWC.new_empty(x_MBHWC.shape)
        for x_RC, y_RC in _blocks(x_MBHWC, y_MBHWC):
            x = _padded(x_RC)
            inverse = _inverse_root(x)
            y_RC.copy_(_inner(inverse.sqrt().mul_(inverse).mul_(x), y_RC))
        return y_MBHWC

    def vjp(self, x_MBHWC: Tensor, needs_input_grad: bool = True) -> tuple[Tensor, Pullback]:
        """The quotients, and their gradient by the formula above."""

        def back(grad_MBHWC: Tensor) -> Tensor:
            out_MBHWC = x_MBHWC.new_empty(x_MBHWC.shape)
            for x_RC, grad_RC, out_RC in _blocks(x_MBHWC, grad_MBHWC, out_MBHWC):
                x = _padded(x_RC)
                inverse = _inverse_root(x)
                direct = inverse.sqrt().mul_(inverse).mul_(_padded(grad_RC))
                around = _near(inverse.square_().mul_(direct).mul_(x)).mul_(x)
                out_RC.copy_(_inner(direct.sub_(around, alpha=1.5 * _A), out_RC))
            return out_MBHWC

        return self.forward(x_MBHWC), back


_K, _A, _REACH = 2.0, 1e-4 / 5, 2
_BLOCK = 2**16
"""Numbers of one array, of a few, that the cache holds."""


def _blocks(*tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """The same rows of every tensor, of one run at a time."""
    rows = _BLOCK // tensors[0].shape[-1]
    for of_run in zip(*tensors, strict=True):
        yield from zip(*(tensor.flatten(0, 2).split(rows) for tensor in of_run), strict=True)


def _padded(x_RC: Tensor) -> Tensor:
    """Rows end to end, float32, each between zeros."""
    wide = x_RC.new_zeros(x_RC.shape[0], x_RC.shape[1] + 2 * _REACH, dtype=torch.float32)
    wide[:, _REACH:-_REACH] = x_RC
    return wide.flatten()


def _inner(flat: Tensor, like_RC: Tensor) -> Tensor:
    """The rows without their padding."""
    return flat.view(len(like_RC), -1)[:, _REACH:-_REACH]


def _near(flat: Tensor) -> Tensor:
    """The sum of each number and two on either side; meaningless in the padding."""
    total, pairs = torch.zeros_like(flat), flat[:-1] + flat[1:]
    torch.add(pairs[:-3], pairs[2:-1], out=total[2:-2]).add_(flat[4:])
    return total


def _inverse_root(x: Tensor) -> Tensor:
    """The inverse root of s."""
    return _near(x.square()).mul_(_A).add_(_K).rsqrt_()
