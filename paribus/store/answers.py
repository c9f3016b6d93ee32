"""The class that a run gives each test item, a few kilobytes beside its row: read of thousands of runs at once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

ANSWERS = "test_probabilities"


def answers_of(predictions: Mapping[str, np.ndarray]) -> np.ndarray:
    """The predicted class of each test item, shape (row,), of predictions as the store keeps them."""
    p_BC = predictions[ANSWERS]
    return p_BC.argmax(axis=1).astype(np.min_scalar_type(max(p_BC.shape[1] - 1, 0)))


def packed(predictions: Mapping[str, np.ndarray]) -> bytes | None:
    """The same as bytes: the size of a class, then the classes, least byte first; None of a run without predictions."""
    if ANSWERS not in predictions:
        return None
    classes_B = answers_of(predictions)
    return bytes([classes_B.itemsize]) + classes_B.astype(classes_B.dtype.newbyteorder("<")).tobytes()


def unpacked(stored: bytes) -> np.ndarray:
    """What `packed` was given: predicted classes, shape (row,)."""
    return np.frombuffer(stored, f"<u{stored[0]}", offset=1)
