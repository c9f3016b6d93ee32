"""Samples: some images as they are, drawn at random or a few of each class, and the mean image of each class."""

from __future__ import annotations

import base64
import io

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from paribus.data import Dataset
from paribus.data.near import is_images
from paribus.planning.streams import stream
from paribus.report.figure import StudyFigure
from paribus.report.style import TEMPLATE, label
from paribus.report.tables.study import Tables

_EACH, _CLASSES = 3, 60
"""Samples of a class on a study's page, and classes up to which there are any."""
_SIDE = 128  # in pixels, beyond which a picture is made smaller, so that a page stays light


def random_rows(dataset: Dataset, count: int) -> np.ndarray:
    """Numbers of `count` training rows drawn at random, always the same ones, ascending."""
    return np.sort(stream(0, "sample", "shown").permutation(len(dataset.y_train))[:count])


def class_rows(dataset: Dataset, count: int) -> np.ndarray:
    """Numbers of `count` training rows of each class, drawn at random, class by class."""
    order = stream(0, "sample", "shown").permutation(len(dataset.y_train))
    return np.concatenate([order[dataset.y_train[order] == code][:count] for code in range(dataset.num_classes)])


_WIDTH, _LINE = 880, 13
"""Of the grid, and the height of a line of a title, in pixels."""


def frame(dataset: Dataset, count: int) -> pd.DataFrame:
    """Columns title, row and image: `count` training rows drawn at random, always the same ones.

    An image is a PNG as data URI; the darkest value of the data set is black, the brightest white.
    """
    return _table(dataset, random_rows(dataset, count))


def frame_of_classes(dataset: Dataset, count: int) -> pd.DataFrame:
    """The same with `count` training rows of each class."""
    return _table(dataset, class_rows(dataset, count))


def frame_of_means(dataset: Dataset) -> pd.DataFrame:
    """Columns title and image: the mean of each class's training rows."""
    members = [np.flatnonzero(dataset.y_train == code) for code in range(dataset.num_classes)]
    means = np.stack([_mean(dataset.x_train, rows) for rows in members])
    return pd.DataFrame({"title": dataset.class_names, "image": pictures(dataset, means)})


def pictures(dataset: Dataset, items: np.ndarray) -> list[str]:
    """Images of the data set as PNG data URIs; the darkest value of its training rows is black."""
    low, high = _range(dataset)
    return [_png(item, low, high) for item in items]


def draw(frame: pd.DataFrame, columns: int) -> go.Figure:
    """Draw the images in a grid, `columns` in a row, each below its title.

    Args:
        frame: from `frame`, `frame_of_classes` or `frame_of_means`, at least one row; a title may have several lines.
        columns: of the grid.
    """
    at, down = np.arange(len(frame)) % columns, np.arange(len(frame)) // columns
    num_rows, width = int(down[-1]) + 1, _WIDTH / columns
    titles = ["<br>".join(label(line, round(width / 6)) for line in title.split("\n")) for title in frame["title"]]
    head = _LINE * max(title.count("<br>") + 1 for title in titles) + 4
    height = head + width
    places = [
        {"source": image, "x": x, "y": y, "xref": "x", "yref": "y"}
        | {"sizex": 0.92, "sizey": 0.96 * width / height, "yanchor": "top"}
        for image, x, y in zip(frame["image"], at, down + head / height, strict=True)
    ]
    notes = [
        {"text": text, "x": x + 0.46, "y": y + head / height, "font": {"size": 10}}
        | {"showarrow": False, "yanchor": "bottom"}
        for text, x, y in zip(titles, at, down, strict=True)
    ]
    figure = go.Figure(layout={"template": TEMPLATE, "height": 20 + round(height * num_rows)})
    figure.update_layout(images=places, annotations=notes, margin={"l": 0, "r": 0, "t": 0, "b": 0})
    figure.update_xaxes(range=[0, columns], visible=False)
    return figure.update_yaxes(range=[num_rows, 0], visible=False)


def _table(dataset: Dataset, rows: np.ndarray) -> pd.DataFrame:
    titles = [dataset.class_names[code] for code in dataset.y_train[rows]]
    return pd.DataFrame({"title": titles, "row": rows, "image": pictures(dataset, dataset.x_train[rows])})


def _range(dataset: Dataset) -> tuple[float, float]:
    """The values that become black and white."""
    x = dataset.x_train
    return (0.0, 255.0) if x.dtype == np.uint8 and x.max() > 16 else (float(x.min()), float(x.max()))


def _mean(x: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """In float64, in blocks, so that no class is copied whole."""
    blocks = [x[rows[start : start + 4096]].sum(axis=0, dtype=np.float64) for start in range(0, len(rows), 4096)]
    return np.sum(blocks, axis=0) / max(1, len(rows))


def _png(image: np.ndarray, low: float, high: float) -> str:
    from PIL import Image

    pixels = np.clip((image.astype(np.float64) - low) / ((high - low) or 1.0) * 255, 0, 255).round().astype(np.uint8)
    if pixels.ndim == 3:
        pixels = pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)
    file = io.BytesIO()
    picture = Image.fromarray(pixels)
    picture.thumbnail((_SIDE, _SIDE))  # smaller ones stay as they are
    picture.save(file, "png", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _images(tables: Tables) -> Dataset | None:
    """The data, if they are images of not too many classes."""
    dataset = tables.dataset
    return dataset if dataset is not None and is_images(dataset) and dataset.num_classes <= _CLASSES else None


def _examples(tables: Tables) -> pd.DataFrame:
    images = _images(tables)
    return frame_of_classes(images, _EACH) if images else pd.DataFrame(columns=["title", "row", "image"])


def _means(tables: Tables) -> pd.DataFrame:
    images = _images(tables)
    return frame_of_means(images) if images else pd.DataFrame(columns=["title", "image"])


EXAMPLES = StudyFigure(
    "samples",
    table=_examples,
    draw=lambda table, tables: draw(table, columns=4 * _EACH),
    caption="Three training images of each class, drawn at random.",
    scrolls=True,
)

MEANS = StudyFigure(
    "means",
    table=_means,
    draw=lambda table, tables: draw(table, columns=10),
    caption="The mean of each class's training images.",
    scrolls=True,
)
