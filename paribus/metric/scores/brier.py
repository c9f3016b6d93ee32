"""The squared distance of probabilities from the truth."""

from __future__ import annotations

import numpy as np

from paribus.metric.record import Metric


def brier(labels_B: np.ndarray, probabilities_BC: np.ndarray) -> float:
    """The mean over rows of the sum over classes of the squared difference from 1 for the true class and 0 elsewhere.

    It lies between 0 and 2; of two classes it is twice what is often given, which looks at one class.

    Source: Brier (1950), equation 2; scikit-learn `brier_score_loss(scale_by_half=False)`.
    """
    p_BC = probabilities_BC.astype(np.float64)
    p_BC[np.arange(len(labels_B)), labels_B] -= 1
    return float(np.square(p_BC).sum(axis=1).mean())


METRIC = Metric("brier", "Brier score", higher_is_better=False, from_probabilities=brier)
