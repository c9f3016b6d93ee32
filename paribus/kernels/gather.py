"""From row numbers to a batch."""

from __future__ import annotations

import numpy as np

from paribus.kernels.compiled import compiled

_LINE = 64
"""Bytes that memory gives at once."""


@compiled
def gather(
    data: tuple[np.ndarray, np.ndarray],
    rows_MB: np.ndarray,
    scaling: tuple[np.ndarray, np.ndarray],
    batch: tuple[np.ndarray, np.ndarray],
) -> None:
    """Items (x - shift) * factor, float32, and their labels.

    Labels and a number of each cache line are read first: they then come from memory side by side, not row after row.
    """
    (x_NF, y_N), (shift_MF, factor_MF), (out_MBF, labels_MB) = data, scaling, batch
    for m in range(rows_MB.shape[0]):
        seen = x_NF[0, 0]
        for b in range(rows_MB.shape[1]):
            labels_MB[m, b] = y_N[rows_MB[m, b]]
            for f in range(0, x_NF.shape[1], _LINE // x_NF.itemsize):
                seen = max(seen, x_NF[rows_MB[m, b], f])
        out_MBF[m, 0, 0] = np.float32(seen)  # or the compiler would leave the reading out
        for b in range(rows_MB.shape[1]):
            row = rows_MB[m, b]
            for f in range(x_NF.shape[1]):
                out_MBF[m, b, f] = (np.float32(x_NF[row, f]) - shift_MF[m, f]) * factor_MF[m, f]
