from math import isnan

import numpy as np
import pytest
from scipy import stats

from paribus.comparison.statistics.superiority import p_superior


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def test_ties_count_half() -> None:
    share, interval = p_superior([3, 1, 2, 5], [1, 1, 4, 2], rng=rng())
    assert share == (1 + 0.5 + 0 + 1) / 4
    assert 0 <= interval.low < share < interval.high <= 1


def test_interval_is_scipys_percentile_bootstrap_over_pairs() -> None:
    a_S, b_S = rng().normal(0.5, 1, 40), np.zeros(40)
    share, interval = p_superior(a_S, b_S, rng=rng())
    scipy = stats.bootstrap((a_S > 0,), np.mean, method="percentile", rng=rng()).confidence_interval
    assert share == np.mean(a_S > 0)
    assert (interval.low, interval.high) == pytest.approx((scipy.low, scipy.high), abs=0.025 + 1e-9)  # one pair


def test_order_of_pairs_does_not_matter() -> None:
    a_S, b_S = rng().normal(size=(2, 9))
    assert p_superior(a_S, b_S, rng=rng()) == p_superior(a_S[::-1], b_S[::-1], rng=rng())


def test_nothing_and_everything_won() -> None:
    share, interval = p_superior([], [], rng=rng())
    assert isnan(share)
    assert isnan(interval.low)
    share, interval = p_superior([2, 2], [1, 1], rng=rng())
    assert (share, interval.low, interval.high) == (1, 1, 1)
