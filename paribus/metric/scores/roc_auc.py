"""The area under the ROC curve."""

from __future__ import annotations

import numpy as np

from paribus.errors import DataError
from paribus.metric.record import Metric


def roc_auc(labels_B: np.ndarray, probabilities_BC: np.ndarray) -> float:
    """How often a row of a class gets a higher probability of it than a row of another; equal ones count half.

    Of two classes it is that of the class with index 1; of more, the plain mean over the classes, each against the
    rest.

    Raises:
        DataError: a class has no rows, or all of them.

    Source: Hanley & McNeil (1982); scikit-learn `roc_auc_score(multi_class="ovr", average="macro")`.
    """
    rows_C = np.bincount(labels_B, minlength=probabilities_BC.shape[1])
    if len(rows_C) < 2 or not rows_C.all():
        raise DataError(f"roc_auc needs rows of every class, and two classes; found rows by class: {_told(rows_C)}.")
    classes = [1] if len(rows_C) == 2 else range(len(rows_C))
    return float(np.mean([_area(labels_B == label, probabilities_BC[:, label]) for label in classes]))


def _area(positive_B: np.ndarray, score_B: np.ndarray) -> float:
    """From the sum of the positive rows' ranks; equal scores share their mean rank."""
    _, place_B, count_K = np.unique(score_B, return_inverse=True, return_counts=True)
    rank_K = np.cumsum(count_K) - (count_K - 1) / 2
    num = int(positive_B.sum())
    return (rank_K[place_B][positive_B].sum() - num * (num + 1) / 2) / (num * (len(score_B) - num))


def _told(rows_C: np.ndarray) -> str:
    counts = ", ".join(map(str, rows_C[:20]))
    return counts if len(rows_C) <= 20 else f"{counts}, …"


METRIC = Metric("roc_auc", "ROC AUC", from_probabilities=roc_auc)
