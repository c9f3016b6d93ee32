"""Batches without zeros, and where they are made."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from paribus.data.scaling import Scaling
from paribus.training.feed import FEW_ROWS, Feed

RNG = np.random.default_rng(4)
NO_SHIFT = np.zeros(1, np.float32)


def items(share: float, dtype: type) -> np.ndarray:
    """Of 90 features, not zero where drawn by this share."""
    return ((RNG.random((200, 90)) < share) * RNG.integers(1, 256, (200, 90))).astype(dtype)


def feed(x_NF: np.ndarray, shift: np.ndarray = NO_SHIFT, columns: tuple[int, ...] = ()) -> Feed:
    """Of two runs, which scale otherwise."""
    scalings = [Scaling(shift, factor.astype(np.float32), columns) for factor in RNG.random((2, 90))]
    return Feed(torch.from_numpy(x_NF), torch.from_numpy(RNG.integers(0, 9, len(x_NF))), scalings)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("rows", [1, 32, FEW_ROWS])
def test_a_batch_without_zeros_is_the_same_batch(rows: int, dtype: type) -> None:
    ours = feed(items(0.2, dtype))
    for _ in range(2):  # the second overwrites the first
        rows_MB = torch.from_numpy(np.stack([RNG.permutation(200)[:rows] for _ in range(2)]))
        (x_MBF, y_MB), (sparse, labels_MB) = ours.batch(rows_MB), ours.sparse_batch(rows_MB)
        assert torch.equal(sparse.dense(), x_MBF)
        assert torch.equal(labels_MB, y_MB)


def test_zeros_are_left_out_where_they_are_three_of_four_and_stay_zero() -> None:
    few, many = items(0.2, np.uint8), items(0.3, np.uint8)
    assert feed(few).mostly_zero
    assert not feed(many).mostly_zero
    assert not feed(few, shift=np.ones(1, np.float32)).mostly_zero
    assert not feed(few, columns=(90, 1)).mostly_zero
