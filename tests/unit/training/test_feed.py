"""Batches without zeros, and where they are made."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from paribus.data.scaling import Scaling
from paribus.training.feed import MOST_ROWS, NumberFeed

RNG = np.random.default_rng(4)
NO_SHIFT, SHIFT = np.zeros(1, np.float32), RNG.random(90).astype(np.float32) * 50


def items(share: float, dtype: type) -> np.ndarray:
    """Of 90 features, not zero where drawn by this share."""
    return ((RNG.random((200, 90)) < share) * RNG.integers(1, 256, (200, 90))).astype(dtype)


def feed(x_NF: np.ndarray, shift: np.ndarray = NO_SHIFT, columns: tuple[int, ...] = ()) -> NumberFeed:
    """Of two runs, which scale otherwise."""
    scalings = [Scaling(shift, factor.astype(np.float32), columns) for factor in RNG.random((2, 90))]
    return NumberFeed(torch.from_numpy(x_NF), torch.from_numpy(RNG.integers(0, 9, len(x_NF))), scalings)


@pytest.mark.parametrize(("dtype", "shift"), [(np.uint8, NO_SHIFT), (np.float32, NO_SHIFT), (np.uint8, SHIFT)])
@pytest.mark.parametrize("rows", [1, 32, MOST_ROWS])
def test_a_batch_without_zeros_is_the_same_batch(rows: int, dtype: type, shift: np.ndarray) -> None:
    ours = feed(items(0.2, dtype), shift)
    for _ in range(2):  # the second overwrites the first
        rows_MB = torch.from_numpy(np.stack([RNG.permutation(200)[:rows] for _ in range(2)]))
        (x_MBF, y_MB), (sparse, labels_MB) = ours.batch(rows_MB), ours.sparse_batch(rows_MB)
        torch.testing.assert_close(sparse.dense(), x_MBF, rtol=0, atol=3e-5 if shift.any() else 0)
        assert torch.equal(labels_MB, y_MB)


def test_zeros_are_left_out_where_they_are_three_of_four_and_the_product_is_wide_but_not_large() -> None:
    few, many = items(0.2, np.uint8), items(0.3, np.uint8)
    assert feed(few).can_leave_out(32, 512)
    assert feed(few, SHIFT).can_leave_out(MOST_ROWS, 256)
    for rows, units in ((32, 32), (32, 600), (100, 64)):
        assert not feed(few).can_leave_out(rows, units)
    assert not feed(many).can_leave_out(32, 128)
    assert not feed(few.astype(np.float32), SHIFT).can_leave_out(32, 128)
    assert not feed(few, columns=(90, 1)).can_leave_out(32, 128)
