"""Interaction plot: scores of two crossed factors' levels together; parallel lines mean that effects add up."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from paribus.comparison.factorial import Levels, cells_at, crossed_factors, placed
from paribus.metric import metric_name
from paribus.report.figure import StudyFigure
from paribus.report.numbers import unit_of
from paribus.report.style import COLOURS, LEGEND, TEMPLATE, label

_COLUMNS = ["factor_a", "level_a", "factor_b", "level_b", "mean", "min", "max", "seeds"]
_SYMBOLS = ("circle", "square", "diamond", "cross", "x")
_PANEL, _GAP = 300, 110
"""Heights in pixels."""


def frame(seeds: pd.DataFrame, levels: Levels, score: str) -> pd.DataFrame:
    """Summarize the scores of each pair of levels over seeds; empty where nothing is crossed or has finished.

    Args:
        seeds: as in `Tables.seeds`.
        levels: of the study's record.
        score: the column to show, such as `test_accuracy`.

    Returns:
        One row per pair of levels of two crossed factors: mean, min and max over seeds of the mean over the cells of
        the other crossed factors, and the number of seeds; a seed that lacks one of these cells is left out.
    """
    done = seeds[seeds["status"] == "finished"]
    scores = done.pivot_table(index="seed", columns="variant", values=score)
    rows: list[list[Any]] = []
    for one, two in combinations(crossed_factors(levels), 2):
        for a, b in ((a, b) for a in _labels(levels, one) for b in _labels(levels, two)):
            cells = scores.reindex(columns=cells_at(levels, {one: a, two: b}))
            score_S = cells.mean(axis=1, skipna=False).dropna()
            rows.append([one, a, two, b, score_S.mean(), score_S.min(), score_S.max(), len(score_S)])
    table = pd.DataFrame(rows, columns=_COLUMNS)
    return table if table["mean"].notna().any() else table.iloc[:0]


def draw(frame: pd.DataFrame, score: str) -> go.Figure:
    """Draw one panel per pair of factors, in it one line per level of the second with a bar from worst to best seed.

    Args:
        frame: from `frame`, at least one row.
        score: what the scores are, such as `test_accuracy`.
    """
    panels = list(frame.groupby(["factor_a", "factor_b"], sort=False))
    height = 60 + len(panels) * (_PANEL + _GAP)
    unit = unit_of(score)
    figure = make_subplots(rows=len(panels), cols=1, vertical_spacing=_GAP / height if len(panels) > 1 else 0)
    figure.update_layout(template=TEMPLATE, height=height)
    for row, ((one, two), panel) in enumerate(panels, start=1):
        legend = "legend" if row == 1 else f"legend{row}"
        figure.add_traces(_lines(panel, unit.scale, legend), rows=row, cols=1)
        ticks = [label(name) for name in panel["level_a"].unique()]
        figure.update_xaxes(
            title=label(one, 40), tickvals=list(range(len(ticks))), ticktext=ticks, range=[-0.4, len(ticks) - 0.6],
            showgrid=False, row=row, col=1,
        )  # fmt: skip
        figure.update_yaxes(title=unit.titled(metric_name(score)), row=row, col=1)
        axes: Any = figure.layout
        top: float = axes[f"yaxis{'' if row == 1 else row}"].domain[1]
        figure.update_layout(
            {legend: {**LEGEND, "y": top + 8 / height, "title": {"text": f"{label(two, 40)}:", "font": {"size": 13}}}}
        )
    return figure


def _lines(panel: pd.DataFrame, scale: float, legend: str) -> list[go.Scatter]:
    """One line per level of the second factor; lines stand a little apart, so that no bar hides another."""
    names = panel["level_b"].unique()
    shifts = np.linspace(-1, 1, len(names)) * min(0.08, 0.02 * len(names))
    lines: list[go.Scatter] = []
    for number, (name, shift) in enumerate(zip(names, shifts, strict=True)):
        line = panel[panel["level_b"] == name]
        mean, low, high = (line[column].to_numpy(dtype=float) * scale for column in ("mean", "min", "max"))
        lines.append(
            go.Scatter(
                x=np.arange(len(line)) + shift,
                y=mean,
                error_y={"array": high - mean, "arrayminus": mean - low, "thickness": 1.4, "width": 3},
                customdata=np.stack([low, high, line["seeds"].to_numpy()], axis=1),
                mode="lines+markers",
                name=label(name, 28),
                legend=legend,
                line={"color": COLOURS[number % len(COLOURS)], "width": 2},
                marker={"size": 8, "symbol": _SYMBOLS[number % len(_SYMBOLS)]},
                hovertemplate="%{y:.4g}<br>%{customdata[0]:.4g} to %{customdata[1]:.4g}, %{customdata[2]} seeds",
            )
        )
    return lines


def _labels(levels: Levels, factor: str) -> list[str]:
    return [label for name, label, _ in placed(levels) if name == factor]


FIGURE = StudyFigure(
    "interactions",
    table=lambda tables: frame(tables.seeds, tables.levels, f"test_{tables.metric}"),
    draw=lambda table, tables: draw(table, f"test_{tables.metric}"),
    caption=lambda content: (
        f"{content.metric.capitalize()} of crossed factors, mean over seeds (and over the levels of further crossed "
        "factors); bars reach from the lowest to the highest seed. Where lines are parallel, the effects add up."
    ),
)
