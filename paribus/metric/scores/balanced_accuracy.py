"""Accuracy as if every class had as many rows."""

from __future__ import annotations

import numpy as np

from paribus.metric.rates import rates
from paribus.metric.record import Metric, in_percent


def balanced_accuracy(counts_CC: np.ndarray) -> float:
    """The mean recall of the classes that have rows.

    Source: scikit-learn `balanced_accuracy_score`.
    """
    return float(rates(counts_CC)[1][counts_CC.sum(axis=1) > 0].mean())


METRIC = in_percent(Metric("balanced_accuracy", "balanced accuracy", from_counts=balanced_accuracy))
