"""Class accuracy: the share of each class that the best variant and the baseline find."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from paribus.comparison.statistics.intervals import t_interval
from paribus.report.content import Content
from paribus.report.figure import StudyFigure
from paribus.report.style import COLOURS, INK, TEMPLATE, label


def frame(recalls: pd.DataFrame) -> pd.DataFrame:
    """Columns variant, class, mean, ci_low, ci_high, min, max and seeds; the interval is Student's t over seeds.

    Args:
        recalls: as in `Tables.recalls`.
    """
    rows = []
    for (variant, name), group in recalls.groupby(["variant", "class"], sort=False):
        values = group["accuracy"].to_numpy(dtype=float)
        interval = t_interval(values)
        rows.append(
            [variant, name, values.mean(), interval.low, interval.high, values.min(), values.max(), len(values)]
        )
    return pd.DataFrame(rows, columns=["variant", "class", "mean", "ci_low", "ci_high", "min", "max", "seeds"])


def draw(frame: pd.DataFrame) -> go.Figure:
    """Draw one row per class: one dot per variant with its 95 % interval.

    Args:
        frame: from `frame`, at least one row.
    """
    names = list(frame["class"].unique())
    variants = [str(name) for name in frame["variant"].unique()]
    shifts = np.linspace(-0.15, 0.15, len(variants)) if len(variants) > 1 else [0.0]
    figure = go.Figure(layout={"template": TEMPLATE, "height": 130 + 36 * len(names)})
    for variant, shift in zip(variants, shifts, strict=True):
        table = frame[frame["variant"] == variant]
        colour = INK if variant == "baseline" else COLOURS[0]
        dots = go.Scatter(
            x=100 * table["mean"],
            y=np.arange(len(names)) + shift,
            error_x={"array": 100 * (table["ci_high"] - table["mean"]), "color": colour, "thickness": 1.4, "width": 3},
            mode="markers",
            name=label(variant, 28),
            marker={"color": colour, "size": 9, "symbol": "diamond" if variant == "baseline" else "circle"},
            customdata=100 * table[["min", "max"]].to_numpy(dtype=float),
            hovertemplate="%{x:.4g} %<br>seeds %{customdata[0]:.4g} to %{customdata[1]:.4g}",
        )
        figure.add_trace(dots)
    figure.update_xaxes(title="test rows of the class that are found, %")
    ticks = {"tickvals": list(range(len(names))), "ticktext": [label(name) for name in names]}
    return figure.update_yaxes(range=[len(names) - 0.4, -0.6], ticks="", **ticks)


def _caption(content: Content) -> str:
    tables = content.tables
    beside = tables.best.variant != "baseline" and "baseline" in tables.probed
    text = "Test rows of each class that are found, mean over seeds with its 95 % interval"
    return f"{text}, beside the baseline." if beside else f"{text}."


FIGURE = StudyFigure(
    "class_accuracy",
    table=lambda tables: frame(tables.recalls),
    draw=lambda table, tables: draw(table),
    caption=_caption,
)
