"""Which rows a run trains and validates on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from paribus.planning.streams import stream
from paribus.spec import Folds, Last, Preparation

_ROUNDING = 1e-9
"""What a product of a whole number and a share may be too small by."""


@dataclass(frozen=True)
class Rows:
    """Row numbers of the original training part, ascending; a row that was drawn twice stands there twice.

    None validates where the test set does.
    """

    train: np.ndarray
    validation: np.ndarray


def stratified(labels_B: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Mark a share of each class, drawn without replacement.

    Args:
        labels_B: class of each row, shape (row,).
        share: between 0 and 1; a class of n rows gives round(n * share) of them, halves up.
        rng: where the draw comes from.

    Returns:
        True for the drawn rows, shape (row,). How many there are does not depend on the draw.
    """
    order = np.lexsort((rng.random(len(labels_B)), labels_B))
    _, first, counts = np.unique(labels_B[order], return_index=True, return_counts=True)
    rank = np.arange(len(order)) - np.repeat(first, counts)
    drawn = np.empty(len(order), dtype=bool)
    drawn[order] = rank < np.repeat(np.floor(counts * share + 0.5), counts)
    return drawn


def rows_of(labels_B: np.ndarray, preparation: Preparation, seed: int) -> Rows:
    """The rows of the run with `seed`: a sample, split into training and validation.

    They depend on the seed and the preparation alone, so runs of one seed are paired across variants.

    Source: `last` is Keras' `validation_split`, which cuts at the whole number below (1 - share) of the rows.
    """
    rows = np.arange(len(labels_B))
    if preparation.fraction < 1 or preparation.sample == "with-replacement":
        rows = _sample(labels_B, preparation, stream(seed, "sample"))
    if isinstance(preparation.validation, Last):
        held_out = np.arange(len(rows)) >= math.floor(len(rows) * (1 - preparation.validation.last) + _ROUNDING)
    elif isinstance(preparation.validation, Folds):
        fold = folds_of(labels_B[rows], preparation.validation.folds, stream(seed, "split", "folds"))
        held_out = fold == (preparation.validation.fold or 0)
    else:
        held_out = stratified(labels_B[rows], preparation.held_out, stream(seed, "split"))
    return Rows(train=rows[~held_out], validation=rows[held_out])


def _sample(labels_B: np.ndarray, preparation: Preparation, rng: np.random.Generator) -> np.ndarray:
    """Numbers of the rows that a run is given, ascending; a row stands there again where it was drawn again."""
    if preparation.sample == "class-wise":
        return np.flatnonzero(stratified(labels_B, preparation.fraction, rng))
    size = math.floor(len(labels_B) * preparation.fraction + 0.5)
    again = preparation.sample == "with-replacement"
    return np.sort(rng.choice(len(labels_B), size, replace=again))


def folds_of(labels_B: np.ndarray, folds: int, rng: np.random.Generator) -> np.ndarray:
    """The fold of each row, shape (row,): the rows, class by class in random order, are dealt out in turn.

    So the folds differ by at most one row in size, and by at most one in each class.
    """
    order = np.lexsort((rng.random(len(labels_B)), labels_B))
    fold_B = np.empty(len(order), dtype=np.int64)
    fold_B[order] = np.arange(len(order)) % folds
    return fold_B
