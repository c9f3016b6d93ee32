"""Layers on images, which go from layer to layer as (run, row of the batch, height, width, channel): M, B, H, W, C.

With channels last every layer but the convolution works on rows of channels; what is last in memory is last in shape.
Convolutions are made run by run: on a processor, grouped convolutions are slower than one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from paribus.models import blueprint as paper
from paribus.models.blueprint import Shape
from paribus.models.layers.activation import Dropout
from paribus.models.layers.chain import Pullback


class Conv(nn.Module):
    """M convolutions of one structure, zero padded; `groups` of channels have filters of their own.

    A kernel of 1 x 1 is given only the pixels that its stride reads. With a stride, channels last and fewer channels
    than a register holds numbers (8 with AVX2, 16 with AVX-512), oneDNN writes past the end of its memory when it makes
    the gradient of such weights: https://github.com/uxlfoundation/oneDNN/issues/6035
    """

    def __init__(self, shape: Shape, runs: Sequence[paper.Conv], groups: int = 1) -> None:
        super().__init__()
        num_runs, conv, channels = len(runs), runs[0], shape[2]
        self.weights, self.groups, self.size = [run.weights for run in runs], groups, conv.kernel_size
        self.stride, self.skip = (conv.stride, 1) if self.size > 1 else (1, conv.stride)
        zeros = [conv.zeros(side) for side in shape[:2]]
        self.padding = [before for before, _ in zeros]
        self.uneven = None if all(before == after for before, after in zeros) else zeros
        filters = conv.filters * groups
        self.weight = nn.Parameter(torch.zeros(num_runs, filters, channels // groups, self.size, self.size))
        self.bias = nn.Parameter(torch.zeros(num_runs, filters)) if conv.weights.bias else None

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
        if self.skip > 1:
            y_MBHWC, back = self._vjp(x_MBHWC[:, :, :: self.skip, :: self.skip].contiguous(), needs_input_grad)
            return y_MBHWC, partial(self._among_zeros, back, x_MBHWC.shape) if needs_input_grad else back
        if self.uneven:
            (top, bottom), (left, right) = self.uneven
            y_MBHWC, back = self._vjp(functional.pad(x_MBHWC, (0, 0, left, right, top, bottom)), needs_input_grad)
            return y_MBHWC, partial(self._within_zeros, back, x_MBHWC.shape) if needs_input_grad else back
        return self._vjp(x_MBHWC, needs_input_grad)

    def _among_zeros(self, back: Pullback, shape: torch.Size, grad_MBHWC: Tensor) -> Tensor:
        """The gradient of all pixels: of those that were not read it is 0."""
        found_MBHWC = grad_MBHWC.new_zeros(shape)
        found_MBHWC[:, :, :: self.skip, :: self.skip] = back(grad_MBHWC)
        return found_MBHWC

    def _within_zeros(self, back: Pullback, shape: torch.Size, grad_MBHWC: Tensor) -> Tensor:
        """The gradient of the pixels, without that of the zeros around them."""
        assert self.uneven
        (top, _), (left, _) = self.uneven
        return back(grad_MBHWC)[:, :, top : top + shape[2], left : left + shape[3]].contiguous()

    def _vjp(self, x_MBHWC: Tensor, needs_input_grad: bool) -> tuple[Tensor, Pullback]:
        weight, bias, stride, groups = self.weight, self.bias, self.stride, self.groups
        padding, kernel = [0, 0] if self.uneven else self.padding, weight.to(x_MBHWC.dtype)
        biases = [None] * len(weight) if bias is None else list(bias.to(x_MBHWC.dtype))
        outputs = [
            functional.conv2d(x.permute(0, 3, 1, 2), w, b, stride, padding, 1, groups).permute(0, 2, 3, 1)
            for x, w, b in zip(x_MBHWC, kernel, biases, strict=True)
        ]

        def back(grad_MBHWC: Tensor) -> Tensor:
            assert weight.grad is not None
            inputs: list[Tensor] = []
            for m, (x, grad) in enumerate(zip(x_MBHWC, grad_MBHWC, strict=True)):
                grad_x, grad_weight, grad_bias = torch.ops.aten.convolution_backward(
                    grad.permute(0, 3, 1, 2), x.permute(0, 3, 1, 2), kernel[m], [weight.shape[1]],
                    [stride] * 2, padding, [1, 1], False, [0, 0], groups, [needs_input_grad, True, bias is not None],
                )  # fmt: skip
                weight.grad[m].copy_(grad_weight)
                if bias is not None:
                    assert bias.grad is not None
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
    """The mean of each window."""

    def __init__(self, size: int, stride: int) -> None:
        super().__init__()
        self.size, self.stride = size, stride

    def forward(self, x_MBHWC: Tensor) -> Tensor:
        """Height and width shrink, the rest stays."""
        pooled = functional.avg_pool2d(x_MBHWC.flatten(0, 1).permute(0, 3, 1, 2), self.size, self.stride)
        return pooled.permute(0, 2, 3, 1).unflatten(0, x_MBHWC.shape[:2])

    def vjp(self, x_MBHWC: Tensor, needs_input_grad: bool = True) -> tuple[Tensor, Pullback]:
        """The means, and their gradients in equal shares to the window."""
        planes, window = x_MBHWC.flatten(0, 1).permute(0, 3, 1, 2), ([self.size] * 2, [self.stride] * 2)

        def back(grad_MBHWC: Tensor) -> Tensor:
            grad = torch.ops.aten.avg_pool2d_backward(
                grad_MBHWC.flatten(0, 1).permute(0, 3, 1, 2), planes, *window, [0, 0], False, True, None
            )
            return grad.permute(0, 2, 3, 1).unflatten(0, x_MBHWC.shape[:2])

        return self.forward(x_MBHWC), back


class GlobalAveragePool(nn.Module):
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


class SpatialDropout(nn.Module):
    """Zeroing of whole channels of each image, with a rate and a stream for each run, see `Dropout`.

    Source: Tompson et al. (2015), arXiv 1411.4280, section 3.2.
    """

    def __init__(self, rates: Sequence[float]) -> None:
        super().__init__()
        self.each = Dropout(rates)

    def forward(self, x_MBHWC: Tensor) -> Tensor:
        """The identity."""
        return x_MBHWC

    def vjp(self, x_MBHWC: Tensor, needs_input_grad: bool = True) -> tuple[Tensor, Pullback]:
        """Draw which channels are left out, and scale the others; the gradient passes as the values do."""
        ones_MBC = torch.ones_like(x_MBHWC[:, :, 0, 0], dtype=torch.float32, memory_format=torch.contiguous_format)
        factor = self.each.vjp(ones_MBC)[0][:, :, None, None].to(x_MBHWC.dtype)
        return x_MBHWC * factor, factor.mul


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
