"""Hardest classes: how much of them is found, and what they are taken for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from paribus.report.figure import StudyFigure
from paribus.report.style import INK, TEMPLATE, label


def frame(hardest: pd.DataFrame) -> pd.DataFrame:
    """Columns class, recall, ci_low, ci_high, support, taken_for and taken_share, all shares from 0 to 1.

    Args:
        hardest: as in `Tables.hardest`.
    """
    return hardest


def draw(frame: pd.DataFrame) -> go.Figure:
    """Draw one bar per class, with its 95 % interval, and above it in words what it is taken for most often.

    Args:
        frame: from `frame`, at least one row.
    """
    place = np.arange(len(frame))
    recall, low, high = (100 * frame[name].to_numpy(dtype=float) for name in ("recall", "ci_low", "ci_high"))
    bars = go.Bar(
        x=recall,
        y=place,
        orientation="h",
        width=0.34,
        marker={"color": "#dbe3ea"},
        error_x={"array": high - recall, "arrayminus": recall - low, "color": INK, "thickness": 1.4, "width": 4},
        customdata=np.stack([low, high, frame["support"]], axis=1),
        hovertemplate="%{x:.4g} %, interval %{customdata[0]:.4g} to %{customdata[1]:.4g}"
        "<br>%{customdata[2]} test rows<extra></extra>",
    )
    words = [
        {"x": 0, "y": y - 0.34, "text": text, "xanchor": "left", "showarrow": False, "font": {"size": 12}}
        for y, text in zip(place, map(_words, frame.to_dict("records")), strict=True)
    ]
    figure = go.Figure([bars], layout={"template": TEMPLATE, "height": 90 + 54 * len(frame), "annotations": words})
    figure.update_xaxes(title="test rows of the class that are found, %", range=[0, 103])
    ticks = {"tickvals": place, "ticktext": [label(name) for name in frame["class"]]}
    return figure.update_yaxes(range=[len(frame) - 0.6, -0.6], ticks="", showgrid=False, **ticks)


def _words(row: dict) -> str:
    if not row["taken_for"]:
        return "never mistaken"
    return f"{100 * row['taken_share']:.1f} % taken for {label(row['taken_for'], 40)}"


FIGURE = StudyFigure(
    "hardest",
    table=lambda tables: frame(tables.hardest),
    draw=lambda table, tables: draw(table),
    caption="The hardest classes, and what they are taken for most often, over all seeds. The intervals are those of a "
    "share among the class's test rows (Wilson 1927).",
)
