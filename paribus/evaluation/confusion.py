"""Which class was taken for which."""

from __future__ import annotations

import numpy as np

from paribus.errors import DataError


def confusion(p_BC: np.ndarray, y_B: np.ndarray) -> np.ndarray:
    """Count rows by true and predicted class.

    The predicted class is the most probable one; of equally probable classes, the lowest.

    Args:
        p_BC: predicted probabilities, shape (row, class), one column per class.
        y_B: true classes, shape (row,), whole numbers from 0 to number of classes - 1.

    Returns:
        Counts, int64, shape (class, class): true classes are rows, predicted classes columns.

    Raises:
        DataError: there are no rows, the shapes do not match, a probability is not finite, or a label has no column.
    """
    if p_BC.ndim != 2 or y_B.shape != p_BC.shape[:1] or not p_BC.size:
        raise DataError(
            f"Predictions of shape {p_BC.shape} do not fit labels of shape {y_B.shape}: they must be (row, class) "
            "and (row,), with at least one row. Predict again with the labels of the same rows."
        )
    if not np.isfinite(p_BC).all():
        bad = int((~np.isfinite(p_BC)).any(axis=1).sum())
        raise DataError(
            f"{bad} of {len(p_BC)} predictions are not finite; probabilities lie between 0 and 1. "
            "A run that diverged has no score: leave it out."
        )
    num_classes = p_BC.shape[1]
    if y_B.min() < 0 or y_B.max() >= num_classes:
        raise DataError(
            f"Labels reach from {y_B.min()} to {y_B.max()}, but the predictions have {num_classes} classes, "
            f"so 0 to {num_classes - 1} is allowed. Number the classes from 0."
        )
    cell_B = y_B.astype(np.int64) * num_classes + p_BC.argmax(axis=1)
    return np.bincount(cell_B, minlength=num_classes**2).reshape(num_classes, num_classes)
