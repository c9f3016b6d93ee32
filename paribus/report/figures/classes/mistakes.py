"""Mistakes: the test items that the best variant is surest of and wrong about."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from paribus.data import Dataset
from paribus.data.near import is_images
from paribus.report.figure import StudyFigure
from paribus.report.figures.data import samples

SHOWN = 24
_VALUES = 8
"""Values of an item that the table shows."""
_CHARACTERS = 300
"""Of a text that the table shows."""


def frame(mistakes: pd.DataFrame, dataset: Dataset | None) -> pd.DataFrame:
    """Columns item, true, predicted, confidence, wrong and runs, the surest first; with what rows and texts say.

    Args:
        mistakes: as in `Tables.mistakes`.
        dataset: whose test items they are; None if it cannot be had.
    """
    if dataset is None or len(dataset.item_shape) > 1:
        return mistakes
    items = dataset.x_test[mistakes["item"].to_numpy(dtype=int)]
    if dataset.is_text:
        return mistakes.assign(text=[_beginning(text) for text in items])
    items = items[:, :_VALUES]
    return mistakes.assign(values=["; ".join(f"{value:.4g}" for value in item) for item in items])


def draw(frame: pd.DataFrame, dataset: Dataset | None) -> go.Figure | None:
    """Draw the first 24 as pictures, each below what it is, what it is taken for, and by how many runs.

    Args:
        frame: from `frame`, at least one row.
        dataset: as for `frame`; without images there is nothing to draw.
    """
    if dataset is None or not is_images(dataset):
        return None
    shown = frame.head(SHOWN)
    titles = [
        f"{true}\nas {predicted}, {100 * confidence:.1f} %\n{wrong} of {runs} runs"
        for true, predicted, confidence, wrong, runs in shown[
            ["true", "predicted", "confidence", "wrong", "runs"]
        ].itertuples(index=False)
    ]
    images = samples.pictures(dataset, np.asarray(dataset.x_test[shown["item"].to_numpy(dtype=int)]))
    return samples.draw(pd.DataFrame({"title": titles, "image": images}), columns=6)


def listed(frame: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Headings and rows of the first 24, for a page without pictures: of rows, of texts, and where the data are gone.

    Args:
        frame: from `frame`.
    """
    first = frame.head(SHOWN)
    table = pd.DataFrame(
        {
            "test row": first["item"].map("{:,}".format),
            "true class": first["true"],
            "predicted": first["predicted"],
            "confidence, %": first["confidence"].map(lambda share: f"{100 * share:.1f}"),
            "runs wrong": [f"{wrong} of {runs}" for wrong, runs in zip(first["wrong"], first["runs"], strict=True)],
        }
    )
    for column, heading in (("values", "first values"), ("text", "how it begins")):
        table = table.assign(**{heading: first[column]}) if column in first else table
    return list(table.columns), table.to_numpy().tolist()


def _beginning(text: str) -> str:
    words = " ".join(text[: 4 * _CHARACTERS].split())
    return words if len(words) <= _CHARACTERS else f"{words[:_CHARACTERS].rstrip()} …"


FIGURE = StudyFigure(
    "mistakes",
    table=lambda tables: frame(tables.mistakes, tables.dataset),
    draw=lambda table, tables: draw(table, tables.dataset),
    caption="Above each picture its class, what it is taken for with the mean probability of that over runs, and how "
    "many runs are wrong alone. The CSV has all mistakes.",
    scrolls=True,
)
