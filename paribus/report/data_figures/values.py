"""Values: how often each is taken, and their mean, deviation and range."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from paribus.data import Dataset
from paribus.report.figures.look import COLOURS, TEMPLATE

_BINS = 32
_CHANNELS = {"": "", "red": "#D55E00", "green": "#009E73", "blue": "#0072B2"}


def frame(dataset: Dataset) -> pd.DataFrame:
    """Columns part, channel, value and percent: a row for each of 32 equal bins, named by its middle."""
    parts = list(_channels(dataset))
    low, high = min(values.min() for *_, values, _ in parts), max(values.max() for *_, values, _ in parts)
    edges = np.linspace(low, high if high > low else low + 1, _BINS + 1)
    tables = []
    for part, channel, values, counts in parts:
        percent = 100 * np.histogram(values, edges, weights=counts)[0] / counts.sum()
        middle = (edges[1:] + edges[:-1]) / 2
        tables.append(pd.DataFrame({"part": part, "channel": channel, "value": middle, "percent": percent}))
    return pd.concat(tables, ignore_index=True)


def statistics(dataset: Dataset) -> pd.DataFrame:
    """Columns part, channel, mean, deviation, lowest, highest, zeros (percent); a row a part and channel."""
    rows = []
    for part, channel, values, counts in _channels(dataset):
        mean = np.average(values, weights=counts)
        deviation = np.sqrt(np.average((values - mean) ** 2, weights=counts))
        zeros = 100 * counts[values == 0].sum() / counts.sum()
        rows.append([part, channel, mean, deviation, values.min(), values.max(), zeros])
    return pd.DataFrame(rows, columns=["part", "channel", "mean", "deviation", "lowest", "highest", "zeros"])


def draw(frame: pd.DataFrame) -> go.Figure:
    """Draw a line a part and channel; test is dashed.

    Args:
        frame: from `frame`.
    """
    lines = [
        go.Scatter(
            x=group["value"],
            y=group["percent"],
            name=f"{part} {channel}".strip(),
            mode="lines",
            line={
                "color": _CHANNELS[str(channel)] or COLOURS[part == "test"],
                "dash": "dash" if part == "test" else "solid",
                "shape": "hvh",
            },
            hovertemplate="%{x:.4g}: %{y:.2f} %",
        )
        for (part, channel), group in frame.groupby(["part", "channel"], sort=False)
    ]
    figure = go.Figure(lines, layout={"template": TEMPLATE, "height": 320})
    figure.update_xaxes(title="value")
    return figure.update_yaxes(title="share of all values, %", rangemode="tozero")


def _channels(dataset: Dataset) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    """Name of the part, name of the channel (empty if there is one), values in float64 and how often each stands."""
    for part, x in (("training", dataset.x_train), ("test", dataset.x_test)):
        if x.ndim == 4 and x.shape[1] == 3:
            yield from ((part, name, *_counted(x[:, at])) for at, name in enumerate(("red", "green", "blue")))
        else:
            yield part, "", *_counted(x)


def _counted(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if x.dtype != np.uint8:
        return x.ravel().astype(np.float64), np.ones(x.size)
    blocks = [np.bincount(x[start : start + 1024].ravel(), minlength=256) for start in range(0, len(x), 1024)]
    counts = np.sum(blocks, axis=0)
    return np.flatnonzero(counts).astype(np.float64), counts[counts > 0]
