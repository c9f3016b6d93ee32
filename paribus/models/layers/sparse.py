"""Rows of features that are mostly zero, as texts have them, and the first layer's product with them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from scipy.sparse import csr_matrix
from torch import Tensor

with warnings.catch_warnings():  # PyTorch warns once a process that its compressed tensors may change
    warnings.simplefilter("ignore")
    torch.sparse_csr_tensor([0, 0], [], [], (1, 1))


class SparseRows:
    """A batch of each run: one matrix of compressed rows a run, shape (row, feature), float32."""

    def __init__(self, matrices: Sequence[csr_matrix], device: torch.device | str = "cpu") -> None:
        self.matrices, self.device = matrices, device

    def dense(self) -> Tensor:
        """As a tensor of shape (run, row, feature)."""
        return torch.from_numpy(np.stack([matrix.toarray() for matrix in self.matrices])).to(self.device)


def sparse_product(x_MBF: SparseRows, weight_MFG: Tensor, bias_M1G: Tensor) -> Tensor:
    """X @ w + b, shape (run, row, fan_out); in training the gradients of w and b are written where they are kept."""
    return _SparseProduct.apply(x_MBF, weight_MFG, bias_M1G)  # pyright: ignore[reportReturnType]


class _SparseProduct(torch.autograd.Function):
    """Run by run; turning a batch's rows into columns costs less than PyTorch's own product by a transpose."""

    @staticmethod
    def forward(ctx: Any, x_MBF: SparseRows, weight_MFG: Tensor, bias_M1G: Tensor) -> Tensor:
        ctx.rows, ctx.parameters = x_MBF, (weight_MFG, bias_M1G)
        runs = zip(x_MBF.matrices, weight_MFG, strict=True)
        return torch.stack([_tensor(x, x_MBF.device) @ weight for x, weight in runs]).add_(bias_M1G)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, None, None]:
        (weight_MFG, bias_M1G), (grad_MBG,) = ctx.parameters, grads
        for x, out, grad in zip(ctx.rows.matrices, weight_MFG.grad, grad_MBG, strict=True):
            torch.addmm(out, _tensor(x.T.tocsr(), ctx.rows.device), grad, beta=0, out=out)
        torch.sum(grad_MBG, 1, keepdim=True, out=bias_M1G.grad)
        return None, None, None


def _tensor(matrix: csr_matrix, device: torch.device | str) -> Tensor:
    parts = (torch.from_numpy(part) for part in (matrix.indptr, matrix.indices, matrix.data))
    return torch.sparse_csr_tensor(*parts, size=matrix.shape, check_invariants=False, device=device)
