"""The expected calibration error, over bins of equal width."""

from __future__ import annotations

import numpy as np

from paribus.metric.binned import calibration_gap, confidence
from paribus.metric.record import Metric, in_percent

BINS = 15


def ece(labels_B: np.ndarray, probabilities_BC: np.ndarray) -> float:
    """|accuracy - mean confidence| in 15 bins of confidence of equal width, the mean over rows.

    Source: Guo et al. (2017), equation 3, with their 15 bins.
    """
    upper_K = (np.arange(1, BINS) / BINS).astype(probabilities_BC.dtype)
    return calibration_gap(*confidence(labels_B, probabilities_BC), upper_K)


METRIC = in_percent(Metric("ece", "calibration error", higher_is_better=False, from_probabilities=ece))
