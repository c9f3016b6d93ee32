"""What is done to every row of features."""

from __future__ import annotations

import numpy as np

from paribus.kernels.compiled import compiled

_ZERO = np.float32(0)


@compiled
def add_rows(x_MBF: np.ndarray, row_MF: np.ndarray) -> None:
    """Add a row to all rows of its run, in place."""
    for m in range(x_MBF.shape[0]):
        for b in range(x_MBF.shape[1]):
            for f in range(x_MBF.shape[2]):
                x_MBF[m, b, f] += row_MF[m, f]


@compiled
def sum_rows(x_MBF: np.ndarray, out_MF: np.ndarray) -> None:
    """The sum of all rows of each run."""
    for m in range(x_MBF.shape[0]):
        out_F = out_MF[m]
        out_F[:] = _ZERO
        for b in range(x_MBF.shape[1]):
            for f in range(x_MBF.shape[2]):
                out_F[f] += x_MBF[m, b, f]


@compiled
def relu(x_K: np.ndarray, out_K: np.ndarray) -> None:
    """What is below 0 becomes 0; nan stays."""
    for k in range(len(x_K)):
        out_K[k] = _ZERO if x_K[k] < _ZERO else x_K[k]


@compiled
def relu_back(grad_K: np.ndarray, y_K: np.ndarray, out_K: np.ndarray) -> None:
    """The gradient where the output is above 0."""
    for k in range(len(y_K)):
        out_K[k] = grad_K[k] if y_K[k] > _ZERO else _ZERO
