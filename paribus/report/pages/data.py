"""The page of a data set: one HTML file that needs no network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from paribus.data import Dataset, facts
from paribus.data.near import is_images
from paribus.report.figures.data import balance, features, lengths, samples, top_words, values
from paribus.report.numbers import number
from paribus.report.pages.html import csv_link, div, template, write_text

_RANDOM, _EACH = 20, 3
_CLASSES = 60
"""Classes up to which there are samples and a mean image of each, or its telling words."""
_TITLES = {
    "balance": "Classes",
    "random": "Samples",
    "classes": "Samples of each class",
    "means": "Means of the classes",
    "values": "Values",
    "statistics": "Statistics",
    "lengths": "Lengths",
    "top": "Telling words",
    "random_texts": "Samples",
    "class_texts": "Samples of each class",
}
_CAPTIONS = {
    "balance": "Rows of each class.",
    "random": f"{_RANDOM} training items drawn at random, in the order of their rows.",
    "classes": f"{_EACH} training items of each class, drawn at random.",
    "means": "The mean of each class's training items.",
    "values": "How often each value is taken, in % of all; at most 32 bins.",
    "statistics": f"Deviation divides by n; zeros in %. Of a table, the first {features.SHOWN} features.",
    "lengths": "Words in a text; the last step holds all longer texts.",
    "top": "The words that tell each class from the others, by how many standard deviations their smoothed log-odds "
    "are above 0 (Monroe, Colaresi and Quinn 2008).",
    "random_texts": "Training texts drawn at random, in the order of their rows; long ones are cut.",
    "class_texts": "Training texts of each class, drawn at random; long ones are cut.",
}


def write_data_page(target: Path, dataset: Dataset, description: Mapping[str, Any]) -> Path:
    """Write the page: counts, class balance, samples, mean images and statistics of the values, or of the texts.

    Args:
        target: the HTML file; its folders are made, and what was there is replaced.
        dataset: whose page it is.
        description: from `describe`, with `near` from `near_duplicates` and `texts` from `describe_texts`.

    Returns:
        `target`, absolute.

    Raises:
        OSError: the file cannot be written.
    """
    frames, figures = _of_texts(description["texts"]) if description.get("texts") else _of_numbers(dataset)
    frames["balance"] = balance.frame(description["class_counts"])
    figures["balance"] = balance.draw(frames["balance"])
    pictures = ("random", "classes", "means") if is_images(dataset) else ()
    page = template("data.html").render(
        description=description,
        terms=facts(description),
        sections=[(name, title) for name, title in _TITLES.items() if name in frames],
        figures={name: div(name, figure) for name, figure in figures.items()},
        pictures={name: frames[name][["title", "image"]].to_numpy() for name in frames if name in pictures},
        tables={name: _cells(table) for name, table in frames.items() if name not in {*figures, *pictures}},
        captions=_CAPTIONS,
        csv={name: csv_link(table) for name, table in frames.items()},
        plotly=Markup(get_plotlyjs()),  # noqa: S704  (the library's own source)
    )
    return write_text(target, page)


def _of_numbers(dataset: Dataset) -> tuple[dict[str, pd.DataFrame], dict[str, go.Figure]]:
    shown = samples if is_images(dataset) else features if features.is_table(dataset) else None
    frames: dict[str, pd.DataFrame] = {}
    if shown:
        frames["random"] = shown.frame(dataset, _RANDOM)
    if shown and dataset.num_classes <= _CLASSES:
        frames["classes"] = shown.frame_of_classes(dataset, _EACH)
        frames["means"] = shown.frame_of_means(dataset)
    frames["values"] = values.frame(dataset)
    frames["statistics"] = values.statistics(dataset)
    draw = features.draw if features.is_table(dataset) else values.draw
    return frames, {"values": draw(frames["values"])}


def _of_texts(texts: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], dict[str, go.Figure]]:
    frames = {"lengths": lengths.frame(texts)}
    figures = {"lengths": lengths.draw(frames["lengths"])}
    top = top_words.frame(texts)
    if 0 < top["class"].nunique() <= _CLASSES:
        frames["top"], figures["top"] = top, top_words.draw(top)
    samples = {"random_texts": texts["random"], "class_texts": texts["classes"]}
    return frames | {name: pd.DataFrame(rows) for name, rows in samples.items() if rows}, figures


def _cells(table: pd.DataFrame) -> list[list[str]]:
    """The header and the rows of a table, as a reader wants them."""
    return [[str(name) for name in table], *([number(cell) for cell in row] for row in table.itertuples(index=False))]
