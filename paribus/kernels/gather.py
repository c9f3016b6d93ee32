"""From row numbers to a batch.

Labels and a number of each cache line are read first: they then come from memory side by side, not row after row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir

from paribus.kernels.compiled import compiled, inlined, instructions
from paribus.kernels.sparse import Entries

_LINE = 64
"""Bytes that memory gives at once."""

_U = np.uint64


@inlined
def _prefetch(x_NF: np.ndarray, y_N: np.ndarray, rows_B: np.ndarray, labels_B: np.ndarray) -> np.float32:
    """Copy the labels, and prefetch: touch every cache line of the items.

    The result must be used, or the compiler removes the reads.
    """
    seen = x_NF[0, 0]
    for b in range(len(rows_B)):
        labels_B[b] = y_N[rows_B[b]]
        for f in range(0, x_NF.shape[1], _LINE // x_NF.itemsize):
            seen = max(seen, x_NF[rows_B[b], f])
    return np.float32(seen)


@compiled
def gather(
    data: tuple[np.ndarray, np.ndarray],
    rows_MB: np.ndarray,
    scaling: tuple[np.ndarray, np.ndarray],
    batch: tuple[np.ndarray, np.ndarray],
) -> None:
    """Items (x - shift) * factor, float32, and their labels."""
    (x_NF, y_N), (shift_MF, factor_MF), (out_MBF, labels_MB) = data, scaling, batch
    for m in range(rows_MB.shape[0]):
        out_MBF[m, 0, 0] = _prefetch(x_NF, y_N, rows_MB[m], labels_MB[m])
        for b in range(rows_MB.shape[1]):
            row = rows_MB[m, b]
            for f in range(x_NF.shape[1]):
                out_MBF[m, b, f] = (np.float32(x_NF[row, f]) - shift_MF[m, f]) * factor_MF[m, f]


@instructions
def _lowest_bit(_: Any, bits: Any) -> Any:
    """The place of the lowest bit that is set; bits must not be 0."""

    def build(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.IntType(1)(1))

    return bits(bits), build


@compiled
def gather_nonzero(
    data: tuple[np.ndarray, np.ndarray],
    rows_MB: np.ndarray,
    factor_MF: np.ndarray,
    batch: tuple[Entries, np.ndarray],
) -> None:
    """Entries, see `sparse`, of the transposed batch of x * factor, and labels; of at most 64 rows.

    A bit for each row that is not zero, feature by feature, is set many at once and without a branch to be guessed.
    """
    (x_NF, y_N), ((columns_ME, values_ME, ends_MF), labels_MB) = data, batch
    bits_F = np.empty(x_NF.shape[1], np.uint64)
    for m in range(_U(rows_MB.shape[0])):
        rows, columns, values, factor = rows_MB[m], columns_ME[m], values_ME[m], factor_MF[m]
        values[0] = _prefetch(x_NF, y_N, rows, labels_MB[m])
        bits_F[:] = 0
        for b in range(_U(len(rows))):
            x = x_NF[rows[b]]
            for f in range(_U(len(x))):
                bits_F[f] |= _U(x[f] != 0) << b
        filled = _U(0)
        for f in range(_U(len(bits_F))):
            bits = bits_F[f]
            while bits:
                b = _lowest_bit(bits)
                columns[filled], values[filled] = b, np.float32(x_NF[rows[b], f]) * factor[f]
                bits &= bits - _U(1)
                filled += _U(1)
            ends_MF[m, f] = filled
