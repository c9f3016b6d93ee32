"""Precision, recall and F1 of each class, which several metrics are made of."""

from __future__ import annotations

import numpy as np


def rates(counts_CC: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and F1 of each class, shape (class,) each; 0 where there is nothing to divide by.

    Args:
        counts_CC: shape (class, class), true classes in rows.

    Source: scikit-learn `precision_recall_fscore_support(zero_division=0)`.
    """
    hit_C = np.diag(counts_CC)
    true_C, predicted_C = counts_CC.sum(axis=1), counts_CC.sum(axis=0)
    return _share(hit_C, predicted_C), _share(hit_C, true_C), _share(2 * hit_C, true_C + predicted_C)


def seen(counts_CC: np.ndarray) -> np.ndarray:
    """Whether a class is present or predicted, shape (class,)."""
    return counts_CC.sum(axis=1) + counts_CC.sum(axis=0) > 0


def _share(part_C: np.ndarray, whole_C: np.ndarray) -> np.ndarray:
    return part_C / np.maximum(whole_C, 1)
