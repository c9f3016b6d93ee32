"""Normalization over the numbers of an item: its features, its channels, groups of them, or neighbouring channels."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from paribus.models import blueprint as paper
from paribus.models.layers.chain import Pullback
from paribus.models.layers.tape import Buffers, Tape, add_vjp


class LayerNorm(nn.Module):
    """Normalization of each row of features, or of channels.

    Source: Ba et al. (2016), arXiv 1607.06450, section 3; `torch.nn.LayerNorm`, Keras' `LayerNormalization`.
    """

    def __init__(self, num_runs: int, features: int, epsilon: float) -> None:
        super().__init__()
        self.epsilon = epsilon
        self.weight = nn.Parameter(torch.ones(num_runs, 1, features))
        self.bias = nn.Parameter(torch.zeros(num_runs, 1, features))

    def forward(self, x: Tensor) -> Tensor:
        """Shape (run, row, ..., feature), unchanged."""
        return self.vjp(x)[0]

    def vjp(self, x: Tensor, needs_input_grad: bool = True) -> tuple[Tensor, Pullback]:
        """The normalized rows, scaled and shifted, and their gradients."""
        normal, back = _standardized(x.float(), self.epsilon)
        y, outer = _affine(normal, self.weight, self.bias)
        return y.to(x.dtype), lambda grad: back(outer(grad.float())).to(x.dtype)

    def add_to(self, tape: Tape, buffers: Buffers) -> Buffers:
        """Put what `vjp` does on the tape."""
        return add_vjp(self.vjp, tape, buffers)


class GroupNorm(nn.Module):
    """Normalization of groups of neighbouring channels, or features, each over all pixels of an item.

    Source: Wu & He (2018), arXiv 1803.08494, section 3; `torch.nn.GroupNorm`, Keras' `GroupNormalization`.
    """

    def __init__(self, num_runs: int, features: int, epsilon: float, groups: int) -> None:
        super().__init__()
        self.epsilon, self.groups = epsilon, groups
        self.weight = nn.Parameter(torch.ones(num_runs, 1, features))
        self.bias = nn.Parameter(torch.zeros(num_runs, 1, features))

    def forward(self, x: Tensor) -> Tensor:
        """Shape (run, row, ..., feature), unchanged."""
        return self.vjp(x)[0]

    def vjp(self, x: Tensor, needs_input_grad: bool = True) -> tuple[Tensor, Pullback]:
        """The normalized items, scaled and shifted, and their gradients."""
        groups_MBGK, ungrouped = self._grouped(x)
        normal, back = _standardized(groups_MBGK, self.epsilon)
        y, outer = _affine(ungrouped(normal), self.weight, self.bias)

        def pull(grad: Tensor) -> Tensor:
            return ungrouped(back(self._grouped(outer(grad.float()))[0])).to(x.dtype)

        return y.to(x.dtype), pull

    def _grouped(self, x: Tensor) -> tuple[Tensor, Pullback]:
        """Each group's numbers side by side, float32, shape (run, row, group, number); and the way back."""
        pixels = x.flatten(2, -2).shape[2] if x.dim() > 3 else 1
        split = (*x.shape[:2], pixels, self.groups, x.shape[-1] // self.groups)
        found = x.float().reshape(split).transpose(2, 3)
        return found.flatten(3), lambda values: values.view(found.shape).transpose(2, 3).reshape(x.shape)

    def add_to(self, tape: Tape, buffers: Buffers) -> Buffers:
        """Put what `vjp` does on the tape."""
        return add_vjp(self.vjp, tape, buffers)


def _standardized(x: Tensor, epsilon: float) -> tuple[Tensor, Pullback]:
    """(x - mean) / deviation over the last axis, each row by itself; and the pullback."""
    shape, x = [x.shape[-1]], x.contiguous()
    normal, mean, inverse = torch.native_layer_norm(x, shape, None, None, epsilon)

    def back(grad: Tensor) -> Tensor:
        asked = [True, False, False]
        return torch.ops.aten.native_layer_norm_backward(grad.contiguous(), x, shape, mean, inverse, None, None, asked)[
            0
        ]

    return normal, back


def _affine(normal: Tensor, weight_M1F: nn.Parameter, bias_M1F: nn.Parameter) -> tuple[Tensor, Pullback]:
    """Normal * weight + bias of each run's features; and the pullback, whose sums are made run by run."""
    weight, bias = (each.detach().view(len(each), *[1] * (normal.dim() - 2), -1) for each in (weight_M1F, bias_M1F))

    def back(grad: Tensor) -> Tensor:
        assert weight_M1F.grad is not None
        assert bias_M1F.grad is not None
        for m, (grad_RF, normal_RF) in enumerate(zip(grad.flatten(1, -2), normal.flatten(1, -2), strict=True)):
            weight_M1F.grad[m, 0].copy_((grad_RF * normal_RF).sum(0))
            bias_M1F.grad[m, 0].copy_(grad_RF.sum(0))
        return grad * weight

    return (normal * weight).add_(bias), back


class LocalResponseNorm(nn.Module):
    """y = x * s ** -beta in float32, s = k + slope * the sum of squares over neighbouring channels.

    Its gradient is g * s ** -beta - 2 * beta * slope * x * the sum of g * y / s over the neighbours. Rows of channels
    are padded with zeros and laid end to end, so that a sum over neighbours is a few additions of whole arrays; block
    by block, so that the arrays stay in the processor's cache.

    Source: Krizhevsky et al. (2012), section 3.3: k = 2, n = 5, alpha = 1e-4, beta = 0.75. Differs: alpha is divided by
    n, as in PyTorch, whose own layer pools, which is slow.
    """

    def __init__(self, numbers: paper.LocalResponseNorm) -> None:
        super().__init__()
        self.numbers = numbers

    def forward(self, x_MBHWC: Tensor) -> Tensor:
        """Shape unchanged."""
        y_MBHWC = x_MBHWC.new_empty(x_MBHWC.shape)
        for x_RC, y_RC in _blocks(x_MBHWC, y_MBHWC):
            x = self._padded(x_RC)
            power, _ = self._powers(x)
            y_RC.copy_(self._inner(power.mul_(x), y_RC))
        return y_MBHWC

    def vjp(self, x_MBHWC: Tensor, needs_input_grad: bool = True) -> tuple[Tensor, Pullback]:
        """The quotients, and their gradient by the formula above."""
        factor = 2 * self.numbers.beta * self.numbers.slope

        def back(grad_MBHWC: Tensor) -> Tensor:
            out_MBHWC = x_MBHWC.new_empty(x_MBHWC.shape)
            for x_RC, grad_RC, out_RC in _blocks(x_MBHWC, grad_MBHWC, out_MBHWC):
                x = self._padded(x_RC)
                power, root = self._powers(x)
                direct = power.mul_(self._padded(grad_RC))
                around = self._near(root.square_().mul_(direct).mul_(x)).mul_(x)
                out_RC.copy_(self._inner(direct.sub_(around, alpha=factor), out_RC))
            return out_MBHWC

        return self.forward(x_MBHWC), back

    def _padded(self, x_RC: Tensor) -> Tensor:
        """Rows end to end, float32, each between zeros."""
        reach = self.numbers.reach
        wide = x_RC.new_zeros(x_RC.shape[0], x_RC.shape[1] + 2 * reach, dtype=torch.float32)
        wide[:, reach : reach + x_RC.shape[1]] = x_RC
        return wide.flatten()

    def _inner(self, flat: Tensor, like_RC: Tensor) -> Tensor:
        """The rows without their padding."""
        return flat.view(len(like_RC), -1)[:, self.numbers.reach : self.numbers.reach + like_RC.shape[1]]

    def _near(self, flat: Tensor) -> Tensor:
        """The sum of each number and its neighbours; meaningless in the padding."""
        reach = self.numbers.reach
        total, end = torch.zeros_like(flat), len(flat) - 2 * reach
        middle = total[reach : reach + end]
        if reach == 2:
            pairs = flat[:-1] + flat[1:]
            torch.add(pairs[:-3], pairs[2:-1], out=middle).add_(flat[4:])
            return total
        for shift in range(2 * reach + 1):
            middle.add_(flat[shift : shift + end])
        return total

    def _powers(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """S ** -beta, and s ** -0.5."""
        total = self._near(x.square()).mul_(self.numbers.slope).add_(self.numbers.k)
        if self.numbers.beta == 0.75:
            root = total.rsqrt_()
            return root.sqrt().mul_(root), root
        return total.pow(-self.numbers.beta), total.rsqrt()


_BLOCK = 2**16
"""Numbers of one array, of a few, that the cache holds."""


def _blocks(*tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """The same rows of every tensor, of one run at a time."""
    rows = max(_BLOCK // tensors[0].shape[-1], 1)
    for of_run in zip(*tensors, strict=True):
        yield from zip(*(tensor.flatten(0, 2).split(rows) for tensor in of_run), strict=True)
