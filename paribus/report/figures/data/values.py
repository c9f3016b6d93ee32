"""Values: how often each is taken, and their mean, deviation and range."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from paribus.data import Dataset
from paribus.report.figures.data.features import is_table, names
from paribus.report.style import COLOURS, TEMPLATE

_BINS = 32
_COLOURS = {"red": "#D55E00", "green": "#009E73", "blue": "#0072B2"}


def frame(dataset: Dataset) -> pd.DataFrame:
    """Columns part, channel, value and percent: one row per bin, of at most 32 equal ones, named by its middle.

    The channels of an image share their bins; each feature of a table has its own.
    """
    parts = list(_channels(dataset))
    shared = None if is_table(dataset) else _edges([values for *_, values, _ in parts])
    tables = []
    for part, channel, values, counts in parts:
        edges = _edges([given for _, name, given, _ in parts if name == channel]) if shared is None else shared
        percent = 100 * np.histogram(values, edges, weights=counts)[0] / counts.sum()
        middle = (edges[1:] + edges[:-1]) / 2
        tables.append(pd.DataFrame({"part": part, "channel": channel, "value": middle, "percent": percent}))
    return pd.concat(tables, ignore_index=True)


def _edges(values: Sequence[np.ndarray]) -> np.ndarray:
    """Bounds of equal bins over all values; of whole numbers each bin holds equally many."""
    low, high = min(x.min() for x in values), max(x.max() for x in values)
    if all((x == np.round(x)).all() for x in values):
        width = np.ceil((high - low + 1) / _BINS)
        return low - 0.5 + width * np.arange(np.ceil((high - low + 1) / width) + 1)
    return np.linspace(low, high if high > low else low + 1, _BINS + 1)


def statistics(dataset: Dataset) -> pd.DataFrame:
    """Columns part, channel, mean, deviation, lowest, highest, zeros (percent); one row per channel and part.

    A channel is a colour of an image, a feature of a table, or `all`. Texts have none.
    """
    rows = []
    for part, channel, values, counts in _channels(dataset):
        mean = np.average(values, weights=counts)
        deviation = np.sqrt(np.average((values - mean) ** 2, weights=counts))
        zeros = 100 * counts[values == 0].sum() / counts.sum()
        rows.append([part, channel, mean, deviation, values.min(), values.max(), zeros])
    return pd.DataFrame(rows, columns=["part", "channel", "mean", "deviation", "lowest", "highest", "zeros"])


def draw(frame: pd.DataFrame) -> go.Figure:
    """Draw one line per part and channel; test is dashed.

    Args:
        frame: from `frame`.
    """
    lines = [
        go.Scatter(
            x=group["value"],
            y=group["percent"],
            name=f"{part} {channel}" if channel in _COLOURS else str(part),
            mode="lines",
            line={
                "color": _COLOURS.get(str(channel), COLOURS[part == "test"]),
                "dash": "dash" if part == "test" else "solid",
                "shape": "hvh",
            },
            hovertemplate="%{x:.4g}: %{y:.2f} %",
        )
        for (part, channel), group in frame.groupby(["part", "channel"], sort=False)
    ]
    figure = go.Figure(lines, layout={"template": TEMPLATE, "height": 320})
    figure.update_xaxes(title="value", range=[frame["value"].min(), frame["value"].max()])
    return figure.update_yaxes(title="share of all values, %", rangemode="tozero")


def _channels(dataset: Dataset) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    """Name of the part, name of the channel, values in float64 and how often each stands."""
    parts = () if dataset.is_text else (("training", dataset.x_train), ("test", dataset.x_test))
    split = names(dataset) if is_table(dataset) else _COLOURS if dataset.item_shape[:-2] == (3,) else []
    for at, name in enumerate(split or ["all"]):
        for part, x in parts:
            yield part, name, *_counted(x[:, at] if split else x)


def _counted(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if x.dtype != np.uint8:
        return x.ravel().astype(np.float64), np.ones(x.size)
    blocks = [np.bincount(x[start : start + 1024].ravel(), minlength=256) for start in range(0, len(x), 1024)]
    counts = np.sum(blocks, axis=0)
    return np.flatnonzero(counts).astype(np.float64), counts[counts > 0]
