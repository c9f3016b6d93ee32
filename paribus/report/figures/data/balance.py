"""Balance: how many rows each class has."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from paribus.report.figure import StudyFigure
from paribus.report.style import COLOURS, TEMPLATE, label


def frame(class_counts: Mapping[str, Mapping[str, int]]) -> pd.DataFrame:
    """Columns class, train and test: number of rows; one row per class.

    Args:
        class_counts: of the data set's description: rows by class, for `train` and `test`.
    """
    train, test = class_counts["train"], class_counts["test"]
    return pd.DataFrame({"class": list(train), "train": list(train.values()), "test": [test[name] for name in train]})


def draw(frame: pd.DataFrame) -> go.Figure:
    """Draw two bars per class.

    Args:
        frame: from `frame`.
    """
    place = np.arange(len(frame))
    bars = [
        go.Bar(x=frame[part], y=place, name=name, orientation="h", marker={"color": colour}, hovertemplate="%{x:,}")
        for part, name, colour in (("train", "training", COLOURS[0]), ("test", "test", COLOURS[1]))
    ]
    figure = go.Figure(bars, layout={"template": TEMPLATE, "height": 110 + 32 * len(frame), "bargap": 0.25})
    figure.update_xaxes(title="rows", rangemode="tozero")
    names = [label(name) for name in frame["class"]]
    return figure.update_yaxes(
        tickvals=place, ticktext=names, ticks="", ticklabelstandoff=6, showgrid=False, autorange="reversed"
    )


FIGURE = StudyFigure(
    "balance",
    table=lambda tables: frame(tables.class_counts),
    draw=lambda table, tables: draw(table),
    caption="Rows of each class.",
)
