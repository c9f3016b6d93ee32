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
from paribus.report.data_figures import balance, samples, values

_RANDOM, _EACH = 20, 3
_CLASSES = 60
"""Classes up to which there are samples and a mean image of each."""
_CONFIG = {"displayModeBar": False, "responsive": True}
_CAPTIONS = {
    "balance": "Rows of each class.",
    "random": f"{_RANDOM} training images drawn at random, in the order of their rows.",
    "classes": f"{_EACH} training images of each class, drawn at random.",
    "means": "The mean of each class's training images.",
    "values": "How often each value is taken, in 32 bins.",
}


def write_data_page(target: Path, dataset: Dataset, found: Mapping[str, Any]) -> Path:
    """Write the page: counts, class balance, samples, mean images, statistics of the values.

    Args:
        target: the HTML file; its folders are made, and what was there is replaced.
        dataset: whose page it is.
        found: from `describe`, with `near` from `near_duplicates`.

    Returns:
        `target`, absolute.

    Raises:
        OSError: the file cannot be written.
    """
    frames, figures = _figures(dataset, found)
    statistics = values.statistics(dataset)
    rooms = PackageLoader("paribus.report", "templates")
    environment = Environment(loader=rooms, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    page = environment.get_template("data.html").render(
        found=found,
        terms=facts(found),
        figures={name: _div(name, figure) for name, figure in figures.items()},
        captions=_CAPTIONS,
        csv={name: _csv_link(table) for name, table in {**frames, "statistics": statistics}.items()},
        statistics=[list(row.values()) for row in statistics.round(3).to_dict("records")],
        plotly=Markup(get_plotlyjs()),  # noqa: S704  (the library's own source)
    )
    target = target.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page, encoding="utf-8")
    return target


def _figures(dataset: Dataset, found: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], dict[str, go.Figure]]:
    frames = {"balance": balance.frame(found["class_counts"])}
    figures = {"balance": balance.draw(frames["balance"])}
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


def _div(name: str, figure: go.Figure) -> Markup:
    return Markup(figure.to_html(_CONFIG, include_plotlyjs=False, full_html=False, div_id=f"figure-{name}"))  # noqa: S704


def _csv_link(frame: pd.DataFrame) -> str:
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(frame.to_csv(index=False).encode()).decode()
