"""Cost: what each variant's score takes in parameters and in seconds."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from paribus.metric import metric_name
from paribus.report.figure import StudyFigure
from paribus.report.numbers import unit_of
from paribus.report.style import TEMPLATE, label, marker

_COLUMNS = ["variant", "parameters", "seconds", "mean", "ci_low", "ci_high"]
_WIDE = 10
"""Ratio of the largest to the smallest value from which an axis is logarithmic."""


def frame(variants: pd.DataFrame) -> pd.DataFrame:
    """Columns variant, parameters, seconds, mean, ci_low, ci_high: one row per variant with a score, if there are two.

    Args:
        variants: as in `Tables.variants`.
    """
    scored = variants.loc[variants["mean"].notna(), _COLUMNS]
    return scored if len(scored) > 1 else scored.iloc[:0]


def draw(frame: pd.DataFrame, score: str) -> go.Figure:
    """Draw one dot per variant with its 95 % interval, once over its parameters and once over the seconds of a run.

    Args:
        frame: from `frame`, at least one row.
        score: what `mean` is, such as `test_accuracy`.
    """
    unit = unit_of(score)
    names = sorted(map(str, frame["variant"]), key=lambda name: name != "baseline")
    figure = make_subplots(rows=2, cols=1, vertical_spacing=0.2)
    for row, column in enumerate(("parameters", "seconds"), start=1):
        for _, variant in frame.iterrows():
            dot = go.Scatter(
                x=[variant[column]],
                y=[variant["mean"] * unit.scale],
                error_y={"array": [(variant["ci_high"] - variant["mean"]) * unit.scale], "thickness": 1.2, "width": 3},
                mode="markers",
                name=label(variant["variant"], 28),
                legendgroup=variant["variant"],
                showlegend=row == 1,
                marker={**marker(names.index(variant["variant"])), "size": 10},
                hovertemplate="%{x:,.4g} " + column + ": %{y:.4g}",
            )
            figure.add_trace(dot, row=row, col=1)
        wide = frame[column].max() > _WIDE * frame[column].min() > 0
        title = "parameters" if column == "parameters" else "seconds of a run"
        figure.update_xaxes(title=title, type="log" if wide else "linear", row=row, col=1)
    figure.update_yaxes(title=unit.titled(metric_name(score)))
    return figure.update_layout(template=TEMPLATE, height=620, hovermode="closest")


FIGURE = StudyFigure(
    "cost",
    table=lambda tables: frame(tables.variants),
    draw=lambda table, tables: draw(table, f"test_{tables.metric}"),
    caption=lambda content: (
        f"{content.metric.capitalize()} with its 95 % interval, against the trained parameters and the seconds of a "
        "run."
    ),
)
