"""Sources: how much each source of randomness moves the score from seed to seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from paribus.metric import metric_name
from paribus.report.figure import StudyFigure
from paribus.report.numbers import unit_of
from paribus.report.style import COLOURS, TEMPLATE

_COLUMNS = ["source", "variant", "n", "deviation", "low", "high"]


def frame(sources: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Columns source, variant, n, deviation, low and high: one row per source of two seeds or more, the largest first.

    Args:
        sources: of the study's summary.
    """
    table = pd.DataFrame(sources, columns=_COLUMNS).astype({"deviation": float, "low": float, "high": float})
    return table[table["deviation"].notna()].sort_values("deviation", ascending=False, kind="stable")


def draw(frame: pd.DataFrame, score: str) -> go.Figure:
    """Draw one dot per source with its 95 % interval.

    Args:
        frame: from `frame`, at least one row.
        score: what varies, such as `test_accuracy`.
    """
    unit = unit_of(score)
    at = frame["deviation"] * unit.scale
    dots = go.Scatter(
        x=at,
        y=frame["source"],
        error_x={
            "array": frame["high"] * unit.scale - at,
            "arrayminus": at - frame["low"] * unit.scale,
            "thickness": 1.6,
            "width": 4,
        },
        text=frame["n"],
        mode="markers",
        marker={"color": COLOURS[0], "size": 10},
        hovertemplate="%{y}: %{x:.3g}, %{text} seeds<extra></extra>",
    )
    figure = go.Figure(dots, layout={"template": TEMPLATE, "height": 110 + 44 * len(frame), "showlegend": False})
    figure.update_xaxes(
        title=unit.of_difference.titled(f"standard deviation of {metric_name(score)}"), rangemode="tozero"
    )
    return figure.update_yaxes(autorange="reversed")


FIGURE = StudyFigure(
    "sources",
    table=lambda tables: frame(tables.sources),
    draw=lambda table, tables: draw(table, f"test_{tables.metric}"),
    caption=lambda content: (
        f"How far {content.metric} moves when one source of randomness alone differs from seed to seed: standard "
        "deviation with its 95 % interval."
    ),
)
