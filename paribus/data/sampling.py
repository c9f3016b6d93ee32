"""Which rows a run trains and validates on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from paribus.planning.streams import stream
from paribus.spec import Preparation


@dataclass(frozen=True)
class Rows:
    """Row numbers of the original training part, ascending."""

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
    held_out = stratified(labels_B[rows], preparation.validation, stream(seed, "split"))
    return Rows(train=rows[~held_out], validation=rows[held_out])
