"""The loss and its gradient."""

from __future__ import annotations

import numpy as np

from paribus.kernels.compiled import compiled

_ZERO, _ONE = np.float32(0), np.float32(1)


@compiled
def cross_entropy(
    logits_MBC: np.ndarray,
    y_MB: np.ndarray,
    weights_MC: np.ndarray,
    smoothing: np.float32,
    out: tuple[np.ndarray, np.ndarray],
) -> None:
    """Weighted and smoothed cross entropy: the gradient of its mean, and what is added up over steps.

    To `totals_2M` come the sum over rows and the number of rows whose largest score is the right one's.
    """
    grad_MBC, totals_2M = out
    num_rows, classes = logits_MBC.shape[1], logits_MBC.shape[2]
    share, floor = _ONE / np.float32(num_rows), smoothing / np.float32(classes)
    for m in range(logits_MBC.shape[0]):
        loss, correct = _ZERO, 0
        for b in range(num_rows):
            z_C, p_C, right = logits_MBC[m, b], grad_MBC[m, b], y_MB[m, b]
            best = 0
            for c in range(1, classes):
                best = c if z_C[c] > z_C[best] else best
            total, scores = _ZERO, _ZERO
            for c in range(classes):
                p_C[c] = np.exp(z_C[c] - z_C[best])
                total += p_C[c]
                scores += z_C[c]
            log_total = np.log(total) + z_C[best]
            weight = weights_MC[m, right]
            loss += weight * ((_ONE - smoothing) * (log_total - z_C[right]))
            if smoothing > _ZERO:
                loss += weight * (smoothing * log_total - floor * scores)
            scale, target = weight * share / total, weight * share
            for c in range(classes):
                p_C[c] = p_C[c] * scale - floor * target
            p_C[right] -= (_ONE - smoothing) * target
            correct += best == right
        totals_2M[0, m] += loss
        totals_2M[1, m] += np.float32(correct)
