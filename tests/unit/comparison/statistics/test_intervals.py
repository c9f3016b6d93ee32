from itertools import product
from math import isnan

import numpy as np
import pytest
from scipy import stats

from paribus.comparison.statistics.intervals import bca_interval, deviation, percentile_interval, t_interval


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def bca_by_hand(values: np.ndarray, level: float) -> tuple[float, float]:
    """Efron (1987) over all n ** n resamples, so without any drawing."""
    mean_D = np.array([np.mean(pick) for pick in product(values, repeat=len(values))])
    below = np.mean(mean_D < values.mean() - 1e-12) + np.mean(np.isclose(mean_D, values.mean())) / 2
    bias = stats.norm.ppf(below)
    left_out = np.array([np.delete(values, i).mean() for i in range(len(values))])
    gap = left_out.mean() - left_out
    accel = (gap**3).sum() / (6 * (gap**2).sum() ** 1.5)
    z = bias + stats.norm.ppf([(1 - level) / 2, (1 + level) / 2])
    low, high = np.quantile(mean_D, stats.norm.cdf(bias + z / (1 - accel * z)))
    return low, high


@pytest.mark.parametrize("level", [0.8, 0.95, 0.9875])
def test_t_interval_is_that_of_scipy(level: float) -> None:
    diff_S = rng().normal(0.1, 1, 12)
    expected = stats.ttest_1samp(diff_S, 0).confidence_interval(level)
    found = t_interval(diff_S, level)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize("diff_S", [[0.1, 0.5, 0.2, 3.0, 0.7], [-1.0, 0.0, 1.5, 1.6, 1.7]])
def test_bca_follows_the_formula(diff_S: list[float]) -> None:
    found = bca_interval(diff_S, rng=rng(), level=0.9, draws=50_000)
    width = np.ptp(diff_S)
    assert (found.low, found.high) == pytest.approx(bca_by_hand(np.array(diff_S), 0.9), abs=0.02 * width)


def test_bca_does_not_depend_on_order_and_repeats_with_its_generator() -> None:
    diff_S = rng().normal(size=9)
    assert bca_interval(diff_S, rng=rng()) == bca_interval(diff_S[::-1], rng=rng())


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e6])
def test_bca_of_very_few_values_is_finite_and_silent(count: int, scale: float) -> None:
    for seed in range(20):
        found = bca_interval(scale * np.random.default_rng(seed).normal(size=count), rng=rng(), draws=500)
        assert found.low < found.high


def test_equal_differences_give_a_point() -> None:
    diff_S = np.array([0.9, 0.8, 0.7]) - np.array([0.8, 0.7, 0.6])  # equal up to rounding only
    assert np.ptp(diff_S) > 0
    for found in (t_interval(diff_S), bca_interval(diff_S, rng=rng())):
        assert found.low == found.high == pytest.approx(0.1)
    assert deviation(diff_S) == 0
    assert deviation([0.1, 0.1 + 1e-6]) == pytest.approx(1e-6 / 2**0.5)


@pytest.mark.parametrize("diff_S", [[], [0.3]])
def test_too_few_values_give_nan(diff_S: list[float]) -> None:
    for found in (t_interval(diff_S), bca_interval(diff_S, rng=rng())):
        assert isnan(found.low)
        assert isnan(found.high)
    assert isnan(deviation(diff_S))


def test_percentile_interval_of_right_and_wrong_is_binomial() -> None:
    found = percentile_interval([1.0] * 30 + [0.0] * 70, rng=rng(), draws=100_000)
    expected = stats.binom.ppf([0.025, 0.975], 100, 0.3) / 100
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=0.01 + 1e-9)


def test_percentile_interval_of_distinct_values_is_that_of_scipy() -> None:
    values = rng().exponential(size=300)
    found = percentile_interval(values, rng=rng(), draws=20_000)
    scipy = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=20_000, rng=rng()).confidence_interval
    assert (found.low, found.high) == pytest.approx((scipy.low, scipy.high), abs=0.01)
    assert isnan(percentile_interval([], rng=rng()).low)
