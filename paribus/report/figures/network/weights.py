"""Weights: how those of each layer are distributed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from paribus.report.figure import StudyFigure
from paribus.report.style import COLOURS, INK, TEMPLATE, label

_SHOWN = 12
"""Layers that are drawn; of more, as many as that, evenly spaced."""


def frame(probes: Mapping[str, Mapping[str, np.ndarray]]) -> pd.DataFrame:
    """Columns variant, layer, value and density: one row per bin, of 40 equal ones, named by its middle.

    Args:
        probes: as in `Tables.probes`.
    """
    tables = [pd.DataFrame(columns=["variant", "layer", "value", "density"])]
    for variant, found in probes.items():
        for name, edges, counts in zip(found["layers"], found["layer_edges"], found["layer_counts"], strict=True):
            middle, density = (edges[1:] + edges[:-1]) / 2, counts / counts.sum() / np.diff(edges)
            tables.append(pd.DataFrame({"variant": variant, "layer": name, "value": middle, "density": density}))
    return pd.concat(tables[1:] or tables, ignore_index=True)


def draw(frame: pd.DataFrame) -> go.Figure:
    """Draw one plot per layer, one line per variant.

    Args:
        frame: from `frame`, at least one row.
    """
    every = sorted(frame["layer"].unique(), key=lambda name: name == "head")
    names = [every[at] for at in np.unique(np.linspace(0, len(every) - 1, _SHOWN).round().astype(int))]
    rows = -(-len(names) // 2)
    titles = [label(name, 30) for name in names]
    figure = make_subplots(
        rows=rows, cols=2, subplot_titles=titles, vertical_spacing=0.3 / rows, horizontal_spacing=0.12
    )
    figure.update_layout(template=TEMPLATE, height=90 + 190 * rows).update_annotations(font_size=13)
    for number, name in enumerate(names):
        for variant, line in frame[frame["layer"] == name].groupby("variant", sort=False):
            figure.add_trace(_line(str(variant), line), row=number // 2 + 1, col=number % 2 + 1)
    named: set[str] = set()
    figure.for_each_trace(lambda trace: trace.update(showlegend=not (trace.name in named or named.add(trace.name))))
    figure.update_layout(legend={"y": 1 + 40 / (90 + 190 * rows)}, margin={"t": 60})
    figure.update_xaxes(tickangle=0, nticks=4)
    return figure.update_yaxes(showticklabels=False, rangemode="tozero")


def _line(variant: str, line: pd.DataFrame) -> go.Scatter:
    return go.Scatter(
        x=line["value"],
        y=line["density"],
        name=label(variant, 28),
        legendgroup=variant,
        mode="lines",
        line={"color": INK if variant == "baseline" else COLOURS[0], "shape": "hvh", "width": 1.6},
        hovertemplate="%{x:.3g}: density %{y:.3g}",
    )


FIGURE = StudyFigure(
    "weights",
    table=lambda tables: frame(tables.probes),
    draw=lambda table, tables: draw(table),
    caption="Density of the weights of each layer, biases left out.",
)
