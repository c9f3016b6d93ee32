"""Drawings that put data sets side by side: one row per variant or contrast, one colour per data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from paribus.metric import metric_name, metric_of
from paribus.report.content import Content
from paribus.report.figure import Figure
from paribus.report.figures.scores.contrasts import reach
from paribus.report.numbers import unit_of
from paribus.report.style import COLOURS, TEMPLATE, VERDICT_STYLES, label
from paribus.report.tables import across
from paribus.report.tables.across import Parts

_STEP = 22
"""Pixels between two data sets of a row."""


def draw_scores(scores: pd.DataFrame, score: str) -> go.Figure:
    """Draw the mean of each variant with its 95 % interval, on every data set.

    Args:
        scores: from `frames.scores`.
        score: what the means are, such as `test_accuracy`.
    """
    unit = unit_of(score)
    names, data_sets = list(scores["variant"].unique()), list(scores["data"].unique())
    figure = _rows(names, data_sets, {at: label(name) for at, name in enumerate(names)})
    for number, (data, rows) in enumerate(scores.groupby("data", sort=False)):
        y = rows["variant"].map(names.index) + _offset(number, len(data_sets))
        figure.add_trace(
            go.Scatter(
                x=rows["mean"] * unit.scale,
                y=y,
                error_x={"array": (rows["ci_high"] - rows["mean"]) * unit.scale, "thickness": 1.6, "width": 4},
                mode="markers",
                name=label(data, 28),
                marker={"color": _colour(number), "size": 9},
                hovertemplate="%{x:.4g} ± %{error_x.array:.2g}",
            )
        )
    return figure.update_xaxes(title=unit.titled(metric_name(score)))


def draw_contrasts(contrasts: pd.DataFrame) -> go.Figure:
    """Draw every contrast with its 95 % interval (thick) and the corrected one (thin), one marker per data set.

    Args:
        contrasts: from `frames.contrasts`, at least one row.
    """
    metric, data_sets = str(contrasts["metric"].iloc[0]), list(contrasts["data"].unique())
    unit = unit_of(metric)
    texts: list[str] = []
    places: dict[tuple[str, str], int] = {}
    for factor, group in contrasts.groupby("factor", sort=False):
        beyond = group["kind"].iloc[0] == "interaction"
        against = "beyond the sum" if beyond else f"against {label(', '.join(group['reference'].unique()), 16)}"
        texts.append(f"<b>{label(factor)}</b><br>{against}")
        for level in group["level"].unique():
            places[str(factor), level] = len(texts)
            texts.append(label(level))
    figure = _rows(texts, data_sets, dict(enumerate(texts)))
    margin = float(contrasts["margin"].iloc[0]) * unit.scale
    if margin:
        figure.add_vrect(-margin, margin, fillcolor="#0072B2", opacity=0.08, line_width=0, layer="below")
    for number, (data, rows) in enumerate(contrasts.groupby("data", sort=False)):
        at = rows[["factor", "level"]].apply(tuple, axis=1).map(places) + _offset(number, len(data_sets))
        figure.add_traces(_forest(rows, at, str(data), _colour(number), unit.scale))
    side = "right" if metric_of(metric).higher_is_better else "left"
    title = unit.of_difference.titled(f"difference in {metric_name(metric)}", "<br>in ") + f", {side} is better"
    ends = reach(contrasts, margin, unit.scale)
    return figure.update_xaxes(title=title, range=ends, zeroline=True, zerolinecolor="#aaaaaa", zerolinewidth=1.2)


def _forest(rows: pd.DataFrame, at: pd.Series, data: str, colour: str, scale: float) -> list[go.Scatter]:
    """The two intervals of each contrast as broken lines, then the markers, whose shapes are the verdicts."""
    lines = []
    for low, high, width in (("adjusted_low", "adjusted_high", 1.4), ("ci_low", "ci_high", 4)):
        ends = rows[[low, high]].to_numpy(dtype=float) * scale
        x = np.column_stack([ends, np.full(len(ends), np.nan)]).ravel()
        line = {"color": colour, "width": width}
        lines.append(
            go.Scatter(x=x, y=np.repeat(at, 3), mode="lines", line=line, legendgroup=data, showlegend=False,
                       hoverinfo="skip")
        )  # fmt: skip
    points = go.Scatter(
        x=rows["difference"] * scale,
        y=at,
        mode="markers",
        name=label(data, 28),
        legendgroup=data,
        showlegend=False,
        text=rows["verdict"],
        marker={
            "size": 11,
            "symbol": [VERDICT_STYLES[verdict][1].removesuffix("-open") for verdict in rows["verdict"]],
            "color": np.where(rows["verdict"] == "undecided", "white", colour),
            "line": {"color": colour, "width": 2},
        },
        hovertemplate="%{x:.4g}, %{text}",
    )
    key = go.Scatter(x=[None], y=[None], mode="markers", name=label(data, 28), legendgroup=data,
                     marker={"color": colour, "size": 10})  # fmt: skip
    return [*lines, points, key]


def _rows(names: Sequence[str], data_sets: Sequence[str], texts: dict[int, str]) -> go.Figure:
    """An empty figure with room for every data set in each row."""
    height = 150 + max(46, _STEP * len(data_sets) + 14) * len(names)
    figure = go.Figure(layout={"template": TEMPLATE, "height": height, "showlegend": True})
    bottom = len(names) - 0.4
    return figure.update_yaxes(
        range=[bottom, -0.6], tickvals=list(texts), ticktext=list(texts.values()), ticks="", showgrid=False
    )


def _offset(number: int, num: int) -> float:
    """Where in its row a data set stands, from above the middle to below it."""
    return 0.7 * (number - (num - 1) / 2) / num


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _scores(parts: Parts) -> pd.DataFrame:
    table = across.scores(parts)
    return table if table["mean"].notna().any() else table.iloc[:0]


def _contrasts(parts: Parts) -> pd.DataFrame:
    table = across.contrasts(parts)
    return table if len(table) and table["difference"].notna().any() else table.iloc[:0]


def _caption_of_scores(contents: Mapping[str, Content]) -> str:
    metric = next(iter(contents.values())).metric
    return f"{metric.capitalize()} of every variant with its 95 % interval, one colour per data set."


def _caption_of_contrasts(contents: Mapping[str, Content]) -> str:
    one = next(iter(contents.values()))
    rests = (
        ". Verdicts rest on the share of seeds won, not on these intervals."
        if one.by_wins
        else ", on which the verdict rests."
    )
    shaded = f" Shaded: within the margin of {one.margin}." if one.asked.margin else ""
    return (
        "Difference of each level from its reference, one colour per data set. Thick: 95 % interval; thin: corrected"
        f"{rests} Triangles point up for better and down for worse; squares are equivalent, open circles undecided."
        f"{shaded}"
    )


SCORES = Figure[Parts, Mapping[str, Content]](
    "scores",
    table=_scores,
    draw=lambda table, parts: draw_scores(table, f"test_{next(iter(parts.values())).metric}"),
    caption=_caption_of_scores,
)

CONTRASTS = Figure[Parts, Mapping[str, Content]](
    "contrasts", table=_contrasts, draw=lambda table, parts: draw_contrasts(table), caption=_caption_of_contrasts
)
