"""Dropout."""

from __future__ import annotations

import numpy as np

from paribus.kernels.compiled import compiled

_NONE = np.float32(0)


@compiled
def dropout(
    x_MK: np.ndarray, drawn_MK: np.ndarray, threshold_M: np.ndarray, scale_M: np.ndarray, out_MK: np.ndarray
) -> None:
    """Scale what has drawn less than the threshold, and make the rest 0."""
    for m in range(x_MK.shape[0]):
        for k in range(x_MK.shape[1]):
            out_MK[m, k] = x_MK[m, k] * (scale_M[m] if drawn_MK[m, k] < threshold_M[m] else _NONE)
