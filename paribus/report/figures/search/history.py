"""History of a search: the score of each trial in the order drawn, and the best so far."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from paribus.metric import metric_name, metric_of
from paribus.report.content import Content
from paribus.report.figure import StudyFigure
from paribus.report.numbers import unit_of
from paribus.report.style import COLOURS, INK, TEMPLATE

_COLUMNS = ["trial", "bracket", "epochs", "score", "fate"]
_FATES = {
    "stopped": {"color": "#8a8a8a", "symbol": "circle-open", "size": 8},
    "diverged": {"color": COLOURS[3], "symbol": "x", "size": 8},
    "failed": {"color": COLOURS[3], "symbol": "x-open", "size": 8},
    "to the end": {"color": COLOURS[0], "symbol": "circle", "size": 9},
    "winner": {"color": COLOURS[2], "symbol": "star", "size": 15},
}


def frame(trials: pd.DataFrame, lower_is_better: bool) -> pd.DataFrame:
    """Columns trial, bracket, epochs, score, fate and best: that of the trials so far that were trained to the end.

    Args:
        trials: from `trials_of`.
        lower_is_better: whether the best score is the lowest.
    """
    whole = trials["score"].where(trials["fate"].isin(["to the end", "winner"]))
    best = whole.cummin() if lower_is_better else whole.cummax()
    return trials[_COLUMNS].assign(best=best.ffill())


def draw(frame: pd.DataFrame, score: str) -> go.Figure:
    """Draw one dot per trial, by what became of it, at the worst score if it has none; and a line for the best so far.

    Args:
        frame: from `frame`, at least one row.
        score: what the scores are, such as `val_accuracy`.
    """
    unit = unit_of(score)
    worst = frame["score"].min() if metric_of(score).higher_is_better else frame["score"].max()
    line = {"color": INK, "width": 1.5, "shape": "hv"}
    best = go.Scatter(x=frame["trial"], y=frame["best"] * unit.scale, mode="lines", name="best so far", line=line)
    figure = go.Figure(best, layout={"template": TEMPLATE, "height": 400})
    for fate, marker in _FATES.items():
        dots = frame[frame["fate"] == fate]
        if dots.empty:
            continue
        told = "no score" if fate in ("diverged", "failed") else "%{y:.4g}"
        figure.add_scatter(
            x=dots["trial"],
            y=dots["score"].fillna(worst) * unit.scale,
            mode="markers",
            name=fate,
            marker=marker,
            customdata=dots["epochs"],
            hovertemplate=f"trial %{{x}}, %{{customdata}} epochs: {told}",
        )
    figure.update_xaxes(title="trial, in the order drawn", tickformat="d", range=_range(frame), showgrid=False)
    return figure.update_yaxes(title=unit.titled(metric_name(score))).update_layout(hovermode="closest")


def _range(frame: pd.DataFrame) -> list[float]:
    room = 0.02 * len(frame) + 0.5
    return [frame["trial"].min() - room, frame["trial"].max() + room]


def _caption(content: Content) -> str:
    text = (
        "Validation score of each trial at the last epoch it was trained to, in the order drawn; the line is the best "
        "so far of those trained to the end."
    )
    without = content.tables.trials["fate"].isin(["diverged", "failed"]).any()
    return f"{text} Trials that diverged or failed have no score and stand at the worst one." if without else text


FIGURE = StudyFigure(
    "search_history",
    table=lambda tables: frame(tables.trials, not metric_of(tables.metric).higher_is_better),
    draw=lambda table, tables: draw(table, f"val_{tables.metric}"),
    caption=_caption,
)
