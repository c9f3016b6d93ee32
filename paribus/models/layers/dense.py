"""Fully connected layers and their products, stacked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from paribus import kernels
from paribus.models.blueprint import Weights
from paribus.models.layers.chain import Pullback
from paribus.models.layers.sparse import SparseRows
from paribus.models.layers.tape import Buffers, Call, Tape

TINY = 16**3
"""Below this many multiplications in one product PyTorch leaves oneDNN for another kernel, whose rounding differs."""

FEW = 2**21
"""Fewer multiplications are made in float32 whatever the precision, in training: bfloat16 costs more than it saves."""


def products(a_MBF: Tensor, b_MFG: Tensor, out_MBG: Tensor) -> list[Call]:
    """The calls that write one matrix product a run, with the bits that each run's product has alone.

    PyTorch chooses the kernel by the size of the whole stack, so tiny products are made one run at a time; and so are
    those with a vector, for which MKL has another way in a stack than alone.
    """
    columns = b_MFG.shape[2]
    alone = columns == 1 or a_MBF[0].numel() * columns <= TINY
    each = [slice(m, m + 1) for m in range(len(a_MBF))] if alone else [slice(None)]
    return [partial(torch.bmm, a_MBF[runs], b_MFG[runs], out=out_MBG[runs]) for runs in each]


class Dense(nn.Module):
    """M fully connected layers: x_MBF @ w_MFG + b_M1G, each with its run's `weights`, by default plain ones."""

    def __init__(self, num_runs: int, fan_in: int, fan_out: int, weights: Sequence[Weights] = ()) -> None:
        super().__init__()
        self.weights = weights or [Weights()] * num_runs
        self.weight = nn.Parameter(torch.zeros(num_runs, fan_in, fan_out))
        self.bias = nn.Parameter(torch.zeros(num_runs, 1, fan_out)) if self.weights[0].bias else None

    @property
    def fans(self) -> tuple[int, int]:
        """Inputs per unit, and units per input."""
        return self.weight.shape[1], self.weight.shape[2]

    def forward(self, x_MBF: Tensor | SparseRows) -> Tensor:
        """Shape (run, row, fan_in) to (run, row, fan_out)."""
        y_MBG = self.weight.new_empty(*x_MBF.shape[:2], self.weight.shape[2])
        if isinstance(x_MBF, SparseRows):
            x_MBF.products(kernels.array(self.weight), y_MBG.numpy())
        else:
            _make(products(x_MBF, self.weight, y_MBG))
        return y_MBG if self.bias is None else y_MBG.add_(self.bias)

    def vjp(self, x_MBF: Tensor, needs_input_grad: bool = True) -> tuple[Tensor, Pullback]:
        """The product plus bias, and the products with its gradient."""

        def back(grad_MBG: Tensor) -> Tensor:
            if self.bias is not None:
                torch.sum(grad_MBG, 1, keepdim=True, out=self.bias.grad)
            grad_x_MBF = torch.empty_like(x_MBF) if needs_input_grad else None
            _make(self._back(x_MBF, grad_MBG, grad_x_MBF))
            return grad_MBG.new_empty(0) if grad_x_MBF is None else grad_x_MBF

        return self.forward(x_MBF), back

    def add_to(self, tape: Tape, buffers: Buffers | tuple[SparseRows, None]) -> Buffers:
        """Put the products and the sums over rows on the tape."""
        x_MBF, grad_x_MBF = buffers
        weight_MFG = self.weight
        assert weight_MFG.grad is not None
        y_MBG, grad_MBG = (weight_MFG.new_empty(*x_MBF.shape[:2], weight_MFG.shape[2]) for _ in range(2))
        if isinstance(x_MBF, SparseRows):
            forward_calls = [partial(x_MBF.products, kernels.array(weight_MFG), y_MBG.numpy())]
            back = [partial(x_MBF.gradients, grad_MBG.numpy(), weight_MFG.grad.numpy())]
        else:
            exact = x_MBF.shape[1] * weight_MFG[0].numel() < FEW
            forward_calls = tape.multiply(products(x_MBF, weight_MFG.detach(), y_MBG), exact)
            back = tape.multiply(self._back(x_MBF, grad_MBG, grad_x_MBF), exact)
        add, total = self._bias_calls(y_MBG, grad_MBG)
        tape.add([*forward_calls, *add], [*total, *back])
        return y_MBG, grad_MBG

    def _bias_calls(self, y_MBG: Tensor, grad_MBG: Tensor) -> tuple[list[Call], list[Call]]:
        """Calls that add the biases, and that sum up their gradients."""
        if self.bias is None:
            return [], []
        assert self.bias.grad is not None
        add = partial(kernels.add_rows, y_MBG.numpy(), self.bias.detach()[:, 0].numpy())
        return [add], [partial(kernels.sum_rows, grad_MBG.numpy(), self.bias.grad[:, 0].numpy())]

    def _back(self, x_MBF: Tensor, grad_MBG: Tensor, grad_x_MBF: Tensor | None) -> list[Call]:
        """Calls that write the gradients of the weights and, if there is a place for it, of the input."""
        assert self.weight.grad is not None
        calls = products(x_MBF.transpose(1, 2), grad_MBG, self.weight.grad)
        if grad_x_MBF is not None:
            calls += products(grad_MBG, self.weight.detach().transpose(1, 2), grad_x_MBF)
        return calls


def _make(calls: list[Call]) -> None:
    for call in calls:
        call()
