"""The expected calibration error, over bins of as many rows."""

from __future__ import annotations

import numpy as np

from paribus.metric.binned import calibration_gap, confidence
from paribus.metric.record import Metric, in_percent

BINS = 15


def ece_adaptive(labels_B: np.ndarray, probabilities_BC: np.ndarray) -> float:
    """|accuracy - mean confidence| in 15 bins of confidence with as many rows each, the mean over rows.

    Source: Nixon et al. (2019), arXiv 1904.01685, adaptive calibration error. Differs: it looks at the predicted class
    alone, and rows of equal confidence share a bin, so that the order of rows does not matter.
    """
    confidence_B, hit_B = confidence(labels_B, probabilities_BC)
    last_K = -(-len(confidence_B) * np.arange(1, BINS) // BINS) - 1
    return calibration_gap(confidence_B, hit_B, np.unique(np.sort(confidence_B)[np.maximum(last_K, 0)]))


METRIC = in_percent(
    Metric("ece_adaptive", "adaptive calibration error", higher_is_better=False, from_probabilities=ece_adaptive)
)
