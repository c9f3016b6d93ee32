"""Generalization gap: how much better a network does on the rows it trains on than on validation rows."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from paribus.report.figures.scores import spread
from paribus.report.numbers import unit_of

_COLUMNS = ["variant", "seed", "fold", "epoch", "train_accuracy", "val_accuracy", "gap"]


def frame(history: pd.DataFrame, runs: pd.DataFrame, keeps: Mapping[str, str | None]) -> pd.DataFrame:
    """Take the epoch whose weights were kept: a row a finished run, empty without validation rows.

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
    found = history.merge(kept, on=["variant", "seed", "fold", "epoch"])
    return found.assign(gap=found["train_accuracy"] - found["val_accuracy"]).dropna(subset="gap")[_COLUMNS]


def draw(frame: pd.DataFrame) -> go.Figure:
    """Draw a row a variant: a dot a seed, its mean over folds, and below them the mean with its 95 % t interval.

    Args:
        frame: from `frame`, at least one row.
    """
    unit = unit_of("accuracy")
    seeds = frame.groupby(["variant", "seed"], sort=False)["gap"].mean().rename("score").reset_index()
    return spread.draw_rows(seeds, unit, "training minus validation accuracy, points")
