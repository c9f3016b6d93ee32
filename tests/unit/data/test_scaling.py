"""Scaling against scikit-learn and NumPy, and the promise that a run's scaling is its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import numpy as np
import pytest
import torch
from sklearn.preprocessing import StandardScaler, normalize

from paribus.data.scaling import Scaling, fit_scalings
from paribus.spec.data import Scale
from paribus.training.feed import NumberFeed

SCALES = get_args(Scale)
RNG = np.random.default_rng(3)
ITEMS = {
    "pixels": RNG.integers(0, 256, (3000, 12)).astype(np.uint8),
    "features": (RNG.normal(size=(3000, 12)) * 10.0 ** np.arange(-6, 6) + 2.0 ** np.arange(12)).astype(np.float32),
}
ROWS = np.sort(RNG.choice(3000, 1700, replace=False))
PEERS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "none": lambda fit, x: x,
    "standard": lambda fit, x: (x - fit.mean()) / fit.std(),
    "per-feature": lambda fit, x: StandardScaler().fit(fit).transform(x),
    "l2-rows": lambda fit, x: normalize(x, axis=1),
    "l2-columns": lambda fit, x: x / np.linalg.norm(fit, axis=0),
    # as keras.utils.normalize(images, axis=1)
    "image-columns": lambda _, x: (x.reshape(-1, 3, 4) / np.linalg.norm(x.reshape(-1, 3, 4), axis=1)[:, None]).reshape(
        x.shape
    ),
}


def fit(items: np.ndarray, rows_S: list[np.ndarray], scale: Scale) -> list[Scaling]:
    """Of rows of features, as if images of three rows of pixels had been laid flat."""
    return fit_scalings(items, rows_S, scale, (3, items.shape[1] // 3))


def scaled(items: np.ndarray, scaling: Scaling) -> np.ndarray:
    """As a network gets them."""
    feed = NumberFeed(torch.from_numpy(items), torch.zeros(len(items), dtype=torch.int64), [scaling])
    return feed.batch(torch.arange(len(items))[None])[0][0].numpy()


@pytest.mark.parametrize("kind", ITEMS)
@pytest.mark.parametrize("scale", PEERS)
def test_against_scikit_learn_and_numpy(scale: Scale, kind: str) -> None:
    items = ITEMS[kind]
    (scaling,) = fit(items, [ROWS], scale)
    exact = items.astype(np.float64)
    expected = PEERS[scale](exact[ROWS], exact)
    # float32 holds 6e-8 of a value, so what is left of it after the mean is taken away is known to 6e-8 * |value| / std
    step = 6e-8 * np.abs(exact) / (exact[ROWS].std(axis=0) if scale == "per-feature" else exact[ROWS].std())
    np.testing.assert_array_less(np.abs(scaled(items, scaling) - expected), 2e-6 * np.abs(expected) + 2 * step + 1e-30)


def test_standard_takes_each_feature_of_a_table_by_itself() -> None:
    items = ITEMS["features"]
    (standard,) = fit_scalings(items, [ROWS], "standard", (12,))
    assert_equal(standard, fit_scalings(items, [ROWS], "per-feature", (12,))[0])
    (pixels,) = fit_scalings(ITEMS["pixels"], [ROWS], "standard", (12,))
    assert pixels.shift.shape == (1,)


def test_unit_divides_pixels_by_255_and_features_by_their_largest_magnitude() -> None:
    (pixels,) = fit(ITEMS["pixels"] // 2, [ROWS], "unit")
    np.testing.assert_allclose(scaled(ITEMS["pixels"], pixels), ITEMS["pixels"] / 255.0, rtol=2e-7)
    items = ITEMS["features"]
    (features,) = fit(items, [ROWS], "unit")
    assert np.abs(scaled(items, features)[ROWS]).max() == pytest.approx(1, rel=1e-6)
    np.testing.assert_allclose(scaled(items, features), items / np.abs(items[ROWS]).max(), rtol=2e-7)


@pytest.mark.parametrize("kind", ITEMS)
@pytest.mark.parametrize("scale", SCALES)
def test_no_other_rows_are_read(scale: Scale, kind: str) -> None:
    changed = ITEMS[kind].copy()
    others = np.setdiff1d(np.arange(3000), ROWS)
    changed[others] = changed[others][::-1] * 2 + 1
    assert_equal(fit(ITEMS[kind], [ROWS], scale)[0], fit(changed, [ROWS], scale)[0])


@pytest.mark.parametrize("kind", ITEMS)
@pytest.mark.parametrize("scale", SCALES)
def test_several_runs_together_equal_each_alone_bit_for_bit(scale: Scale, kind: str) -> None:
    rows_S = [np.sort(np.random.default_rng(s).choice(3000, 900 + s, replace=False)) for s in range(6)]
    for together, rows in zip(fit(ITEMS[kind], rows_S, scale), rows_S, strict=True):
        assert_equal(together, fit(ITEMS[kind], [rows], scale)[0])


@pytest.mark.parametrize("num_rows", [3, 1000, 4001])
@pytest.mark.parametrize("value", [0.0, 0.1, -3.14, 1e6 + 0.1, 1e-20])
@pytest.mark.parametrize("scale", ["per-feature", "l2-columns"])
def test_a_constant_feature_is_never_blown_up(scale: Scale, value: float, num_rows: int) -> None:
    """In rows that it was not fitted on it may vary, and must not come out in millions."""
    items = np.stack([np.full(num_rows, value), np.arange(num_rows)], axis=1).astype(np.float32)
    (scaling,) = fit(items, [np.arange(num_rows)], scale)
    assert scaling.factor[0] == 1 or (scale == "l2-columns" and value != 0)
    shift = np.broadcast_to(scaling.shift, 2)[0]
    assert shift == (items[0, 0] if scale == "per-feature" else 0)


def test_constant_pixels_are_divided_by_one() -> None:
    items = np.full((1000, 3), 77, dtype=np.uint8)
    items[:, 2] = np.arange(1000) % 200
    (scaling,) = fit(items, [np.arange(1000)], "per-feature")
    assert scaling.factor[:2].tolist() == [1, 1]
    assert scaling.shift[:2].tolist() == [77, 77]


def test_a_row_of_zeros_stays_zero() -> None:
    items = np.zeros((4, 3), dtype=np.float32)
    for scale in SCALES:
        assert not scaled(items, fit(items, [np.arange(4)], scale)[0]).any()


def test_a_feature_with_a_large_mean_and_a_small_spread_is_scaled_exactly() -> None:
    items = (1e6 + np.arange(2000) % 7)[:, None].astype(np.float32)
    (scaling,) = fit(items, [np.arange(2000)], "per-feature")
    assert 1 / scaling.factor[0] == pytest.approx((np.arange(2000) % 7).std(), rel=1e-6)


def assert_equal(one: Scaling, two: Scaling) -> None:
    np.testing.assert_array_equal(one.shift, two.shift)
    np.testing.assert_array_equal(one.factor, two.factor)
    assert one.columns == two.columns
