"""The mean cross entropy, also called log loss."""

from __future__ import annotations

import numpy as np

from paribus.metric.record import Metric


def loss(labels_B: np.ndarray, probabilities_BC: np.ndarray) -> float:
    """The mean cross entropy in nats, which is the log loss.

    Probabilities are kept one machine epsilon away from 0 and 1, so it is finite.

    Source: scikit-learn `log_loss`.
    """
    eps = np.finfo(probabilities_BC.dtype).eps
    p_true_B = np.clip(probabilities_BC[np.arange(len(labels_B)), labels_B], eps, 1 - eps)
    return float(-np.log(p_true_B, dtype=np.float64).mean())


METRIC = Metric(
    "loss",
    "loss",
    higher_is_better=False,
    unit="nats",
    difference="nats",
    stored=True,
    from_probabilities=loss,
)
