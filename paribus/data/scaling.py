"""How features are scaled, fitted on training rows only: every way is (x / norm - shift) * factor."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from paribus.spec.data import Scale

_CHUNK = 1024


@dataclass(frozen=True)
class Scaling:
    """Of one run, float32.

    Args:
        shift: shape (1,) or (feature,).
        factor: shape (1,) or (feature,).
        columns: shape of an item whose columns, along its last axis but one, are divided by their norms; () for none.
    """

    shift: np.ndarray
    factor: np.ndarray
    columns: tuple[int, ...] = ()

    def arrays(self) -> dict[str, np.ndarray]:
        """Its numbers, to be saved beside the weights."""
        return {"scaling.shift": self.shift, "scaling.factor": self.factor}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], scale: Scale, item_shape: tuple[int, ...]) -> Scaling:
        """The scaling that gave these `arrays`."""
        return cls(arrays["scaling.shift"], arrays["scaling.factor"], _columns(scale, item_shape))


def fit_scalings(
    x_BF: np.ndarray, rows_S: Sequence[np.ndarray], scale: Scale, item_shape: tuple[int, ...]
) -> list[Scaling]:
    """Fit `scale` on the given rows of each run; what a run gets does not depend on the others.

    Args:
        x_BF: all training items, shape (row, feature), uint8 or float32.
        rows_S: the row numbers to fit on, ascending, one array per run; no other rows are read.
        scale: `unit` divides pixels by 255 and other features by their largest magnitude; `standard` takes one mean and
            deviation for all pixels, and for each feature of other rows one of its own, as their units differ;
            `per-feature` one each in any case; `l2-columns` divides each feature by its norm over the rows, `l2-rows`
            each row by its norm, `image-columns` each column of pixels of each image by its norm, as
            `keras.utils.normalize(x, axis=1)` does. A feature that never varies (or is always zero) is divided by 1.
        item_shape: of the items before they were made rows of features.
    """
    zero, one = np.zeros(1, np.float32), np.ones(1, np.float32)
    if scale in ("none", "l2-rows", "image-columns"):
        return [Scaling(zero, one, _columns(scale, item_shape)) for _ in rows_S]
    if scale == "unit":
        tops = [255.0 if x_BF.dtype == np.uint8 else float(np.abs(x_BF[rows]).max()) for rows in rows_S]
        return [Scaling(zero, np.array([1.0 / (top or 1.0)], np.float32)) for top in tops]
    table = len(item_shape) == 1 and x_BF.dtype != np.uint8
    if (scale == "per-feature" and x_BF.dtype != np.uint8) or (scale == "standard" and table):
        return [_per_feature(x_BF[rows].astype(np.float64)) for rows in rows_S]
    return [_from_sums(*sums, len(rows), scale) for sums, rows in zip(_sums(x_BF, rows_S), rows_S, strict=True)]


def _columns(scale: Scale, item_shape: tuple[int, ...]) -> tuple[int, ...]:
    return {"l2-rows": (math.prod(item_shape), 1), "image-columns": item_shape}.get(scale, ())


def _per_feature(x_BF: np.ndarray) -> Scaling:
    """By differences from the first row, which are exactly zero where a feature never varies."""
    first_F = x_BF[0].copy()
    x_BF -= first_F
    return Scaling((first_F + x_BF.mean(axis=0)).astype(np.float32), _inverse(x_BF.std(axis=0)))


def _from_sums(total_F: np.ndarray, squares_F: np.ndarray, count: int, scale: Scale) -> Scaling:
    if scale == "l2-columns":
        return Scaling(np.zeros(1, np.float32), _inverse(np.sqrt(squares_F)))
    if scale == "standard":
        count *= len(total_F)
        total_F, squares_F = total_F.sum(keepdims=True), squares_F.sum(keepdims=True)
    mean = total_F / count
    deviation = np.sqrt(np.maximum(squares_F / count - mean**2, 0.0))
    return Scaling(mean.astype(np.float32), _inverse(deviation))


def _sums(x_BF: np.ndarray, rows_S: Sequence[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Sums and sums of squares of each feature in float64, for each run.

    Pixels are read once for all runs: their sums are whole numbers, exact in any order. Others are read run by run.
    """
    if x_BF.dtype != np.uint8:
        for rows in rows_S:
            x = x_BF[rows].astype(np.float64)
            yield x.sum(axis=0), np.einsum("bf,bf->f", x, x)
        return
    member_SB = np.zeros((len(rows_S), len(x_BF)))
    for member_B, rows in zip(member_SB, rows_S, strict=True):
        member_B[rows] = 1
    total_SF, squares_SF = np.zeros((2, len(rows_S), x_BF.shape[1]))
    for start in range(0, len(x_BF), _CHUNK):
        chunk = x_BF[start : start + _CHUNK].astype(np.float64)
        member = member_SB[:, start : start + _CHUNK]
        total_SF += member @ chunk
        squares_SF += member @ np.square(chunk, out=chunk)
    yield from zip(total_SF, squares_SF, strict=True)


def _inverse(divisor: np.ndarray) -> np.ndarray:
    negligible = divisor <= 1e-12 * max(1.0, float(divisor.max(initial=0.0)))
    return np.where(negligible, 1.0, 1.0 / np.where(negligible, 1.0, divisor)).astype(np.float32)
