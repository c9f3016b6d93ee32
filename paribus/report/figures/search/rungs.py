"""Rungs: which trials were trained on, and the score that each had on its way."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from paribus.metric import metric_name
from paribus.report.figure import StudyFigure
from paribus.report.numbers import unit_of
from paribus.report.style import COLOURS, INK, TEMPLATE
from paribus.store.records.study import TrialRecord

_COLUMNS = ["trial", "bracket", "rung", "epochs", "score", "winner"]


def frame(trials: Sequence[TrialRecord], winner: int) -> pd.DataFrame:
    """Columns trial, bracket, rung, epochs, score and winner: one row per trial and rung; empty if none has two rungs.

    Args:
        trials: as the study's record keeps them; a score that does not exist is None, and nan here.
        winner: the number of the winner.
    """
    rows = [
        [trial.number, trial.bracket, rung, int(epochs), score, trial.number == winner]
        for trial in trials
        for rung, (epochs, score) in enumerate(trial.scores.items())
    ]
    table = pd.DataFrame(rows, columns=_COLUMNS).astype({"score": float})
    return table if table["rung"].any() else table.iloc[:0]


def draw(frame: pd.DataFrame, score: str) -> go.Figure:
    """Draw one line per trial over the epochs trained, one colour per bracket, and above them the winner's.

    Args:
        frame: from `frame`, at least one trial with two rungs.
        score: what the scores are, such as `val_accuracy`.
    """
    unit = unit_of(score)
    figure = go.Figure(layout={"template": TEMPLATE, "height": 440, "hovermode": "closest"})
    for number, (bracket, members) in enumerate(frame.groupby("bracket")):
        sizes = ", ".join(map(str, members.groupby("rung").size()))
        for place, (trial, way) in enumerate(members.groupby("trial")):
            figure.add_scatter(
                x=way["epochs"],
                y=way["score"] * unit.scale,
                mode="lines+markers",
                name=f"bracket {bracket}: {sizes}",
                legendgroup=str(bracket),
                showlegend=not place,
                line={"color": COLOURS[number % len(COLOURS)], "width": 1.2},
                marker={"size": 6},
                hovertemplate=f"trial {trial}, %{{x}} epochs: %{{y:.4g}}<extra></extra>",
            )
    won = frame[frame["winner"]]
    figure.add_scatter(
        x=won["epochs"],
        y=won["score"] * unit.scale,
        mode="lines+markers",
        name="winner",
        line={"color": INK, "width": 2.5},
        marker={"size": 11, "symbol": "star"},
        hoverinfo="skip",
    )
    epochs = sorted(frame["epochs"].unique())
    figure.update_xaxes(title="epochs trained", type="log", tickvals=epochs, ticktext=list(map(str, epochs)))
    return figure.update_yaxes(title=unit.titled(metric_name(score)))


FIGURE = StudyFigure(
    "search_rungs",
    table=lambda tables: frame(tables.search.trials, tables.search.winner_number) if tables.search else pd.DataFrame(),
    draw=lambda table, tables: draw(table, f"val_{tables.metric}"),
    caption="One line per trial: its score on each rung. Where it ends before the last epoch, others of its bracket "
    "were better. The legend counts the trials on each rung.",
)
