"""Samples: some images as they are, drawn at random or a few of each class, and the mean image of each class."""

from __future__ import annotations

import base64
import io

import numpy as np
import pandas as pd

from paribus.data import Dataset
from paribus.planning.streams import stream

_SIDE = 160  # in pixels, beyond which a picture is made smaller


def random_rows(dataset: Dataset, count: int) -> np.ndarray:
    """Numbers of `count` training rows drawn at random, always the same ones, ascending."""
    return np.sort(stream(0, "sample", "shown").permutation(len(dataset.y_train))[:count])


def class_rows(dataset: Dataset, count: int) -> np.ndarray:
    """Numbers of `count` training rows of each class, drawn at random, class by class."""
    order = stream(0, "sample", "shown").permutation(len(dataset.y_train))
    return np.concatenate([order[dataset.y_train[order] == code][:count] for code in range(dataset.num_classes)])


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
    low, high = _range(dataset)
    members = [np.flatnonzero(dataset.y_train == code) for code in range(dataset.num_classes)]
    means = [_mean(dataset.x_train, rows) for rows in members]
    return pd.DataFrame({"title": dataset.class_names, "image": [_png(mean, low, high) for mean in means]})


def _table(dataset: Dataset, rows: np.ndarray) -> pd.DataFrame:
    low, high = _range(dataset)
    titles = [dataset.class_names[code] for code in dataset.y_train[rows]]
    images = [_png(dataset.x_train[row], low, high) for row in rows]
    return pd.DataFrame({"title": titles, "row": rows, "image": images})


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
