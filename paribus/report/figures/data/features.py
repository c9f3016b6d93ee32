"""Features of a table: some rows as they are, the mean row of each class, and how often each value is taken."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from paribus.data import Dataset
from paribus.report.figures.data.samples import class_rows, random_rows
from paribus.report.style import COLOURS, TEMPLATE, label

SHOWN = 60
"""Features of which there are figures and numbers: the first ones."""
_COLUMNS = 4


def is_table(dataset: Dataset) -> bool:
    """Whether an item is a row of features."""
    return len(dataset.item_shape) == 1


def names(dataset: Dataset) -> list[str]:
    """Names of the features shown; numbers from 1 where there are none."""
    count = dataset.item_shape[0]
    given = dataset.feature_names
    return list(given if len(given) == count else [str(at + 1) for at in range(count)])[:SHOWN]


def frame(dataset: Dataset, count: int) -> pd.DataFrame:
    """Columns class, row, and one column per feature: `count` training rows drawn at random, always the same ones."""
    return _table(dataset, random_rows(dataset, count))


def frame_of_classes(dataset: Dataset, count: int) -> pd.DataFrame:
    """The same with `count` training rows of each class."""
    return _table(dataset, class_rows(dataset, count))


def frame_of_means(dataset: Dataset) -> pd.DataFrame:
    """Columns class, and one column per feature: the mean of each class's training rows."""
    x = dataset.x_train[:, :SHOWN]
    means = [x[dataset.y_train == code].mean(axis=0, dtype=np.float64) for code in range(dataset.num_classes)]
    table = pd.DataFrame(np.stack(means), columns=names(dataset))
    table.insert(0, "class", dataset.class_names, allow_duplicates=True)
    return table


def draw(frame: pd.DataFrame) -> go.Figure:
    """Draw one small figure per feature, with one line per part; test is dashed.

    Args:
        frame: from `values.frame` of a table.
    """
    features = list(frame["channel"].unique())
    rows = -(-len(features) // _COLUMNS)
    titles = [label(name) for name in features]
    figure = make_subplots(rows, _COLUMNS, subplot_titles=titles, vertical_spacing=0.4 / rows, horizontal_spacing=0.06)
    for (feature, part), group in frame.groupby(["channel", "part"], sort=False):
        at = features.index(feature)
        line = {"color": COLOURS[part == "test"], "dash": "dash" if part == "test" else "solid", "shape": "hvh"}
        trace = go.Scatter(x=group["value"], y=group["percent"], mode="lines", line=line, name=str(part))
        trace.update(showlegend=at == 0, hovertemplate="%{x:.4g}: %{y:.2f} %")
        figure.add_trace(trace, row=at // _COLUMNS + 1, col=at % _COLUMNS + 1)
    figure.update_layout(template=TEMPLATE, height=90 + 170 * rows, margin_t=50, legend_y=1 + 0.3 / rows)
    figure.update_annotations(font_size=12)
    return figure.update_yaxes(rangemode="tozero")


def _table(dataset: Dataset, rows: np.ndarray) -> pd.DataFrame:
    table = pd.DataFrame(dataset.x_train[rows, :SHOWN], columns=names(dataset))
    table.insert(0, "row", rows, allow_duplicates=True)
    table.insert(0, "class", [dataset.class_names[code] for code in dataset.y_train[rows]], allow_duplicates=True)
    return table
