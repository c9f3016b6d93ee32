"""F1, the mean over classes."""

from __future__ import annotations

import numpy as np

from paribus.metric.rates import rates, seen
from paribus.metric.record import Metric, in_percent


def f1_macro(counts_CC: np.ndarray) -> float:
    """The plain mean of the classes' F1, without classes that are neither present nor predicted.

    Source: scikit-learn `f1_score(average="macro", zero_division=0)`.
    """
    return float(rates(counts_CC)[2][seen(counts_CC)].mean())


METRIC = in_percent(Metric("f1_macro", "macro F1", stored=True, from_counts=f1_macro))
