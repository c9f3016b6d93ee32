"""Confusion matrix: which class is taken for which."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from paribus.report.figure import StudyFigure
from paribus.report.style import INK, TEMPLATE, label

_READABLE = 20
"""Classes up to which the cells carry numbers."""


def frame(confusion: pd.DataFrame) -> pd.DataFrame:
    """Columns true, predicted, count and percent, the share of the true class; one row per cell.

    Args:
        confusion: as in `Tables.confusion`.
    """
    total = confusion.groupby("true", sort=False)["count"].transform("sum")
    return confusion.assign(percent=100 * confusion["count"] / total.where(total > 0, 1))


def draw(frame: pd.DataFrame) -> go.Figure:
    """Draw the matrix in percent of each true class; only errors are coloured, so hits do not drown them.

    Args:
        frame: from `frame`, at least one row.
    """
    names = list(frame["true"].unique())
    percent_CC = frame["percent"].to_numpy(dtype=float).reshape(len(names), len(names))
    count_CC = frame["count"].to_numpy(dtype=int).reshape(percent_CC.shape)
    hit_CC = np.eye(len(names), dtype=bool)
    worst = float(np.where(hit_CC, 0, percent_CC).max())
    errors = _heat_map(names, percent_CC, count_CC, hit_CC, deepest="#f0a36f", highest=worst or 1.0)
    hits = _heat_map(names, percent_CC, count_CC, ~hit_CC, deepest="#dbe3ea", highest=100.0)
    figure = go.Figure([errors, hits], layout={"template": TEMPLATE, "height": min(900, 220 + 36 * len(names))})
    ticks = {"tickvals": list(range(len(names))), "ticktext": [label(name, 14) for name in names], "showgrid": False}
    figure.update_xaxes(title="predicted class", tickangle=-90 if len(names) > 4 else 0, ticks="", **ticks)
    return figure.update_yaxes(title="true class", autorange="reversed", ticks="", **ticks)


def _heat_map(
    names: list[str],
    percent_CC: np.ndarray,
    count_CC: np.ndarray,
    hidden_CC: np.ndarray,
    *,
    deepest: str,
    highest: float,
) -> go.Heatmap:
    place_C = np.arange(len(names))
    text_CC = np.where(percent_CC >= 0.5, np.vectorize(lambda percent: f"{percent + 1e-9:.0f}")(percent_CC), "")
    pairs = [[f"{label(true)} taken for {label(taken)}" for taken in names] for true in names]
    return go.Heatmap(
        x=place_C,
        y=place_C,
        z=np.where(hidden_CC, np.nan, percent_CC),
        zmin=0,
        zmax=highest,
        text=text_CC,
        textfont={"color": INK},
        texttemplate="%{text}" if len(names) <= _READABLE else None,
        customdata=np.stack([np.array(pairs, dtype=object), count_CC.astype(object)], axis=-1),
        hovertemplate="%{customdata[0]}: %{z:.2f} %, %{customdata[1]} predictions<extra></extra>",
        hoverongaps=False,
        colorscale=[[0, "#ffffff"], [1, deepest]],
        showscale=False,
        xgap=1,
        ygap=1,
    )


FIGURE = StudyFigure(
    "confusion",
    table=lambda tables: frame(tables.confusion),
    draw=lambda table, tables: draw(table),
    caption="Test rows of each true class in percent, all seeds together. Only errors are coloured; shares below 0.5 % "
    "are left blank, counts appear under the pointer.",
)
