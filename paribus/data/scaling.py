"""How features are scaled, fitted on training rows only: every way is (x * row_factor - shift) * factor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from paribus.spec.data import Scale

_CHUNK = 4096


@dataclass(frozen=True)
class Scaling:
    """Numbers of one run, float32: `shift` and `factor` of shape (1,) or (feature,); `unit_rows` divides rows by their norm."""

    shift: np.ndarray
    factor: np.ndarray
    unit_rows: bool = False


def fit_scaling(x_BF: np.ndarray, rows: np.ndarray, scale: Scale) -> Scaling:
    """Fit `scale` on the given rows.

    Args:
        x_BF: all training items, shape (row, feature), uint8 or float32; only `rows` of it are read.
        rows: the row numbers to fit on.
        scale: `unit` divides pixels by 255 and other features by their largest magnitude; `standard` takes one mean and
            deviation for all features, `per-feature` one each; `l2-columns` divides each feature by its norm over the
            rows, `l2-rows` each row by its norm. A feature that never varies (or is always zero) is divided by 1.
    """
    zero, one = np.zeros(1, np.float32), np.ones(1, np.float32)
    if scale == "none":
        return Scaling(zero, one)
    if scale == "l2-rows":
        return Scaling(zero, one, unit_rows=True)
    if scale == "unit":
        top = 255.0 if x_BF.dtype == np.uint8 else float(np.abs(x_BF[rows]).max())
        return Scaling(zero, np.array([1.0 / (top or 1.0)], np.float32))
    total_F, squares_F = _sums(x_BF, rows)
    if scale == "l2-columns":
        return Scaling(zero, _inverse(np.sqrt(squares_F)))
    count = len(rows)
    if scale == "standard":
        total_F, squares_F, count = total_F.sum(keepdims=True), squares_F.sum(keepdims=True), count * x_BF.shape[1]
    mean = total_F / count
    deviation = np.sqrt(np.maximum(squares_F / count - mean**2, 0.0))
    return Scaling(mean.astype(np.float32), _inverse(deviation))


def _sums(x_BF: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums and sums of squares of each feature, in float64."""
    total_F, squares_F = np.zeros(x_BF.shape[1]), np.zeros(x_BF.shape[1])
    for start in range(0, len(rows), _CHUNK):
        chunk = x_BF[rows[start : start + _CHUNK]].astype(np.float64)
        total_F += chunk.sum(axis=0)
        squares_F += np.einsum("bf,bf->f", chunk, chunk)
    return total_F, squares_F


def _inverse(divisor: np.ndarray) -> np.ndarray:
    negligible = divisor <= 1e-12 * max(1.0, float(divisor.max(initial=0.0)))
    return np.where(negligible, 1.0, 1.0 / np.where(negligible, 1.0, divisor)).astype(np.float32)
