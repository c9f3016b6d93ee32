"""Generalization gaps: training minus validation accuracy of each run."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

_COLUMNS = ["variant", "seed", "fold", "epoch", "train_accuracy", "val_accuracy", "gap"]


def gaps(history: pd.DataFrame, runs: pd.DataFrame, keeps: Mapping[str, str | None]) -> pd.DataFrame:
    """One row per finished run, at the epoch whose weights were kept; empty without validation rows.

    Args:
        history: as in `Tables.history`.
        runs: as in `Tables.runs`.
        keeps: `last` or `best` by variant, as its recipe says.

    Returns:
        Columns variant, seed, fold, epoch, train_accuracy, val_accuracy and gap, their difference.
    """
    done = runs[runs["status"] == "finished"]
    best = done["variant"].isin([name for name, kept in keeps.items() if kept == "best"])
    kept = done[["variant", "seed", "fold"]].assign(epoch=done["epochs"].mask(best, done["best_epoch"]).astype(int))
    merged = history.merge(kept, on=["variant", "seed", "fold", "epoch"])
    return merged.assign(gap=merged["train_accuracy"] - merged["val_accuracy"]).dropna(subset="gap")[_COLUMNS]
