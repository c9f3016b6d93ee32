"""Labels that are probably wrong, by what networks say of rows that they were not trained on."""

from __future__ import annotations

from importlib import import_module

import numpy as np


def label_suspects(p_BC: np.ndarray, labels_B: np.ndarray) -> np.ndarray | None:
    """Rows whose label is probably wrong, the least believed first.

    Args:
        p_BC: out-of-sample probabilities, shape (row, class).
        labels_B: given classes, shape (row,).

    Returns:
        Places of rows; None without cleanlab (the extra `interpret`), or where a class has fewer than two rows.

    Source: Northcutt et al. (2021), "Confident learning", JAIR 70, by cleanlab: pruned by noise rate, ranked by the
    probability of the given label.
    """
    counts = np.bincount(labels_B, minlength=p_BC.shape[1])
    if counts.min() < 2:
        return None
    try:
        library = import_module("cleanlab.filter")
    except ModuleNotFoundError:
        return None
    found = library.find_label_issues(labels_B, p_BC, return_indices_ranked_by="self_confidence", n_jobs=1)
    return np.asarray(found, dtype=np.int64)
