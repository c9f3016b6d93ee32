"""Features: a map of the test items as the network's last hidden layer sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from paribus.report.figure import StudyFigure
from paribus.report.style import COLOURS, INK, TEMPLATE, label

_CLASSES = (INK, *COLOURS, "#9a9a9a", "#7b2d8b", "#b0003a", "#6b4f2a")
"""Small dots of one colour look alike whatever their shape, so there are more colours than in other figures."""
_SYMBOLS = ("circle", "cross", "diamond-open", "x", "triangle-up", "square-open")
_COLUMNS = ["variant", "item", "class", "x", "y"]


def frame(probes: Mapping[str, Mapping[str, np.ndarray]], class_names: Sequence[str]) -> pd.DataFrame:
    """Columns variant, item, class, x and y: one row per test item of each network that has a map.

    Args:
        probes: as in `Tables.probes`.
        class_names: one name per class.
    """
    tables = [
        pd.DataFrame(
            {
                "variant": variant,
                "item": probe["items"],
                "class": [class_names[code] for code in probe["labels"]],
                "x": probe["embedding"][:, 0].round(3),
                "y": probe["embedding"][:, 1].round(3),
            }
        )
        for variant, probe in probes.items()
        if "embedding" in probe
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=_COLUMNS)


def draw(frame: pd.DataFrame, class_names: Sequence[str]) -> go.Figure:
    """Draw one map per variant, side by side, one dot per item, coloured by its class.

    Args:
        frame: from `frame`, at least one row.
        class_names: in the order of their colours.
    """
    variants = [str(name) for name in frame["variant"].unique()]
    titles = [label(name, 28) for name in variants]
    figure = make_subplots(rows=1, cols=len(variants), subplot_titles=titles, horizontal_spacing=0.03)
    present = [name for name in class_names if name in set(frame["class"])]
    for place, name in enumerate(present):
        again, colour = divmod(place, len(_CLASSES))
        marker = {"color": _CLASSES[colour], "symbol": _SYMBOLS[again % len(_SYMBOLS)], "size": 4, "opacity": 0.7}
        for column, variant in enumerate(variants, start=1):
            dots = frame[(frame["variant"] == variant) & (frame["class"] == name)]
            trace = go.Scatter(
                x=dots["x"].to_numpy(np.float32),
                y=dots["y"].to_numpy(np.float32),
                mode="markers",
                name=label(name, 28),
                legendgroup=name,
                showlegend=column == 1,
                marker=marker,
                hovertemplate="%{fullData.name}<extra></extra>",
            )
            figure.add_trace(trace, row=1, col=column)
    figure.update_layout(template=TEMPLATE, height=540, hovermode="closest", margin={"t": 30})
    figure.update_layout(legend={"itemsizing": "constant", "y": -0.02, "yanchor": "top"})
    figure.update_annotations(font_size=13)
    axis = {"showticklabels": False, "ticks": "", "showgrid": False, "mirror": True, "showline": True}
    return figure.update_xaxes(**axis).update_yaxes(**axis)


FIGURE = StudyFigure(
    "features",
    table=lambda tables: frame(tables.probes, tables.class_names),
    draw=lambda table, tables: draw(table, tables.class_names),
    caption="Test items as the last hidden layer sees them, at most 2,000 and as many of each class, placed in the "
    "plane by t-SNE: close together is alike to the network. Distances between groups and their sizes mean little.",
    scrolls=True,
)
