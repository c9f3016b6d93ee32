"""Every figure of a study by name: what its table is made from, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd
import plotly.graph_objects as go

from paribus.data import Dataset
from paribus.data.near import is_images
from paribus.report.figures.classes import class_accuracy, confusion, hardest, mistakes
from paribus.report.figures.data import balance, samples
from paribus.report.figures.learning import gap, learning_curves
from paribus.report.figures.network import features, weights
from paribus.report.figures.scores import contrasts, cost, interactions, sources, spread
from paribus.report.figures.search import history, importance, parallel, rungs

if TYPE_CHECKING:
    from paribus.report.tables.study import Tables

_EACH, _CLASSES = 3, 60
"""Samples of a class, and classes up to which there are any."""

GALLERY: dict[str, tuple[Callable[[Tables], pd.DataFrame], Callable[[pd.DataFrame, Tables], go.Figure | None]]] = {
    "contrasts": (lambda t: contrasts.frame(t.contrasts), lambda frame, t: contrasts.draw(frame)),
    "interactions": (
        lambda t: interactions.frame(t.seeds, t.levels, f"test_{t.metric}"),
        lambda frame, t: interactions.draw(frame, f"test_{t.metric}"),
    ),
    "spread": (
        lambda t: spread.frame(t.seeds, f"test_{t.metric}"),
        lambda frame, t: spread.draw(frame, f"test_{t.metric}"),
    ),
    "sources": (lambda t: sources.frame(t.sources), lambda frame, t: sources.draw(frame, f"test_{t.metric}")),
    "cost": (lambda t: cost.frame(t.variants), lambda frame, t: cost.draw(frame, f"test_{t.metric}")),
    "gap": (lambda t: t.gaps, lambda frame, t: gap.draw(frame)),
    "search_history": (
        lambda t: history.frame(t.trials, t.metric == "loss"),
        lambda frame, t: history.draw(frame, f"val_{t.metric}"),
    ),
    "search_rungs": (
        lambda t: rungs.frame(t.search.trials, t.search.winner_number) if t.search else pd.DataFrame(),
        lambda frame, t: rungs.draw(frame, f"val_{t.metric}"),
    ),
    "search_values": (
        lambda t: parallel.frame(t.trials, t.space),
        lambda frame, t: parallel.draw(frame, t.space, f"val_{t.metric}"),
    ),
    "search_importance": (
        lambda t: importance.frame((t.search.importance if t.search else None) or {}),
        lambda frame, t: importance.draw(frame),
    ),
    "learning_curves": (
        lambda t: learning_curves.frame(t.history, t.runs),
        lambda frame, t: learning_curves.draw(frame, t.shown),
    ),
    "class_accuracy": (lambda t: class_accuracy.frame(t.recalls), lambda frame, t: class_accuracy.draw(frame)),
    "hardest": (lambda t: hardest.frame(t.hardest), lambda frame, t: hardest.draw(frame)),
    "confusion": (lambda t: confusion.frame(t.confusion), lambda frame, t: confusion.draw(frame)),
    "mistakes": (
        lambda t: mistakes.frame(t.mistakes, t.dataset),
        lambda frame, t: mistakes.draw(frame, t.dataset),
    ),
    "features": (
        lambda t: features.frame(t.probes, t.class_names),
        lambda frame, t: features.draw(frame, t.class_names),
    ),
    "weights": (lambda t: weights.frame(t.probes), lambda frame, t: weights.draw(frame)),
    "balance": (lambda t: balance.frame(t.class_counts), lambda frame, t: balance.draw(frame)),
    "samples": (lambda t: _samples(t), lambda frame, t: samples.draw(frame, columns=4 * _EACH)),
    "means": (lambda t: _means(t), lambda frame, t: samples.draw(frame, columns=10)),
}
"""A pair a figure: its table, empty where there is nothing to show, and its drawing, None where there is no way to."""


def _samples(tables: Tables) -> pd.DataFrame:
    images = _images(tables)
    return samples.frame_of_classes(images, _EACH) if images else pd.DataFrame(columns=["title", "row", "image"])


def _means(tables: Tables) -> pd.DataFrame:
    images = _images(tables)
    return samples.frame_of_means(images) if images else pd.DataFrame(columns=["title", "image"])


def _images(tables: Tables) -> Dataset | None:
    """The data, if they are images of not too many classes."""
    dataset = tables.dataset
    return dataset if dataset is not None and is_images(dataset) and dataset.num_classes <= _CLASSES else None
