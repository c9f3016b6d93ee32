"""Fully connected layers and their products, stacked."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from paribus.models.layers.sparse import SparseRows, sparse_product

TINY = 16**3
"""Below this many multiplications in one product PyTorch leaves oneDNN for another kernel, whose rounding differs."""


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


class Dense(nn.Module):
    """M fully connected layers: x_MBF @ w_MFG + b_M1G. In training, parameters must have their `.grad` allocated."""

    def __init__(self, num_runs: int, fan_in: int, fan_out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(num_runs, fan_in, fan_out))
        self.bias = nn.Parameter(torch.zeros(num_runs, 1, fan_out))

    def forward(self, x_MBF: Tensor | SparseRows) -> Tensor:
        """Shape (run, row, fan_in) to (run, row, fan_out)."""
        if isinstance(x_MBF, SparseRows):
            return sparse_product(x_MBF, self.weight, self.bias)
        return _DenseProduct.apply(x_MBF, self.weight, self.bias)  # pyright: ignore[reportReturnType]
