"""Scores of one run, from the probabilities it left behind; each is a file in `metric/scores/`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from paribus.evaluation.confusion import confusion
from paribus.metric import STORED, Metric
from paribus.metric.rates import rates, seen


def score(p_BC: np.ndarray, y_B: np.ndarray) -> dict[str, float]:
    """What every run stores: predictions scored against the true classes.

    Args:
        p_BC: predicted probabilities, float32, shape (row, class); each row sums to 1.
        y_B: true classes, shape (row,), from 0 to number of classes - 1.

    Returns:
        `accuracy`, `f1_macro` and `f1_weighted` as shares from 0 to 1, and `loss`, the mean cross entropy in nats.
        Probabilities are kept one machine epsilon away from 0 and 1, so the loss is finite. A class that is neither
        present nor predicted is left out of `f1_macro`.

    Raises:
        DataError: the predictions do not fit the labels (see `confusion`).

    Source: scikit-learn `accuracy_score`, `log_loss` and `f1_score(zero_division=0)`, whose numbers these are.
    """
    counts_CC = confusion(p_BC, y_B)
    return {name: _computed(metric, counts_CC, y_B, p_BC) for name, metric in STORED.items()}


def score_counts(confusion_CC: np.ndarray) -> dict[str, float]:
    """The scores of every run that see classes only, `accuracy`, `f1_macro` and `f1_weighted`; see `score`.

    Args:
        confusion_CC: counts, shape (class, class), true classes in rows, at least one of them.
    """
    return {name: metric.from_counts(confusion_CC) for name, metric in STORED.items() if metric.from_counts}


def measure(metric: Metric, p_BC: np.ndarray, y_B: np.ndarray) -> float:
    """One score of predictions; arguments as of `score`.

    Raises:
        DataError: the predictions do not fit the labels (see `confusion`), or the metric cannot be computed of them.
    """
    return _computed(metric, confusion(p_BC, y_B), y_B, p_BC)


def _computed(metric: Metric, counts_CC: np.ndarray, y_B: np.ndarray, p_BC: np.ndarray) -> float:
    if metric.from_counts:
        return metric.from_counts(counts_CC)
    assert metric.from_probabilities
    return metric.from_probabilities(y_B, p_BC)


def class_report(confusion_CC: np.ndarray, class_names: Sequence[str]) -> list[dict[str, str | float | int]]:
    """Precision, recall and F1 of every class.

    Args:
        confusion_CC: counts, shape (class, class), true classes in rows, as `confusion` returns them.
        class_names: one name per class, in the same order.

    Returns:
        One row a class: `class`, `precision`, `recall`, `f1` (shares, 0 where there is nothing to divide by) and
        `support`, the number of rows that truly belong to it.

    Source: scikit-learn `precision_recall_fscore_support(zero_division=0)`.
    """
    columns = (*(rate_C.tolist() for rate_C in rates(confusion_CC)), confusion_CC.sum(axis=1).tolist())
    return [
        {"class": name, "precision": precision, "recall": recall, "f1": f1, "support": support}
        for name, precision, recall, f1, support in zip(class_names, *columns, strict=True)
    ]


def averages(confusion_CC: np.ndarray) -> list[dict[str, str | float | int]]:
    """Precision, recall and F1 over all classes: their plain mean, and the mean weighted by support.

    Args:
        confusion_CC: as for `class_report`.

    Returns:
        Two rows like those of `class_report`, named `macro average` and `weighted average`. A class that is neither
        present nor predicted is left out of the first.

    Source: scikit-learn `classification_report(zero_division=0)`.
    """
    support_C, seen_C = confusion_CC.sum(axis=1), seen(confusion_CC)
    found: list[dict[str, str | float | int]] = []
    for name, weights_C in (("macro average", seen_C), ("weighted average", support_C)):
        precision, recall, f1 = (float(np.average(rate_C, weights=weights_C)) for rate_C in rates(confusion_CC))
        row = {"class": name, "precision": precision, "recall": recall, "f1": f1, "support": int(support_C.sum())}
        found.append(row)
    return found
