"""Rows of features that are mostly zero, as texts have them, and the first layer's product with them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

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


def sparse_products(x_MBF: SparseRows, weight_MFG: Tensor) -> Tensor:
    """X @ w of each run, shape (run, row, fan_out)."""
    runs = zip(x_MBF.matrices, weight_MFG, strict=True)
    return torch.stack([_tensor(x, x_MBF.device) @ weight for x, weight in runs])


def write_sparse_gradients(x_MBF: SparseRows, grad_MBG: Tensor, out_MFG: Tensor | None) -> None:
    """X.T @ gradient of each run; turning rows into columns costs less than PyTorch's own product by a transpose."""
    assert out_MFG is not None
    for x, out, grad in zip(x_MBF.matrices, out_MFG, grad_MBG, strict=True):
        torch.addmm(out, _tensor(x.T.tocsr(), x_MBF.device), grad, beta=0, out=out)


def _tensor(matrix: csr_matrix, device: torch.device | str) -> Tensor:
    parts = (torch.from_numpy(part) for part in (matrix.indptr, matrix.indices, matrix.data))
    return torch.sparse_csr_tensor(*parts, size=matrix.shape, check_invariants=False, device=device)
