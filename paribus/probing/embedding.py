"""A map of features: items that the network sees alike lie close together."""

from __future__ import annotations

from importlib import import_module

import numpy as np

from paribus.planning.streams import stream

_PERPLEXITY = 30.0
_EARLY, _LATE = 150, 350
"""Iterations: with early exaggeration, and after it."""


def embed(features_BF: np.ndarray) -> np.ndarray | None:
    """Place the rows in the plane by t-SNE, the same way every time.

    Args:
        features_BF: shape (row, feature), finite.

    Returns:
        Places, shape (row, 2), float32; None without openTSNE (the extra `interpret`), or if there are fewer than four
        different rows.

    Source: van der Maaten & Hinton (2008); openTSNE from principal components, perplexity 30, exact neighbours, one
    thread. Differs: 500 iterations instead of its 750, after which nothing moves much.
    """
    if len(np.unique(features_BF, axis=0)) < 4:
        return None
    try:
        library = import_module("openTSNE")
    except ModuleNotFoundError:
        return None
    flat_BF = features_BF if features_BF.shape[1] > 1 else np.pad(features_BF, ((0, 0), (0, 1)))
    draw = int(stream(0, "sample", "embedding").integers(2**31))
    perplexity = min(_PERPLEXITY, (len(flat_BF) - 1) / 3)
    tsne = library.TSNE(
        perplexity=perplexity,
        neighbors="exact",
        early_exaggeration_iter=_EARLY,
        n_iter=_LATE,
        random_state=draw,
        n_jobs=1,
    )
    return np.asarray(tsne.fit(flat_BF), dtype=np.float32)
