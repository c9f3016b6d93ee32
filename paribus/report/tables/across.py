"""The tables that put data sets side by side, made of each one's own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from paribus.metric import metric_of
from paribus.report.tables.study import Tables

_HARD = 3
"""Classes that are named."""

_BEST = ["variant", "mean", "ci_low", "ci_high", "validation", "gap"]

Parts = Mapping[str, Tables]
"""The tables of each data set, by its name."""


def scores(parts: Parts) -> pd.DataFrame:
    """One row per variant and data set: mean, its 95 % interval, validation, rank by mean, and whether it is the best.

    The best is chosen by validation scores, as in `Tables.best`; without any, none is. A variant without a score has no
    rank; equal means share the better one.
    """
    frames: list[pd.DataFrame] = []
    for data, tables in parts.items():
        rows = tables.variants[["variant", "mean", "ci_low", "ci_high", "validation"]]
        rank = rows["mean"].rank(method="min", ascending=not metric_of(tables.metric).higher_is_better).astype("Int64")
        best = (rows["variant"] == tables.best.variant) & tables.best.validated
        frames.append(rows.assign(rank=rank, best=best, data=data))
    return pd.concat(frames, ignore_index=True)[["variant", "data", *frames[0].columns[1:-1]]]


def contrasts(parts: Parts) -> pd.DataFrame:
    """One row per contrast and data set, as in `Tables.contrasts`; empty where nothing is varied."""
    frames = [tables.contrasts.assign(data=data) for data, tables in parts.items() if len(tables.contrasts)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def titles(contrasts: pd.DataFrame) -> pd.Series:
    """What each contrast is called in a table."""
    return contrasts["factor"] + ": " + contrasts["level"] + " against " + contrasts["reference"]


def best(parts: Parts) -> pd.DataFrame:
    """One row per data set: its best variant, with test score, interval, gap, and its hardest classes."""
    frames: list[pd.DataFrame] = []
    for data, tables in parts.items():
        name = tables.best.variant
        hard = (f"{cls} ({100 * share:.0f} %)" for cls, share in tables.hardest[["class", "recall"]].to_numpy()[:_HARD])
        rows = tables.variants.loc[tables.variants["variant"] == name, _BEST]
        row = rows if len(rows) else pd.DataFrame([dict.fromkeys(_BEST, np.nan) | {"variant": None}])
        frames.append(row.assign(data=data, by_validation=tables.best.validated, hardest=", ".join(hard)))
    return pd.concat(frames, ignore_index=True)[["data", "variant", "by_validation", *_BEST[1:], "hardest"]]
