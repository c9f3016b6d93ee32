"""How the weights of each layer are distributed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

_BINS = 40


def weight_distributions(weights: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Mean, deviation and histogram of the weights of every dense layer and convolution.

    Biases are left out, and the scales of layers whose name has `_norm`.

    Args:
        weights: tensors by name, as the store keeps them.

    Returns:
        Arrays with one row per layer: `layers` (names), `layer_sizes`, `layer_means`, `layer_deviations`, `layer_edges`
        (layer, bin + 1) from the lowest to the highest weight, and `layer_counts` (layer, bin).
    """
    kernels = {
        name.removeprefix("features.").removesuffix(".weight"): values.ravel().astype(np.float64)
        for name, values in weights.items()
        if values.ndim > 1 and "_norm" not in name
    }
    histograms = [np.histogram(values, _BINS) for values in kernels.values()]
    return {
        "layers": np.array(list(kernels), dtype=np.str_),
        "layer_sizes": np.array([values.size for values in kernels.values()]),
        "layer_means": np.array([values.mean() for values in kernels.values()]),
        "layer_deviations": np.array([values.std() for values in kernels.values()]),
        "layer_edges": np.array([edges for _, edges in histograms]).reshape(-1, _BINS + 1),
        "layer_counts": np.array([counts for counts, _ in histograms]).reshape(-1, _BINS),
    }
