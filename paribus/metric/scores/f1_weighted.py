"""F1, the mean over classes weighted by their rows."""

from __future__ import annotations

import numpy as np

from paribus.metric.rates import rates
from paribus.metric.record import Metric, in_percent


def f1_weighted(counts_CC: np.ndarray) -> float:
    """The mean of the classes' F1, each weighted by its true rows.

    Source: scikit-learn `f1_score(average="weighted", zero_division=0)`.
    """
    return float(np.average(rates(counts_CC)[2], weights=counts_CC.sum(axis=1)))


METRIC = in_percent(Metric("f1_weighted", "weighted F1", stored=True, from_counts=f1_weighted))
