"""Batch norm of rows of features."""

from __future__ import annotations

import numpy as np

from paribus.kernels.compiled import compiled

_ZERO, _ONE = np.float32(0), np.float32(1)


@compiled
def normalize(
    x_MBF: np.ndarray,
    affine: tuple[np.ndarray, np.ndarray],
    numbers: tuple[np.float32, np.float32, bool],
    arrays: tuple[tuple[np.ndarray, np.ndarray], np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """Rows of mean 0 and deviation 1 times weight plus bias, as `BatchNorm` says.

    `numbers` are epsilon, the share of the batch in the running statistics, and whether the running variance is
    unbiased, so that a single row has none and changes nothing of them; `arrays` are these statistics, then the inverse
    deviations, normal rows and output, which are written.
    """
    (weight_MF, bias_MF), (epsilon, momentum, unbiased) = affine, numbers
    (running_mean_MF, running_variance_MF), inverse_MF, normal_MBF, out_MBF = arrays
    runs, num_rows, features = x_MBF.shape
    share, mean_F = _ONE / np.float32(num_rows), np.empty(features, np.float32)
    correction = np.float32(num_rows) / np.float32(max(num_rows - 1, 1)) if unbiased else _ONE
    for m in range(runs):
        inverse_F = inverse_MF[m]
        mean_F[:] = _ZERO
        inverse_F[:] = _ZERO
        for b in range(num_rows):
            for f in range(features):
                mean_F[f] += x_MBF[m, b, f]
        for f in range(features):
            mean_F[f] *= share
        for b in range(num_rows):
            for f in range(features):
                centred = x_MBF[m, b, f] - mean_F[f]
                inverse_F[f] += centred * centred
        for f in range(features):
            variance = inverse_F[f] * share
            if num_rows > 1 or not unbiased:
                running_mean_MF[m, f] += momentum * (mean_F[f] - running_mean_MF[m, f])
                running_variance_MF[m, f] += momentum * (variance * correction - running_variance_MF[m, f])
            inverse_F[f] = _ONE / np.sqrt(variance + epsilon)
        for b in range(num_rows):
            for f in range(features):
                normal = (x_MBF[m, b, f] - mean_F[f]) * inverse_F[f]
                normal_MBF[m, b, f] = normal
                out_MBF[m, b, f] = normal * weight_MF[m, f] + bias_MF[m, f]


@compiled
def normalize_back(
    grad_MBF: np.ndarray,
    normal_MBF: np.ndarray,
    factors: tuple[np.ndarray, np.ndarray],
    gradients: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """The gradients of weight, bias and input; `factors` are weights and inverse deviations."""
    (weight_MF, inverse_MF), (weight_grad_MF, bias_grad_MF, out_MBF) = factors, gradients
    runs, num_rows, features = grad_MBF.shape
    share = _ONE / np.float32(num_rows)
    for m in range(runs):
        slope_F, shift_F = weight_grad_MF[m], bias_grad_MF[m]
        slope_F[:] = _ZERO
        shift_F[:] = _ZERO
        for b in range(num_rows):
            for f in range(features):
                shift_F[f] += grad_MBF[m, b, f]
                slope_F[f] += grad_MBF[m, b, f] * normal_MBF[m, b, f]
        for b in range(num_rows):
            for f in range(features):
                inner = grad_MBF[m, b, f] - share * (shift_F[f] + normal_MBF[m, b, f] * slope_F[f])
                out_MBF[m, b, f] = inner * (inverse_MF[m, f] * weight_MF[m, f])
