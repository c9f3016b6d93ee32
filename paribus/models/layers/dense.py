"""Fully connected layers and their products, stacked."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from paribus import kernels
from paribus.models.layers.chain import Pullback
from paribus.models.layers.sparse import SparseRows, sparse_products, write_sparse_gradients
from paribus.models.layers.tape import Call, Ends, Tape

TINY = 16**3
"""Below this many multiplications in one product PyTorch leaves oneDNN for another kernel, whose rounding differs."""


FEW = 2**15
"""Layers of fewer weights multiply in float32 whatever the precision: bfloat16 costs more than it saves."""


def products(a_MBF: Tensor, b_MFG: Tensor, out_MBG: Tensor | None = None) -> Tensor:
    """One matrix product a run, with the bits that each run's product has alone.

    PyTorch chooses the kernel by the size of the whole stack, so tiny products are made one run at a time.
    """
    if out_MBG is None:
        out_MBG = a_MBF.new_empty(*a_MBF.shape[:2], b_MFG.shape[2])
    for call in _calls(a_MBF, b_MFG, out_MBG):
        call()
    return out_MBG


def _calls(a_MBF: Tensor, b_MFG: Tensor, out_MBG: Tensor) -> list[Call]:
    if len(a_MBF) > 1 and a_MBF[0].numel() * b_MFG.shape[2] <= TINY:
        return [partial(torch.bmm, a_MBF[m : m + 1], b_MFG[m : m + 1], out=out_MBG[m : m + 1]) for m in range(len(a_MBF))]
    return [partial(torch.bmm, a_MBF, b_MFG, out=out_MBG)]


class Dense(nn.Module):
    """M fully connected layers: x_MBF @ w_MFG + b_M1G."""

    def __init__(self, num_runs: int, fan_in: int, fan_out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(num_runs, fan_in, fan_out))
        self.bias = nn.Parameter(torch.zeros(num_runs, 1, fan_out))

    def forward(self, x_MBF: Tensor | SparseRows) -> Tensor:
        """Shape (run, row, fan_in) to (run, row, fan_out)."""
        multiply = sparse_products if isinstance(x_MBF, SparseRows) else products
        return multiply(x_MBF, self.weight).add_(self.bias)  # pyright: ignore[reportArgumentType]

    def vjp(self, x_MBF: Tensor | SparseRows, wanted: bool = True) -> tuple[Tensor, Pullback]:
        """See `Layer`."""
        weight_MFG, bias_M1G = self.weight, self.bias

        def back(grad_MBG: Tensor) -> Tensor:
            if isinstance(x_MBF, SparseRows):
                write_sparse_gradients(x_MBF, grad_MBG, weight_MFG.grad)
            else:
                products(x_MBF.transpose(1, 2), grad_MBG, weight_MFG.grad)
            torch.sum(grad_MBG, 1, keepdim=True, out=bias_M1G.grad)
            return products(grad_MBG, weight_MFG.transpose(1, 2)) if wanted else grad_MBG.new_empty(0)

        return self.forward(x_MBF), back

    def record(self, tape: Tape, ends: Ends) -> Ends:
        """See `Recorded`."""
        (x_MBF, grad_x_MBF), weight_MFG, bias_M1G = ends, self.weight.detach(), self.bias.detach()
        assert self.weight.grad is not None
        assert self.bias.grad is not None
        y_MBG = x_MBF.new_empty(*x_MBF.shape[:2], weight_MFG.shape[2])
        grad_MBG = torch.empty_like(y_MBG)
        add = partial(kernels.add_rows, y_MBG.numpy(), bias_M1G[:, 0].numpy())
        total = partial(kernels.sum_rows, grad_MBG.numpy(), self.bias.grad[:, 0].numpy())
        back = _calls(x_MBF.transpose(1, 2), grad_MBG, self.weight.grad)
        if grad_x_MBF is not None:
            back += _calls(grad_MBG, weight_MFG.transpose(1, 2), grad_x_MBF)
        tape.add([*_calls(x_MBF, weight_MFG, y_MBG), add], [total, *back])
        return y_MBG, grad_MBG
