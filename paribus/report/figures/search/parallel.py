"""Parallel coordinates: the values of every trial, with its score as the colour."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from paribus.metric import metric_name, metric_of
from paribus.report.figure import StudyFigure
from paribus.report.numbers import unit_of
from paribus.report.style import INK, TEMPLATE
from paribus.spec.factor import label

_ENOUGH = 2
"""Trials with a score, below which there is nothing to compare."""

_TICKS = 12
"""Whole numbers of a range that all have a tick, at most."""

_COLOURS = [[0, "#d3d3d3"], [0.6, "#56B4E9"], [1, "#003f66"]]


def frame(trials: pd.DataFrame, space: Mapping[str, Any]) -> pd.DataFrame:
    """Columns trial, one per path, epochs and score: one row per trial with a score; empty if there are not two.

    Args:
        trials: from `trials_of`.
        space: of the study file: a range or a list of choices by path.
    """
    scored = trials.loc[trials["score"].notna(), ["trial", *space, "epochs", "score"]]
    return scored if len(scored) >= _ENOUGH else scored.iloc[:0]


def draw(frame: pd.DataFrame, space: Mapping[str, Any], score: str) -> go.Figure:
    """Draw one axis per path, one for the epochs where they differ, one for the score; and one line per trial.

    Args:
        frame: from `frame`, at least two rows.
        space: of the study file.
        score: what the scores are, such as `val_accuracy`.
    """
    unit = unit_of(score)
    axes = [_axis(path, frame[path], values) for path, values in space.items()]
    lengths = sorted(frame["epochs"].unique())
    if len(lengths) > 1:
        axes.append(_axis("epochs", frame["epochs"], [int(length) for length in lengths]))
    scores = frame["score"] * unit.scale
    axes.append({"label": unit.titled(metric_name(score.removeprefix("val_"))), "values": scores})
    lines = go.Parcoords(
        dimensions=axes,
        line={"color": scores, "colorscale": _COLOURS, "reversescale": not metric_of(score).higher_is_better},
        labelfont={"size": 12},
        tickfont={"size": 11, "color": INK, "shadow": "none"},
        rangefont={"size": 1, "color": "rgba(0,0,0,0)"},
    )
    return go.Figure(
        lines, layout={"template": TEMPLATE, "height": 380, "margin": {"t": 50, "l": 60, "r": 60, "b": 24}}
    )


def _axis(path: str, column: pd.Series, values: Any) -> dict[str, Any]:
    """One axis: choices at even distances, ranges on their own scale."""
    if not isinstance(values, Mapping):
        names = [label(value) for value in values]
        codes = column.map(label).map(names.index).astype(float)
        room = 0.3 if len(names) > 1 else 1
        axis = {"tickvals": list(range(len(names))), "ticktext": names, "range": [-room, len(names) - 1 + room]}
        return {"label": path, "values": codes, **axis}
    low, high = float(values["low"]), float(values["high"])
    if not values["log"]:
        few = list(range(int(low), int(high) + 1)) if _is_whole(values) and high - low < _TICKS else None
        return {"label": path, "values": column.astype(float), "range": [low, high], "tickvals": few}
    ticks = _log_ticks(low, high)
    return {
        "label": path,
        "values": column.astype(float).map(math.log10),
        "range": [math.log10(low), math.log10(high)],
        "tickvals": [math.log10(tick) for tick in ticks],
        "ticktext": [f"{tick:g}" for tick in ticks],
    }


def _is_whole(values: Mapping[str, Any]) -> bool:
    return isinstance(values["low"], int) and isinstance(values["high"], int)


def _log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten within the range, and its ends where these lie apart from them."""
    powers = [10.0**power for power in range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)]
    ends = [end for end in (low, high) if all(abs(math.log10(end / power)) > 0.15 for power in powers)]
    return sorted(float(tick) for tick in np.array([*powers, *ends]).tolist())


FIGURE = StudyFigure(
    "search_values",
    table=lambda tables: frame(tables.trials, tables.space),
    draw=lambda table, tables: draw(table, tables.space, f"val_{tables.metric}"),
    caption="One line per trial, from its values to its score; dark is good. Drag along an axis to keep only the "
    "trials that pass there.",
    scrolls=True,
    width_rem=lambda tables: 7 * (len(tables.space) + 2),
)
