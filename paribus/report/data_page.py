"""The page of a data set: one HTML file that needs no network."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from paribus.data import Dataset, facts
from paribus.data.near import is_images
from paribus.report.data_figures import balance, lengths, samples, top_words, values

_RANDOM, _EACH = 20, 3
_CLASSES = 60
"""Classes up to which there are samples and a mean image of each, or its telling words."""
_CONFIG = {"displayModeBar": False, "responsive": True}
_CAPTIONS = {
    "balance": "Rows of each class.",
    "random": f"{_RANDOM} training images drawn at random, in the order of their rows.",
    "classes": f"{_EACH} training images of each class, drawn at random.",
    "means": "The mean of each class's training images.",
    "values": "How often each value is taken, in 32 bins.",
    "lengths": "Words in a text; the last step holds all longer texts.",
    "top": "The words that tell each class from the others, by how many standard deviations their smoothed log-odds "
    "are above 0 (Monroe, Colaresi and Quinn 2008).",
    "random_texts": "Training texts drawn at random, in the order of their rows; long ones are cut.",
    "class_texts": "Training texts of each class, drawn at random; long ones are cut.",
}


def write_data_page(target: Path, dataset: Dataset, found: Mapping[str, Any]) -> Path:
    """Write the page: counts, class balance, samples, mean images and statistics of the values, or of the texts.

    Args:
        target: the HTML file; its folders are made, and what was there is replaced.
        dataset: whose page it is.
        found: from `describe`, with `near` from `near_duplicates` and `texts` from `describe_texts`.

    Returns:
        `target`, absolute.

    Raises:
        OSError: the file cannot be written.
    """
    frames, figures = _text_figures(found["texts"]) if found.get("texts") else _figures(dataset)
    frames["balance"] = balance.frame(found["class_counts"])
    figures["balance"] = balance.draw(frames["balance"])
    tables = _text_tables(found["texts"]) if found.get("texts") else {"statistics": values.statistics(dataset)}
    rooms = PackageLoader("paribus.report", "templates")
    environment = Environment(loader=rooms, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    page = environment.get_template("data.html").render(
        found=found,
        terms=facts(found),
        figures={name: _div(name, figure) for name, figure in figures.items()},
        captions=_CAPTIONS,
        csv={name: _csv_link(table) for name, table in {**frames, **tables}.items()},
        tables={
            name: [list(row.values()) for row in table.round(3).to_dict("records")] for name, table in tables.items()
        },
        plotly=Markup(get_plotlyjs()),  # noqa: S704  (the library's own source)
    )
    target = target.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page, encoding="utf-8")
    return target


def _figures(dataset: Dataset) -> tuple[dict[str, pd.DataFrame], dict[str, go.Figure]]:
    frames: dict[str, pd.DataFrame] = {}
    figures: dict[str, go.Figure] = {}
    if is_images(dataset):
        frames["random"] = samples.frame(dataset, _RANDOM)
        figures["random"] = samples.draw(frames["random"], columns=10)
        if dataset.num_classes <= _CLASSES:
            frames["classes"] = samples.frame_of_classes(dataset, _EACH)
            figures["classes"] = samples.draw(frames["classes"], columns=4 * _EACH)
            frames["means"] = samples.frame_of_means(dataset)
            figures["means"] = samples.draw(frames["means"], columns=10)
    frames["values"] = values.frame(dataset)
    figures["values"] = values.draw(frames["values"])
    return frames, figures


def _text_figures(texts: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], dict[str, go.Figure]]:
    frames = {"lengths": lengths.frame(texts), "top": top_words.frame(texts)}
    figures = {"lengths": lengths.draw(frames["lengths"])}
    if 0 < frames["top"]["class"].nunique() <= _CLASSES:
        figures["top"] = top_words.draw(frames["top"])
    return frames, figures


def _text_tables(texts: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """Samples; columns row, class and text."""
    samples = {"random_texts": texts["random"], "class_texts": texts["classes"]}
    return {name: pd.DataFrame(rows) for name, rows in samples.items() if rows}


def _div(name: str, figure: go.Figure) -> Markup:
    return Markup(figure.to_html(_CONFIG, include_plotlyjs=False, full_html=False, div_id=f"figure-{name}"))  # noqa: S704


def _csv_link(frame: pd.DataFrame) -> str:
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(frame.to_csv(index=False).encode()).decode()
