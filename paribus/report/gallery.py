"""The figures of a study's page by section, in the order of the page."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from paribus.report.figure import StudyFigure
from paribus.report.figures.classes import class_accuracy, confusion, hardest, mistakes
from paribus.report.figures.data import balance, samples
from paribus.report.figures.learning import gap, learning_curves
from paribus.report.figures.network import features, weights
from paribus.report.figures.scores import contrasts, cost, interactions, sources, spread
from paribus.report.figures.search import history, importance, parallel, rungs
from paribus.report.tables.study import Tables

SECTIONS: dict[str, tuple[StudyFigure, ...]] = {
    "verdict": (contrasts.FIGURE, interactions.FIGURE),
    "scores": (spread.FIGURE, sources.FIGURE, cost.FIGURE),
    "search": (history.FIGURE, rungs.FIGURE, parallel.FIGURE, importance.FIGURE),
    "learning": (learning_curves.FIGURE, gap.FIGURE),
    "classes": (class_accuracy.FIGURE, hardest.FIGURE, confusion.FIGURE),
    "items": (mistakes.FIGURE,),
    "network": (features.FIGURE, weights.FIGURE),
    "data": (balance.FIGURE, samples.EXAMPLES, samples.MEANS),
}


def frames(tables: Tables) -> dict[str, pd.DataFrame]:
    """What each figure shows, by the figure's name; a figure without anything to show is left out."""
    made = {figure.name: figure.table(tables) for section in SECTIONS.values() for figure in section}
    return {name: frame for name, frame in made.items() if not frame.empty}


def figures(tables: Tables, shown: Mapping[str, pd.DataFrame] | None = None) -> dict[str, go.Figure]:
    """The report's figures by name; a figure without anything to show is left out.

    Args:
        tables: of the study.
        shown: from `frames`, if they were made before.
    """
    shown = frames(tables) if shown is None else shown
    by_name = {figure.name: figure for section in SECTIONS.values() for figure in section}
    drawn = {name: by_name[name].draw(frame, tables) for name, frame in shown.items()}
    return {name: figure for name, figure in drawn.items() if figure is not None}
