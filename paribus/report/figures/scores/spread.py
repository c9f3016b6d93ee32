"""Spread: every seed's score, with each variant's mean and interval."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from paribus.comparison.statistics.intervals import t_interval
from paribus.metric import metric_name
from paribus.report.figure import StudyFigure
from paribus.report.numbers import Unit, unit_of
from paribus.report.style import COLOURS, INK, TEMPLATE, label


def frame(seeds: pd.DataFrame, score: str) -> pd.DataFrame:
    """Columns variant, seed, status, score: one row per run, nan where it did not finish; empty if none did.

    Args:
        seeds: as in `Tables.seeds`.
        score: the column to show, such as `test_accuracy`.
    """
    table = seeds[["variant", "seed", "status"]].assign(score=seeds[score].where(seeds["status"] == "finished"))
    return table if table["score"].notna().any() else table.iloc[:0]


def draw(frame: pd.DataFrame, score: str) -> go.Figure:
    """Draw one row per variant: one dot per seed, and below them the mean with its 95 % t interval.

    Args:
        frame: from `frame`, at least one score.
        score: what the scores are, such as `test_accuracy`.
    """
    unit = unit_of(score)
    return draw_rows(frame, unit, unit.titled(metric_name(score)))


def draw_rows(frame: pd.DataFrame, unit: Unit, title: str) -> go.Figure:
    """Draw any score that each seed has; the figure's rows are the variants.

    Args:
        frame: columns variant, seed and score.
        unit: of the scores.
        title: of their axis.
    """
    groups = list(frame.groupby("variant", sort=False))
    place = {name: at for at, (name, _) in enumerate(groups)}
    scores_V = [group["score"].dropna().to_numpy(dtype=float) * unit.scale for _, group in groups]
    mean_V = np.array([scores_S.mean() if len(scores_S) else np.nan for scores_S in scores_V])
    high_V = np.array([t_interval(scores_S).high for scores_S in scores_V])
    dots = go.Scatter(
        x=frame["score"] * unit.scale,
        y=frame["variant"].map(place) - 0.14,
        text=[f"seed {seed}" for seed in frame["seed"]],
        mode="markers",
        name="one seed",
        marker={"color": COLOURS[0], "size": 9, "opacity": 0.6},
        hovertemplate="%{text}: %{x:.4g}<extra></extra>",
    )
    means = go.Scatter(
        x=mean_V,
        y=np.arange(len(groups)) + 0.2,
        error_x={"array": high_V - mean_V, "color": INK, "thickness": 1.6, "width": 4},
        mode="markers",
        name="mean and 95 % interval",
        marker={"color": INK, "size": 9, "symbol": "diamond"},
        hovertemplate="mean %{x:.4g} ± %{error_x.array:.2g}<extra></extra>",
    )
    texts = [_row_label(str(name), group) for name, group in groups]
    row = max(44, 18 * max(text.count("<br>") + 1 for text in texts) + 8)
    figure = go.Figure([dots, means], layout={"template": TEMPLATE, "height": 130 + row * len(groups)})
    figure.update_xaxes(title=title)
    bottom = len(groups) - 0.4
    return figure.update_yaxes(range=[bottom, -0.6], tickvals=list(place.values()), ticktext=texts, ticks="")


def _row_label(name: str, group: pd.DataFrame) -> str:
    missing = int(group["score"].isna().sum())
    return label(name) + (f"<br><i>{missing} of {len(group)} missing</i>" if missing else "")


FIGURE = StudyFigure(
    "spread",
    table=lambda tables: frame(tables.seeds, f"test_{tables.metric}"),
    draw=lambda table, tables: draw(table, f"test_{tables.metric}"),
    caption=lambda content: f"{content.metric.capitalize()} of every seed, with each variant's mean and 95 % interval.",
)
