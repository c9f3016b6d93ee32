"""Top words: those that tell each class from the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from paribus.report.style import COLOURS, TEMPLATE, label

_COLUMNS = 2


def frame(texts: Mapping[str, Any]) -> pd.DataFrame:
    """Columns class, word and score; one row per word, the highest score of each class first.

    Args:
        texts: from `describe_texts`.
    """
    rows = [{"class": name, **word} for name, words in texts["top"].items() for word in words]
    return pd.DataFrame(rows, columns=["class", "word", "score"])


def draw(frame: pd.DataFrame) -> go.Figure:
    """Draw one panel per class with one bar per word.

    Args:
        frame: from `frame`, at least one row.
    """
    classes = list(frame["class"].unique())
    columns = min(_COLUMNS, len(classes))
    rows = -(-len(classes) // columns)
    height = 50 + 290 * rows
    titles = [label(name, 40) for name in classes]
    figure = make_subplots(rows, columns, subplot_titles=titles, horizontal_spacing=0.16, vertical_spacing=70 / height)
    for at, name in enumerate(classes):
        words = frame[frame["class"] == name]
        bars = go.Bar(x=words["score"], y=words["word"], orientation="h", marker={"color": COLOURS[0]})
        row, column = at // columns + 1, at % columns + 1
        figure.add_trace(bars.update(hovertemplate="%{y}: %{x:.1f}<extra></extra>"), row, column)
    figure.update_annotations(font={"size": 13})
    figure.update_xaxes(matches="x", rangemode="tozero")
    figure.update_layout(xaxis_matches=None)  # which else is told to match itself
    figure.update_yaxes(
        type="category", ticks="", showgrid=False, autorange="reversed", tickmode="linear", ticklabelstandoff=4
    )
    return figure.update_layout(template=TEMPLATE, height=height, showlegend=False, bargap=0.25, margin={"t": 30})
