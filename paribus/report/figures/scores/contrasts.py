"""Forest plot: every level against its factor's reference, then interactions, with intervals, margin and verdict."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from paribus.metric import metric_name, metric_of
from paribus.report.content import Content
from paribus.report.figure import StudyFigure
from paribus.report.figures.scores import interactions
from paribus.report.numbers import unit_of
from paribus.report.style import TEMPLATE, VERDICT_STYLES, label

_ROW = 46
"""Height of a row in pixels."""

_COLUMNS = [
    "kind", "factor", "level", "reference", "metric", "margin", "n", "difference", "ci_low", "ci_high", "adjusted_low",
    "adjusted_high", "verdict",
]  # fmt: skip


def frame(contrasts: pd.DataFrame) -> pd.DataFrame:
    """Take what the plot shows: one row per level, differences in the metric's units; empty if nothing was compared.

    Args:
        contrasts: as in `Tables.contrasts`.
    """
    compared = len(contrasts) > 0 and contrasts["difference"].notna().any()
    return contrasts[_COLUMNS] if compared else pd.DataFrame(columns=_COLUMNS)


def draw(frame: pd.DataFrame) -> go.Figure:
    """Draw one row per level: the difference, its 95 % interval (thick), the corrected one (thin), and the verdict.

    Args:
        frame: from `frame`, at least one row.
    """
    metric = str(frame["metric"].iloc[0])
    unit = unit_of(metric)
    heads, places, place = {}, [], 0
    for factor, group in frame.groupby("factor", sort=False):
        interacting = group["kind"].iloc[0] == "interaction"
        below = "beyond the sum" if interacting else f"against {label(group['reference'].iloc[0], 16)}"
        heads[place] = f"<b>{label(factor)}</b><br>{below}"
        places += range(place + 1, place + 1 + len(group))
        place += 1 + len(group)
    figure = go.Figure(layout={"template": TEMPLATE, "height": 110 + _ROW * place, "showlegend": False})
    margin = float(frame["margin"].iloc[0]) * unit.scale
    if margin:
        figure.add_vrect(-margin, margin, fillcolor="#0072B2", opacity=0.08, line_width=0, layer="below")
    for (_, row), at in zip(frame.iterrows(), places, strict=True):
        figure.add_traces(_traces(row, at, unit.scale))
    texts = {**heads, **{at: label(level) for at, level in zip(places, frame["level"], strict=True)}}
    figure.update_yaxes(
        range=[place - 0.4, -0.6], tickvals=list(texts), ticktext=list(texts.values()), ticks="", showgrid=False
    )
    side = "right" if metric_of(metric).higher_is_better else "left"
    title = unit.of_difference.titled(f"difference in {metric_name(metric)}", "<br>in ") + f", {side} is better"
    zero = {"zeroline": True, "zerolinecolor": "#aaaaaa", "zerolinewidth": 1.2}
    return figure.update_xaxes(title=title, range=reach(frame, margin, unit.scale), **zero)


def reach(frame: pd.DataFrame, margin: float, scale: float) -> list[float]:
    """From the lowest to the highest end of an interval, zero and the margin among them, and some room."""
    ends = frame[["difference", "ci_low", "ci_high", "adjusted_low", "adjusted_high"]].to_numpy(dtype=float) * scale
    inside = np.append(ends[np.isfinite(ends)], [-margin, 0.0, margin])
    low, high = float(inside.min()), float(inside.max())
    room = 0.08 * (high - low) or 1.0
    return [low - room, high + room]


def _traces(row: pd.Series, at: float, scale: float) -> list[go.Scatter]:
    colour, symbol = VERDICT_STYLES[row["verdict"]]
    measured = bool(pd.notna(row["difference"]))
    ends = [("adjusted_low", "adjusted_high", 1.4), ("ci_low", "ci_high", 5)]
    lines = [
        go.Scatter(
            x=[row[low] * scale, row[high] * scale],
            y=[at, at],
            mode="lines",
            line={"color": colour, "width": width},
            hoverinfo="skip",
        )
        for low, high, width in ends
        if pd.notna(row[low])
    ]
    text = row["verdict"] if measured else "undecided: no pair of finished runs"
    point = go.Scatter(
        x=[row["difference"] * scale if measured else 0],
        y=[at],
        mode="markers+text" if measured else "text",
        marker={"color": colour, "symbol": symbol, "size": 12, "line": {"width": 2 if "open" in symbol else 0}},
        text=text,
        textposition="top center",
        textfont={"color": colour, "size": 12},
        cliponaxis=False,
        hovertemplate=f"%{{x:.4g}}<br>95 % interval {row['ci_low'] * scale:.4g} to {row['ci_high'] * scale:.4g}"
        f"<br>corrected {row['adjusted_low'] * scale:.4g} to {row['adjusted_high'] * scale:.4g}"
        f"<br>{row['n']} pairs<extra></extra>",
    )
    return [*lines, point]


def _caption(content: Content) -> str:
    rests = (
        ". Verdicts rest on the share of seeds won, not on these intervals."
        if content.by_wins
        else ", on which the verdict rests."
    )
    texts = [
        "Difference of each level from its reference, over seeds paired. Thick: 95 % interval; thin: corrected for "
        f"{content.family}{rests}"
    ]
    if not interactions.FIGURE.table(content.tables).empty:
        apart = "" if content.asked.family == "study" else ", corrected for each other"
        texts += [
            "A crossed factor's differences are averages over the levels of the others.",
            f"Interactions stand last{apart}: what two levels together gain beyond the sum of what each gains alone.",
        ]
    if content.asked.margin:
        matter = "" if content.by_wins else ", which do not matter"
        texts.append(f"Shaded: differences within the margin of {content.margin}{matter}.")
    return " ".join(texts)


FIGURE = StudyFigure(
    "contrasts",
    table=lambda tables: frame(tables.contrasts),
    draw=lambda table, tables: draw(table),
    caption=_caption,
)
