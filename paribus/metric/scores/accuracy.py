"""The share of rows whose class is predicted."""

from __future__ import annotations

import numpy as np

from paribus.metric.record import Metric, in_percent


def accuracy(counts_CC: np.ndarray) -> float:
    """The share of rows whose most probable class is the true one; of equally probable classes the lowest counts.

    Source: scikit-learn `accuracy_score`.
    """
    return float(np.trace(counts_CC) / counts_CC.sum(axis=1).sum())


METRIC = in_percent(Metric("accuracy", "accuracy", stored=True, from_counts=accuracy))
