"""Whether the true class is among the most probable ones."""

from __future__ import annotations

from functools import partial

import numpy as np

from paribus.errors import DataError
from paribus.metric.record import Metric, in_percent


def top_k(labels_B: np.ndarray, probabilities_BC: np.ndarray, k: int) -> float:
    """The share of rows whose true class is among the k most probable ones; of equal ones the lower class goes first.

    Raises:
        DataError: there are no more than k classes.

    Source: scikit-learn `top_k_accuracy_score`. Differs: where classes are equally probable, so that top_1 is accuracy.
    """
    num_classes = probabilities_BC.shape[1]
    if k >= num_classes:
        raise DataError(f"top_{k} needs more than {k} classes; found {num_classes}. Use a smaller number, as in top_1.")
    true_B1 = np.take_along_axis(probabilities_BC, labels_B[:, None], axis=1)
    earlier_BC = np.arange(num_classes) < labels_B[:, None]
    above_B = ((probabilities_BC > true_B1) | ((probabilities_BC == true_B1) & earlier_BC)).sum(axis=1)
    return float((above_B < k).mean())


def at(k: int) -> Metric:
    """The metric with this k, called top_k."""
    return in_percent(Metric(f"top_{k}", f"top-{k} accuracy", from_probabilities=partial(top_k, k=k), at=at))


METRIC = at(5)
