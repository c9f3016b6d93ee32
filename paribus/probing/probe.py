"""A probe: what is looked at in one trained network; what is there already is not computed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from paribus.data import Dataset
from paribus.planning.streams import stream
from paribus.probing.embedding import embed
from paribus.probing.weights import weight_distributions

_MOST = 2_000
"""Largest number of items whose features are probed."""


def probe(
    known: Mapping[str, np.ndarray],
    weights_of: Callable[[], Mapping[str, np.ndarray]],
    features_of: Callable[[np.ndarray], np.ndarray | None],
    dataset: Dataset | None,
) -> dict[str, np.ndarray]:
    """Complete what is known of a network.

    Args:
        known: what this function returned before; empty at first.
        weights_of: gives the network's tensors by name.
        features_of: gives what the head sees of items; None if the network cannot be built here.
        dataset: whose test items are looked at; None if they cannot be had.

    Returns:
        The arrays of `weight_distributions`; of at most 2,000 test items `items` (their numbers), `labels` and
        `features` (item, feature); and their `embedding`, unless `embed` has none.
    """
    arrays = dict(known) or weight_distributions(weights_of())
    if dataset is not None and "features" not in arrays:
        rows = balanced_rows(dataset.y_test)
        features = features_of(np.asarray(dataset.x_test[rows]))
        if features is not None:
            arrays |= {"items": rows, "labels": np.asarray(dataset.y_test[rows]), "features": features}
    if "features" in arrays and "embedding" not in arrays:
        places = embed(arrays["features"])
        arrays |= {} if places is None else {"embedding": places}
    return arrays


def balanced_rows(labels_B: np.ndarray) -> np.ndarray:
    """Draw at most 2,000 rows, of each class as many as of the others or all it has; ascending, always the same."""
    order = stream(0, "sample", "probed").permutation(len(labels_B))
    turn = np.empty(len(order), dtype=np.int64)
    for code in np.unique(labels_B):
        members = np.flatnonzero(labels_B[order] == code)
        turn[members] = np.arange(len(members))
    return np.sort(order[np.argsort(turn, kind="stable")[:_MOST]])
