"""Batch norm of images, the largest of each 2 x 2 window after it, and a rectifier: two passes there and two back."""

from __future__ import annotations

import numpy as np

from paribus.kernels.bfloat16 import narrow, widen
from paribus.kernels.compiled import compiled

_ZERO, _ONE = np.float32(0), np.float32(1)
_P0, _P2 = np.uint8(0), np.uint8(2)


@compiled
def image_statistics(
    x_MRPC: np.ndarray,
    numbers: tuple[np.float32, np.float32, bool],
    arrays: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """Running mean and variance, mean and inverse deviation of each channel over rows and pixels; see `normalize`."""
    (epsilon, momentum, unbiased), (running_mean_MC, running_variance_MC, mean_MC, inverse_MC) = numbers, arrays
    runs, rows, pixels, channels = x_MRPC.shape
    count = rows * pixels
    correction = count / max(count - 1, 1) if unbiased else 1.0
    sum_C, total_C = np.empty(channels, np.float32), np.empty(channels)
    for m in range(runs):
        mean_C = mean_MC[m]
        for second in range(2):
            total_C[:] = 0.0
            for r in range(rows):
                sum_C[:] = _ZERO
                for p in range(pixels):
                    x_C = x_MRPC[m, r, p]
                    if second:
                        for c in range(channels):
                            centred = widen(x_C[c]) - mean_C[c]
                            sum_C[c] += centred * centred
                    else:
                        for c in range(channels):
                            sum_C[c] += widen(x_C[c])
                for c in range(channels):
                    total_C[c] += sum_C[c]
            for c in range(channels):
                value = total_C[c] / count
                if second:
                    running_variance_MC[m, c] += momentum * np.float32(value * correction - running_variance_MC[m, c])
                    inverse_MC[m, c] = _ONE / np.sqrt(np.float32(value) + epsilon)
                else:
                    running_mean_MC[m, c] += momentum * np.float32(value - running_mean_MC[m, c])
                    mean_C[c] = np.float32(value)


@compiled
def norm_pool(
    x_MRHWC: np.ndarray,
    affine: tuple[np.ndarray, np.ndarray],
    statistics: tuple[np.ndarray, np.ndarray],
    leak: np.float32,
    out: tuple[np.ndarray, np.ndarray],
) -> None:
    """The largest of each window of (x - mean) * inverse * weight + bias, and which of the four it was.

    What is below 0 is multiplied by `leak`: 0 makes a rectifier, 1 nothing.
    """
    (weight_MC, bias_MC), (mean_MC, inverse_MC), (out_MRHWC, place_MRHWC) = affine, statistics, out
    runs, rows, height, width, channels = out_MRHWC.shape
    for m in range(runs):
        slope_C = weight_MC[m] * inverse_MC[m]
        shift_C = bias_MC[m] - mean_MC[m] * slope_C
        for r in range(rows):
            for h in range(height):
                for w in range(width):
                    x0_C, x1_C = x_MRHWC[m, r, 2 * h, 2 * w], x_MRHWC[m, r, 2 * h, 2 * w + 1]
                    x2_C, x3_C = x_MRHWC[m, r, 2 * h + 1, 2 * w], x_MRHWC[m, r, 2 * h + 1, 2 * w + 1]
                    out_C, place_C = out_MRHWC[m, r, h, w], place_MRHWC[m, r, h, w]
                    for c in range(channels):
                        slope, shift = slope_C[c], shift_C[c]
                        y0, y1 = widen(x0_C[c]) * slope + shift, widen(x1_C[c]) * slope + shift
                        y2, y3 = widen(x2_C[c]) * slope + shift, widen(x3_C[c]) * slope + shift
                        upper, lower = max(y0, y1), max(y2, y3)
                        best = max(upper, lower)
                        out_C[c] = narrow(best if best > _ZERO else best * leak, x0_C[c])
                        place_C[c] = (0 if y0 == upper else 1) if best == upper else (2 if y2 == lower else 3)


@compiled
def norm_pool_sums(
    grad_MRHWC: np.ndarray,
    kept: tuple[np.ndarray, np.ndarray, np.ndarray],
    factors: tuple[np.ndarray, np.ndarray, np.ndarray, np.float32],
    gradients: tuple[np.ndarray, np.ndarray],
) -> None:
    """The gradients of weight and bias; only the largest of each window has a part in them.

    `kept` are input, output and places; `factors` weights, means, inverse deviations and the leak.
    """
    (x_MRHWC, y_MRHWC, place_MRHWC), (_, mean_MC, inverse_MC, leak) = kept, factors
    weight_grad_MC, bias_grad_MC = gradients
    runs, rows, height, width, channels = grad_MRHWC.shape
    sum_C, product_C = np.empty(channels, np.float32), np.empty(channels, np.float32)
    for m in range(runs):
        weight_grad_MC[m] = _ZERO
        bias_grad_MC[m] = _ZERO
        for r in range(rows):
            sum_C[:] = _ZERO
            product_C[:] = _ZERO
            for h in range(height):
                for w in range(width):
                    x0_C, x1_C = x_MRHWC[m, r, 2 * h, 2 * w], x_MRHWC[m, r, 2 * h, 2 * w + 1]
                    x2_C, x3_C = x_MRHWC[m, r, 2 * h + 1, 2 * w], x_MRHWC[m, r, 2 * h + 1, 2 * w + 1]
                    grad_C, place_C, y_C = grad_MRHWC[m, r, h, w], place_MRHWC[m, r, h, w], y_MRHWC[m, r, h, w]
                    for c in range(channels):
                        grad, place = widen(grad_C[c]) * (_ONE if widen(y_C[c]) > _ZERO else leak), place_C[c]
                        x0, x1, x2, x3 = widen(x0_C[c]), widen(x1_C[c]), widen(x2_C[c]), widen(x3_C[c])
                        upper, lower = x0 if place == _P0 else x1, x2 if place == _P2 else x3
                        sum_C[c] += grad
                        product_C[c] += grad * (upper if place < _P2 else lower)
            for c in range(channels):
                bias_grad_MC[m, c] += sum_C[c]
                weight_grad_MC[m, c] += product_C[c] - sum_C[c] * mean_MC[m, c]
        weight_grad_MC[m] *= inverse_MC[m]


@compiled
def norm_pool_back(
    grad_MRHWC: np.ndarray,
    kept: tuple[np.ndarray, np.ndarray, np.ndarray],
    factors: tuple[np.ndarray, np.ndarray, np.ndarray, np.float32],
    gradients: tuple[np.ndarray, np.ndarray],
    out_MRHWC: np.ndarray,
) -> None:
    """The gradient of the input, from the other arguments of `norm_pool_sums`.

    A pixel outside every window, at the end of an odd height or width, has one by the mean and the deviation alone.
    """
    (x_MRHWC, y_MRHWC, place_MRHWC), (weight_MC, mean_MC, inverse_MC, leak) = kept, factors
    runs, rows, height, width, channels = x_MRHWC.shape
    even_height, even_width = 2 * grad_MRHWC.shape[2], 2 * grad_MRHWC.shape[3]
    share = _ONE / np.float32(rows * height * width)
    for m in range(runs):
        by_grad_C = weight_MC[m] * inverse_MC[m]
        by_x_C = by_grad_C * inverse_MC[m] * gradients[0][m] * share
        shift_C = by_grad_C * gradients[1][m] * share - mean_MC[m] * by_x_C
        for r in range(rows):
            for h in range(even_height):
                for w in range(even_width):
                    x_C, out_C, mine = x_MRHWC[m, r, h, w], out_MRHWC[m, r, h, w], np.uint8(2 * (h % 2) + w % 2)
                    grad_C, place_C = grad_MRHWC[m, r, h // 2, w // 2], place_MRHWC[m, r, h // 2, w // 2]
                    y_C = y_MRHWC[m, r, h // 2, w // 2]
                    for c in range(channels):
                        grad = widen(grad_C[c]) * (_ONE if widen(y_C[c]) > _ZERO else leak)
                        grad = grad if place_C[c] == mine else _ZERO
                        out_C[c] = narrow(grad * by_grad_C[c] - widen(x_C[c]) * by_x_C[c] - shift_C[c], x_C[c])
            for h in range(height):
                for w in range(0 if h >= even_height else even_width, width):
                    for c in range(channels):
                        x = x_MRHWC[m, r, h, w, c]
                        out_MRHWC[m, r, h, w, c] = narrow(-widen(x) * by_x_C[c] - shift_C[c], x)
