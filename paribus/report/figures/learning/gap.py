"""Generalization gap: how much better a network does on the rows it trains on than on validation rows."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from paribus.report.figure import StudyFigure
from paribus.report.figures.scores import spread
from paribus.report.numbers import unit_of


def draw(frame: pd.DataFrame) -> go.Figure:
    """Draw one row per variant: one dot per seed, its mean over folds; below them the mean with its 95 % t interval.

    Args:
        frame: as `Tables.gaps`, at least one row.
    """
    unit = unit_of("accuracy")
    seeds = frame.groupby(["variant", "seed"], sort=False)["gap"].mean().rename("score").reset_index()
    return spread.draw_rows(seeds, unit, "training minus validation accuracy, points")


FIGURE = StudyFigure(
    "gap",
    table=lambda tables: tables.gaps,
    draw=lambda table, tables: draw(table),
    caption="Generalization gap: training minus validation accuracy at the epoch whose weights were kept. Training "
    "accuracy is taken while an epoch trains, so dropout and augmentation lower it.",
)
