"""How many seeds it would take to decide."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from math import sqrt

import numpy as np
import scipy
from numpy.typing import ArrayLike

from paribus.comparison.statistics.intervals import deviation

MOST_PAIRS = 1000
POWER = 0.8
"""Wanted probability of a decision."""
_NODES = 1000


def seeds_needed(diff_S: ArrayLike, margin: float, level: float) -> int | None:
    """The smallest number of pairs that would decide with a power of 0.8, if the observed mean and deviation were true.

    Decided means that the t interval excludes 0, or that it lies inside the margin, whichever needs fewer pairs. A mean
    beyond the margin can only do the first.

    Args:
        diff_S: paired differences, shape (seed,).
        margin: the smallest difference that matters, in the units of the differences.
        level: confidence at which the interval is judged, after correction for several levels.

    Returns:
        Number of pairs in all, those observed included; None if more than 1,000 would be needed, or if there are
        fewer than 2 differences or all are the same, so that nothing is known of their spread.

    Source: Cohen (1988), Statistical Power Analysis, ch. 2, for the observed effect in place of a planned one.
    """
    values = np.asarray(diff_S, dtype=np.float64)
    spread = deviation(values)
    if not spread > 0:
        return None
    effect = abs(float(values.mean())) / spread
    difference = _fewest(lambda num: t_test_power(num, effect, level))
    equivalence = _fewest(lambda num: tost_power(num, effect, margin / spread, level))
    return min((num for num in (difference, equivalence) if num is not None), default=None)


def t_test_power(num_pairs: int, effect: float, level: float) -> float:
    """The probability that the t interval of the mean difference lies wholly on the true side of 0.

    Args:
        num_pairs: number of pairs, 2 or more.
        effect: true mean difference over its standard deviation, 0 or more.
        level: confidence of the interval.

    Source: the noncentral t distribution, as in R `power.t.test(type = "paired")`.
    """
    reach = float(scipy.stats.t.ppf((1 + level) / 2, num_pairs - 1))
    return float(scipy.stats.nct.sf(reach, num_pairs - 1, effect * sqrt(num_pairs)))


def tost_power(num_pairs: int, effect: float, margin: float, level: float) -> float:
    """The probability that the t interval of the mean difference lies inside the margin.

    Given the observed deviation the mean is normal; that probability is averaged over the distribution of the
    deviation, at 1,000 equally probable values.

    Args:
        num_pairs: number of pairs, 2 or more.
        effect: true mean difference over its standard deviation, 0 or more.
        margin: margin over the same standard deviation.
        level: confidence of the interval.

    Source: Schuirmann (1987); Phillips (1990) for the exact power.
    """
    dof = num_pairs - 1
    spread_N = np.sqrt(scipy.stats.chi2.ppf((np.arange(_NODES) + 0.5) / _NODES, dof) / dof)
    room_N = margin * sqrt(num_pairs) - scipy.stats.t.ppf((1 + level) / 2, dof) * spread_N
    centre = effect * sqrt(num_pairs)
    inside_N = scipy.stats.norm.cdf(room_N - centre) - scipy.stats.norm.cdf(-room_N - centre)
    return float(np.maximum(inside_N, 0).mean())


def _fewest(power_at: Callable[[int], float]) -> int | None:
    nums = range(2, MOST_PAIRS + 1)
    place = bisect_left(nums, POWER, key=power_at)
    return nums[place] if place < len(nums) else None
