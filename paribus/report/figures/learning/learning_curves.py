"""Learning curves: loss and accuracy of every variant, epoch by epoch."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from paribus.report.figure import StudyFigure
from paribus.report.style import TEMPLATE, label, style, tinted

_COLUMNS = ["variant", "part", "measure", "epoch", "mean", "min", "max", "seeds"]


def frame(history: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Summarize the curves of finished runs over seeds.

    Args:
        history: as in `Tables.history`.
        runs: as in `Tables.runs`; curves of runs that did not finish are left out.

    Returns:
        Columns variant, part (train, validation), measure (loss in nats, accuracy as a share), epoch, the mean, min and
        max over the seeds that trained this epoch, each the mean over its folds, and how many they were. Without
        validation rows there is no such part.
    """
    finished = runs.loc[runs["status"] == "finished", ["variant", "seed", "fold"]]
    done = history.merge(finished, on=["variant", "seed", "fold"])
    tables: list[pd.DataFrame] = []
    for column in ("train_loss", "val_loss", "train_accuracy", "val_accuracy"):
        part, _, measure = column.partition("_")
        of_seeds = done.dropna(subset=column).groupby(["variant", "epoch", "seed"], sort=False)[column].mean()
        groups = of_seeds.groupby(["variant", "epoch"], sort=False)
        table = groups.agg(mean="mean", min="min", max="max", seeds="size").reset_index()
        tables.append(table.assign(part={"val": "validation"}.get(part, part), measure=measure))
    filled = [table for table in tables if not table.empty]
    return pd.concat(filled, ignore_index=True)[_COLUMNS] if filled else pd.DataFrame(columns=_COLUMNS)


def draw(frame: pd.DataFrame, shown: Collection[str]) -> go.Figure:
    """Draw one line per variant and a band from the worst to the best seed; training is dashed.

    Args:
        frame: from `frame`.
        shown: variants that are visible at first; the others are switched on in the legend.
    """
    names = [str(name) for name in frame["variant"].unique()]
    order = sorted(names, key=lambda name: (name != "baseline", name not in shown))
    legend_part = "validation" if "validation" in set(frame["part"]) else "train"
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.06)
    figure.update_layout(template=TEMPLATE)
    for name in names:
        for (measure, part), curve in frame[frame["variant"] == name].groupby(["measure", "part"], sort=False):
            named = measure == "loss" and part == legend_part
            for trace in _traces(curve, part == "train", style(order.index(name))):
                trace.update(
                    name=label(name, 28),
                    legendgroup=name,
                    showlegend=named and trace.hoverinfo != "skip",
                    visible=True if name in shown else "legendonly",
                )
                figure.add_trace(trace, row=1 if measure == "loss" else 2, col=1)
    figure.update_yaxes(title="loss, nats", row=1, col=1)
    figure.update_yaxes(title="accuracy, %", row=2, col=1)
    figure.update_xaxes(title="epoch<br>solid: validation, dashed: training", row=2, col=1)
    return figure.update_layout(height=640, hovermode="closest")


def _traces(curve: pd.DataFrame, is_training: bool, style: dict[str, Any]) -> Iterator[go.Scatter]:
    scale = 100.0 if curve["measure"].iloc[0] == "accuracy" else 1.0
    epoch, mean = curve["epoch"].to_numpy(), curve["mean"].to_numpy(dtype=float) * scale
    low, high = curve["min"].to_numpy(dtype=float) * scale, curve["max"].to_numpy(dtype=float) * scale
    if not is_training and curve["seeds"].max() > 1:
        yield go.Scatter(
            x=np.concatenate([epoch, epoch[::-1]]),
            y=np.concatenate([high, low[::-1]]),
            fill="toself",
            fillcolor=tinted(style["colour"], 0.11),
            line={"width": 0},
            mode="lines",
            hoverinfo="skip",
        )
    pointed = style["symbol"] is not None or len(epoch) < 3
    yield go.Scatter(
        x=epoch,
        y=mean,
        customdata=np.stack([low, high, curve["seeds"].to_numpy()], axis=1),
        mode="lines+markers" if pointed else "lines",
        marker={"symbol": style["symbol"] or "circle", "size": 6},
        line={"color": style["colour"], "width": 1.3 if is_training else 2, "dash": "dash" if is_training else "solid"},
        hovertemplate="epoch %{x}: %{y:.4g}<br>%{customdata[0]:.4g} to %{customdata[1]:.4g}, %{customdata[2]} seeds",
    )


FIGURE = StudyFigure(
    "learning_curves",
    table=lambda tables: frame(tables.history, tables.runs),
    draw=lambda table, tables: draw(table, tables.shown),
    caption="Mean over the seeds still training; the band reaches from the lowest to the highest seed in validation. "
    "Runs that did not finish are left out. Tap a name in the legend to hide or show it.",
)
