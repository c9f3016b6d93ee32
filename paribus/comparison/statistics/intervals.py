"""Intervals of a mean: of paired differences over seeds, of one variant's scores, or over test items."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Interval:
    """Lower and upper end in the units of the data; both nan where the data are too few."""

    low: float
    high: float


def deviation(diff_S: ArrayLike) -> float:
    """Sample standard deviation; nan below 2 values, exactly 0 where the values agree up to rounding.

    Args:
        diff_S: differences, shape (seed,).

    Source: `numpy.std` with Bessel's correction, n - 1.
    """
    values = np.asarray(diff_S, dtype=np.float64)
    if len(values) < 2:
        return nan
    return 0.0 if np.ptp(values) <= 1e-9 * np.abs(values).max() else float(values.std(ddof=1))


def t_interval(diff_S: ArrayLike, level: float = 0.95) -> Interval:
    """Student's interval of the mean.

    Args:
        diff_S: paired differences (or the scores of one variant), shape (seed,).
        level: confidence, 0.95 for 95 %.

    Returns:
        The interval; nan below 2 values, of zero width where all values are the same.

    Source: Student (1908), "The probable error of a mean".
    """
    values = np.asarray(diff_S, dtype=np.float64)
    spread = deviation(values)
    if not spread > 0:
        return _point(values)
    reach = float(scipy.special.stdtrit(len(values) - 1, (1 + level) / 2))  # what `scipy.stats`, slow to import, calls
    mean, half = float(values.mean()), reach * spread / sqrt(len(values))
    return Interval(mean - half, mean + half)


def deviation_interval(score_S: ArrayLike, level: float = 0.95) -> Interval:
    """Interval of a standard deviation, for scores that are about normal.

    Args:
        score_S: scores of one variant, shape (seed,).
        level: confidence, 0.95 for 95 %.

    Returns:
        The interval; nan below 2 values, 0 to 0 where all are the same.

    Source: the chi-square distribution of (n - 1) * variance; Snedecor & Cochran (1989), Statistical Methods, ch. 5.
    """
    values = np.asarray(score_S, dtype=np.float64)
    spread, dof = deviation(values), len(values) - 1
    if not spread > 0:
        return Interval(spread, spread)
    low, high = (float(scipy.stats.chi2.ppf((1 + side * level) / 2, dof)) for side in (1, -1))
    return Interval(spread * sqrt(dof / low), spread * sqrt(dof / high))


def bca_interval(diff_S: ArrayLike, *, rng: np.random.Generator, level: float = 0.95, draws: int = 10_000) -> Interval:
    """Bootstrap interval of the mean, corrected for bias and skew. With few seeds it is too narrow.

    Args:
        diff_S: paired differences (or the scores of one variant), shape (seed,). Their order does not matter.
        rng: where the resamples come from.
        level: confidence, 0.95 for 95 %.
        draws: number of resamples.

    Returns:
        The interval; nan below 2 values, of zero width where all values are the same.

    Source: Efron (1987), "Better bootstrap confidence intervals", as in SciPy `bootstrap(method="BCa")`.
    """
    values = np.sort(np.asarray(diff_S, dtype=np.float64))
    if not deviation(values) > 0:
        return _point(values)
    bootstrap = scipy.stats.bootstrap(
        (values,), np.mean, n_resamples=draws, confidence_level=level, method="BCa", rng=rng
    )
    return Interval(float(bootstrap.confidence_interval.low), float(bootstrap.confidence_interval.high))


def percentile_interval(
    value_B: ArrayLike, *, rng: np.random.Generator, level: float = 0.95, draws: int = 10_000
) -> Interval:
    """Percentile bootstrap interval of the mean of many values of which most repeat, such as right and wrong answers.

    Args:
        value_B: one value per test item or pair, shape (row,): the difference of two variants on that item, averaged
            over seeds, gives the uncertainty that comes from a finite test set. Their order does not matter.
        rng: where the resamples come from.
        level: confidence, 0.95 for 95 %.
        draws: number of resamples.

    Returns:
        The interval; nan if there are no values.

    Source: Efron & Tibshirani (1993), ch. 13. Differs: draws how often each distinct value occurs (multinomial),
    which is the same resampling.
    """
    values, counts = np.unique(np.asarray(value_B, dtype=np.float64), return_counts=True)
    num_rows = int(counts.sum())
    if not num_rows:
        return Interval(nan, nan)
    block = max(1, 1_000_000 // len(values))
    sizes = [min(block, draws - done) for done in range(0, draws, block)]
    mean_D = np.concatenate([rng.multinomial(num_rows, counts / num_rows, size) @ values for size in sizes]) / num_rows
    low, high = np.quantile(mean_D, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def _point(values: NDArray[np.float64]) -> Interval:
    """The interval of values without spread."""
    at = float(values.mean()) if len(values) > 1 else nan
    return Interval(at, at)
