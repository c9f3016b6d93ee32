"""Which rows a run trains and validates on."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from paribus.data.sampling import Rows, rows_of, stratified
from paribus.spec import Preparation

SIZES = [1, 2, 5, 10, 15, 40, 127]
LABELS = np.random.default_rng(0).permutation(np.repeat(np.arange(len(SIZES)), SIZES))


def rounded(count: int, share: str) -> int:
    """Halves up, exactly."""
    return int(Fraction(share) * count + Fraction(1, 2))


def counts(rows: np.ndarray) -> list[int]:
    return np.bincount(LABELS[rows], minlength=len(SIZES)).tolist()


def drawn(seed: int = 0, **preparation: Any) -> Rows:
    return rows_of(LABELS, Preparation(**preparation), seed)


@pytest.mark.parametrize("share", ["0", "0.05", "0.1", "0.25", "0.3", "0.5", "0.9", "1"])
def test_each_class_gives_its_share(share: str) -> None:
    for seed in range(5):
        mask = stratified(LABELS, float(share), np.random.default_rng(seed))
        assert counts(np.flatnonzero(mask)) == [rounded(size, share) for size in SIZES]


def test_every_row_of_a_class_is_drawn_equally_often() -> None:
    labels = np.array([0, 1, 0, 0, 1, 0, 1, 1, 0, 1])
    hits = sum(stratified(labels, 0.4, np.random.default_rng(seed)).astype(int) for seed in range(2000))
    assert np.abs(hits - 800).max() < 6 * np.sqrt(2000 * 0.4 * 0.6)


@pytest.mark.parametrize("validation", ["0", "0.1", "0.25"])
@pytest.mark.parametrize("fraction", ["1", "0.5", "0.1"])
def test_counts_are_those_of_the_closed_form_for_every_seed(fraction: str, validation: str) -> None:
    sampled = [rounded(size, fraction) for size in SIZES]
    held_out = [rounded(size, validation) for size in sampled]
    for seed in (0, 1, 99):
        rows = drawn(seed, fraction=float(fraction), validation=float(validation))
        assert counts(rows.validation) == held_out
        assert counts(rows.train) == [s - h for s, h in zip(sampled, held_out, strict=True)]


@pytest.mark.parametrize("fraction", [1.0, 0.5])
def test_training_and_validation_rows_are_ascending_and_apart(fraction: float) -> None:
    rows = drawn(fraction=fraction, validation=0.3)
    both = np.concatenate([rows.train, rows.validation])
    assert len(np.unique(both)) == len(both)
    assert (np.diff(rows.train) > 0).all()
    assert (np.diff(rows.validation) > 0).all()
    assert fraction < 1 or sorted(both) == list(range(len(LABELS)))


def test_seeds_differ() -> None:
    first, second = drawn(0, validation=0.3), drawn(1, validation=0.3)
    assert not np.array_equal(first.validation, second.validation)
    first, second = drawn(0, fraction=0.5, validation=0), drawn(1, fraction=0.5, validation=0)
    assert not np.array_equal(first.train, second.train)


def test_one_seed_gives_the_same_rows_whatever_else_is_asked() -> None:
    plain, scaled = drawn(4, validation=0.3), drawn(4, validation=0.3, scale="l2-rows")
    np.testing.assert_array_equal(plain.train, scaled.train)
    np.testing.assert_array_equal(plain.validation, scaled.validation)
    sampled = [drawn(4, fraction=0.5, validation=v) for v in (0.0, 0.1, 0.3)]
    for rows in sampled:
        np.testing.assert_array_equal(np.union1d(rows.train, rows.validation), sampled[0].train)


def test_a_smaller_share_is_part_of_a_larger_one() -> None:
    """So an experiment on the amount of data adds rows; it does not exchange them."""
    small, large = drawn(4, fraction=0.2, validation=0), drawn(4, fraction=0.6, validation=0)
    assert set(small.train) < set(large.train)
    assert set(drawn(4, validation=0.1).validation) < set(drawn(4, validation=0.3).validation)


def test_folds_share_the_rows_out() -> None:
    whole = drawn(seed=3, validation={"folds": 4, "fold": 0}, fraction=0.5)
    everything = np.sort(np.concatenate([whole.train, whole.validation]))
    ways = [drawn(seed=3, validation={"folds": 4, "fold": fold}, fraction=0.5) for fold in range(4)]
    for rows in ways:
        assert np.array_equal(np.sort(np.concatenate([rows.train, rows.validation])), everything)
    assert np.array_equal(np.sort(np.concatenate([rows.validation for rows in ways])), everything)
    by_class = np.array([counts(rows.validation) for rows in ways])
    assert (np.ptp(by_class, axis=0) <= 1).all()
    assert np.ptp([len(rows.validation) for rows in ways]) <= 1
    assert not np.array_equal(ways[0].validation, drawn(seed=4, validation={"folds": 4, "fold": 0}).validation)


def test_no_training_row_validates_where_the_test_set_does() -> None:
    rows = drawn(validation="test")
    assert len(rows.train) == len(LABELS)
    assert not len(rows.validation)


@pytest.mark.parametrize(("fraction", "share"), [(1.0, 0.2), (1.0, 0.25), (0.5, 0.1), (1.0, 0.999)])
def test_the_last_rows_are_those_that_keras_validates_on(fraction: float, share: float) -> None:
    """`validation_split`: the first int(floor(rows * (1 - share))) rows train, the rest validate, whatever the seed."""
    all_rows = drawn(fraction=fraction, validation=0).train
    split_at = int(np.floor(len(all_rows) * (1.0 - share)))
    rows = drawn(fraction=fraction, validation={"last": share})
    np.testing.assert_array_equal(rows.train, all_rows[:split_at])
    np.testing.assert_array_equal(rows.validation, all_rows[split_at:])
    if fraction == 1:
        np.testing.assert_array_equal(drawn(5, validation={"last": share}).validation, rows.validation)
