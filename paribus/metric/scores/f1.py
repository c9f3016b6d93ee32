"""F1 of the positive class, for two classes."""

from __future__ import annotations

import numpy as np

from paribus.errors import DataError
from paribus.metric.rates import rates
from paribus.metric.record import Metric, in_percent


def f1(counts_CC: np.ndarray) -> float:
    """F1 of the positive class of two, which is the one with index 1.

    Raises:
        DataError: there are more or fewer classes, or no row is of the positive one.

    Source: scikit-learn `f1_score(average="binary")`.
    """
    if len(counts_CC) != 2:
        raise DataError(
            f"f1 is for 2 classes, of which the one with index 1 is the positive one; found {len(counts_CC)}. Use "
            "f1_macro or f1_weighted."
        )
    if not counts_CC[1].sum():
        raise DataError("f1 needs rows of the positive class, the one with index 1; found none.")
    return float(rates(counts_CC)[2][1])


METRIC = in_percent(Metric("f1", "F1", from_counts=f1))
