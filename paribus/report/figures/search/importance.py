"""Importance: how much of the trials' differences each value explains."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from paribus.report.figure import StudyFigure
from paribus.report.style import COLOURS, TEMPLATE, label


def frame(importance: Mapping[str, float]) -> pd.DataFrame:
    """Columns path and share, the most important first.

    Args:
        importance: shares by path, as the study's record keeps them; empty where there were too few trials.
    """
    shares = pd.DataFrame({"path": list(importance), "share": list(importance.values())})
    return shares.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def draw(frame: pd.DataFrame) -> go.Figure:
    """Draw one bar per path.

    Args:
        frame: from `frame`, at least one row.
    """
    bars = go.Bar(
        x=frame["share"] * 100,
        y=[label(path, 24) for path in frame["path"]],
        orientation="h",
        marker_color=COLOURS[0],
        width=0.6,
        hovertemplate="%{x:.3g} %<extra></extra>",
    )
    figure = go.Figure(bars, layout={"template": TEMPLATE, "height": 80 + 34 * len(frame)})
    figure.update_xaxes(title="share of the variance explained, %", rangemode="tozero")
    return figure.update_yaxes(autorange="reversed", ticks="", showgrid=False)


FIGURE = StudyFigure(
    "search_importance",
    table=lambda tables: frame((tables.search.importance if tables.search else None) or {}),
    draw=lambda table, tables: draw(table),
    caption="How much of the differences between the trials trained to the end each value explains, by fANOVA (Hutter, "
    "Hoos and Leyton-Brown 2014); what values do only together counts for none of them alone.",
)
