"""Layers: the weights of each, in numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd


def layers(probes: Mapping[str, Mapping[str, np.ndarray]]) -> pd.DataFrame:
    """Columns variant, layer, weights (how many), mean, deviation, lowest and highest; one row per layer.

    Args:
        probes: as in `Tables.probes`.
    """
    tables = [pd.DataFrame(columns=["variant", "layer", "weights", "mean", "deviation", "lowest", "highest"])]
    for variant, probe in probes.items():
        columns = {"weights": "layer_sizes", "mean": "layer_means", "deviation": "layer_deviations"}
        table = pd.DataFrame({"variant": variant, "layer": probe["layers"]})
        table = table.assign(**{name: probe[key] for name, key in columns.items()})
        tables.append(table.assign(lowest=probe["layer_edges"][:, 0], highest=probe["layer_edges"][:, -1]))
    return pd.concat(tables[1:] or tables, ignore_index=True)
