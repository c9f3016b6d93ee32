"""How far confidence is from accuracy, over bins of rows."""

from __future__ import annotations

import numpy as np


def confidence(labels_B: np.ndarray, probabilities_BC: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The probability of the predicted class, and whether that is the true one, shape (row,) each."""
    return probabilities_BC.max(axis=1).astype(np.float64), probabilities_BC.argmax(axis=1) == labels_B


def calibration_gap(confidence_B: np.ndarray, hit_B: np.ndarray, upper_K: np.ndarray) -> float:
    """The mean over rows of |accuracy - mean confidence| of their bin.

    Args:
        confidence_B: shape (row,).
        hit_B: whether the prediction is right, shape (row,).
        upper_K: the upper end of every bin but the last, rising; a row on an end belongs to the bin below it.

    Source: Guo et al. (2017), equation 3.
    """
    bin_B = np.searchsorted(upper_K, confidence_B, side="left")
    gap_K = np.bincount(bin_B, hit_B - confidence_B, minlength=len(upper_K) + 1)
    return float(np.abs(gap_K).sum() / len(confidence_B))
