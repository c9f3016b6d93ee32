"""Which rows a run trains and validates on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from paribus.planning.streams import stream
from paribus.spec import Folds, Last, Preparation


@dataclass(frozen=True)
class Rows:
    """Row numbers of the original training part, ascending; none validates where the test set does."""

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
    """The rows of the run with `seed`: a class-wise sample, split into training and validation.

    They depend on the seed and the preparation alone, so runs of one seed are paired across variants.
    """
    rows = np.arange(len(labels_B))
    if preparation.fraction < 1:
        rows = rows[stratified(labels_B, preparation.fraction, stream(seed, "sample"))]
    if isinstance(preparation.validation, Folds):
        fold = folds_of(labels_B[rows], preparation.validation.folds, stream(seed, "split", "folds"))
        held_out = fold == (preparation.validation.fold or 0)
    elif isinstance(preparation.validation, Last):
        held_out = np.arange(len(rows)) >= math.floor(len(rows) * (1 - preparation.validation.last))
    else:
        held_out = stratified(labels_B[rows], preparation.held_out, stream(seed, "split"))
    return Rows(train=rows[~held_out], validation=rows[held_out])


def folds_of(labels_B: np.ndarray, folds: int, rng: np.random.Generator) -> np.ndarray:
    """The fold of each row, shape (row,): the rows, class by class in random order, are dealt out in turn.

    So the folds differ by at most one row in size, and by at most one in each class.
    """
    order = np.lexsort((rng.random(len(labels_B)), labels_B))
    fold_B = np.empty(len(order), dtype=np.int64)
    fold_B[order] = np.arange(len(order)) % folds
    return fold_B
